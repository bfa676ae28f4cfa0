using System.Globalization;
using EcgData.Signals;

namespace EcgData.Sources.Synthesis;

/// <summary>MIMIC-IV-ECG 1.0: aVF before aVL, gain 200, reports and measurements of the recorder's program.</summary>
internal sealed class MimicIvEcgTree : ITreeLayout
{
    private const int SamplingFrequencyHz = 500;
    private const int Samples = 5000;
    private const int ReportColumns = 18;
    private const int TimeNotMeasured = 29999;
    private const int AxisNotMeasured = 32767;
    private const int IntervalNotMeasured = 65535;

    private static readonly string[] Leads = ["I", "II", "III", "aVR", "aVF", "aVL", "V1", "V2", "V3", "V4", "V5", "V6"];

    public string Source => "mimic-iv-ecg";

    public IReadOnlyList<SyntheticDefect> Defects { get; } =
    [
        SyntheticDefect.TruncatedSignal, SyntheticDefect.MissingFile, SyntheticDefect.HeaderChecksum, SyntheticDefect.HeaderLength,
        SyntheticDefect.MissingSamples, SyntheticDefect.MissingSamples, SyntheticDefect.FlatLead, SyntheticDefect.SwappedLeads,
        SyntheticDefect.Spikes, SyntheticDefect.FileChecksum, SyntheticDefect.Unmeasured, SyntheticDefect.RaggedRow,
    ];

    // Neighbours differ and none comes twice: the factor and the prime modulus have no common divisor.
    public string NativeId(SyntheticCase made) => $"{40_000_000 + made.Index * 7_919L % 9_999_991}";

    public void Write(TreeJob job)
    {
        var digests = new FileDigests[job.Count];
        using (var list = SyntheticTexts.Open(job, "record_list.csv"))
        using (var measurements = SyntheticTexts.Open(job, "machine_measurements.csv"))
        using (var links = SyntheticTexts.Open(job, "waveform_note_links.csv"))
        {
            list.Write("subject_id,study_id,file_name,ecg_time,path\n");
            measurements.Write(
                $"subject_id,study_id,cart_id,ecg_time,{string.Join(',', Enumerable.Range(0, ReportColumns).Select(n => $"report_{n}"))}," +
                "bandwidth,filtering,rr_interval,p_onset,p_end,qrs_onset,qrs_end,t_end,p_axis,qrs_axis,t_axis\n");
            links.Write("subject_id,study_id,waveform_path,note_id,note_seq,charttime\n");
            job.ForEach(0, job.Count, (bench, made) => WriteRecord(job, bench, made), (made, pair) =>
            {
                digests[made.Index] = pair;
                var (subject, study, defect) = (Subject(made), NativeId(made), job.DefectOf(made.Index));
                var time = Time(made).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
                string[] row = [subject, study, study, time, Name(made)];
                list.Write((defect is SyntheticDefect.RaggedRow ? CsvText.Ragged(row) : CsvText.Row(row)) + "\n");
                if (defect is not SyntheticDefect.Unmeasured) measurements.Write(Measurements(job, made, time) + "\n");
                if (made.Index % 4 != 3) links.Write($"{subject},{study},{Name(made)},{subject}-EK-{made.Visit + 1},{made.Visit + 1},{time}\n");
            });
        }

        WriteTexts(job, digests);
    }

    private static string Subject(SyntheticCase made) => $"{10_000_032 + made.Patient * 83L}";

    private string Name(SyntheticCase made)
    {
        var (subject, study) = (Subject(made), NativeId(made));
        return $"files/p{subject[..4]}/p{subject}/s{study}/{study}";
    }

    private static DateTime Time(SyntheticCase made) =>
        new DateTime(2110, 1, 3, 7, 14, 0).AddMinutes(made.Patient % 7000 * 6011.0 + made.Visit * 90_211.0);

    private FileDigests WriteRecord(TreeJob job, Workbench bench, SyntheticCase made)
    {
        var defect = job.DefectOf(made.Index);
        // Nothing beyond the bound of ±3 mV at which this source is clipped, unless planted.
        var leads = bench.Synthesiser.Render(made, job.Options.Seed, Source, SamplingFrequencyHz, Samples, peakMillivolt: 2.95);
        var frames = bench.Frames("record", Samples);
        Digitiser.ToSteps(leads, frames, unitsPerMicrovolt: 0.2);
        SignalDefects.Plant(defect, frames, SamplingFrequencyHz, job.Random("place", made.Index), short.MinValue, short.MaxValue);
        for (var at = 0; at < frames.Length; at += Montage.LeadCount)
            (frames[at + (int)Lead.AVL], frames[at + (int)Lead.AVF]) = (frames[at + (int)Lead.AVF], frames[at + (int)Lead.AVL]);

        var name = Name(made);
        var header = new WfdbHeaderText
        {
            Record = NativeId(made),
            SignalFile = NativeId(made) + ".dat",
            SamplingFrequencyHz = SamplingFrequencyHz,
            Gain = "200.0(0)/mV",
            Leads = Leads,
            Tail = Time(made).ToString("HH:mm:ss dd/MM/yyyy", CultureInfo.InvariantCulture),
            Comments = [$"# <subject_id>: {Subject(made)}"],
        };
        return WfdbRecordFiles.Write(
            job.PathOf(name + ".dat"), WfdbRecordFiles.Format16(frames), job.PathOf(name + ".hea"), header.Compose(frames, defect), defect);
    }

    private string Measurements(TreeJob job, SyntheticCase made, string time)
    {
        var random = job.Random("measurements", made.Index);
        var noP = made.Rhythm is Rhythm.AtrialFibrillation or Rhythm.Paced;
        var wide = made.Condition is Condition.LeftBundleBranchBlock or Condition.RightBundleBranchBlock or Condition.Paced;
        var qrsOnset = 40 + (int)made.PrMs;
        var rr = (int)(60_000 / made.BeatsPerMinute);
        var axis = 45 + (int)(57 * made.Frontal) + made.Condition switch
        {
            Condition.LeftAnteriorFascicularBlock => -95,
            Condition.LeftBundleBranchBlock => -55,
            Condition.Paced => -110,
            Condition.RightVentricularHypertrophy => 70,
            _ => 0,
        };
        string[] reports = new string[ReportColumns];
        Array.Fill(reports, "");
        (reports[0], reports[1], reports[3]) = ScpStatements.EnglishReport(made);   // report_2 blank between two filled ones
        return CsvText.Row(
        [
            Subject(made), NativeId(made), $"{6_800_000 + random.Below(90)}", time, .. reports,
            random.Chance(0.8) ? "0.005-150 Hz" : "0.05-150 Hz", "60 Hz notch Baseline filter",
            $"{(made.Rhythm is Rhythm.Paced ? IntervalNotMeasured : rr)}",
            $"{(noP ? TimeNotMeasured : 40)}", $"{(noP ? TimeNotMeasured : 140 + random.Below(20))}",
            $"{qrsOnset}", $"{qrsOnset + (wide ? 145 : 88) + random.Below(16)}", $"{qrsOnset + 395 + (154 * (rr - 1000) / 1000)}",
            $"{(noP ? AxisNotMeasured : 50 + random.Below(30))}", $"{axis}", $"{40 + random.Below(40)}",
        ]);
    }

    private void WriteTexts(TreeJob job, FileDigests[] digests)
    {
        File.WriteAllText(job.PathOf("LICENSE.txt"), SyntheticTexts.Licence("MIMIC-IV-ECG 1.0"));
        File.WriteAllText(
            job.PathOf("machine_measurements_data_dictionary.csv"),
            """
            Variable,Description 
            subject_id,Number of the patient
            study_id,Number of the recording
            cart_id,Number of the recorder
            ecg_time,When the recording was made
            report_#,Lines of the recorder's report; a blank one may part filled ones
            bandwidth,Pass band of the recorder
            filtering,Filters switched on
            rr_interval,From R wave to R wave (msec)
            p_onset,Begin of the P wave (msec)
            p_end,End of the P wave (msec)
            qrs_onset,Begin of the QRS complex (msec)
            qrs_end,End of the QRS complex (msec)
            t_end,End of the T wave (msec)
            p_axis,Electrical axis of the P wave (degrees)
            qrs_axis,Electrical axis of the QRS complex (degrees)
            t_axis,Electrical axis of the T wave (degrees)

            """);
        using (var records = SyntheticTexts.Open(job, "RECORDS"))
            for (var index = 0; index < job.Count; index++) records.Write(Name(job.Case(index)) + "\n");

        using var sums = SyntheticTexts.Open(job, "SHA256SUMS.txt");
        sums.Write(SyntheticTexts.ChecksumLine(job, "LICENSE.txt"));
        sums.Write(SyntheticTexts.ChecksumLine(job, "RECORDS"));
        for (var index = 0; index < job.Count; index++)
        {
            var name = Name(job.Case(index));
            sums.Write($"{digests[index].Signal} {name}.dat\n{digests[index].Header} {name}.hea\n");
        }

        foreach (var name in (string[])
            ["machine_measurements.csv", "machine_measurements_data_dictionary.csv", "record_list.csv", "waveform_note_links.csv"])
            sums.Write(SyntheticTexts.ChecksumLine(job, name));
    }
}
