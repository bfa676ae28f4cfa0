using System.Globalization;
using EcgData.Signals;
using PureHDF;
using PureHDF.Selections;

namespace EcgData.Sources.Synthesis;

/// <summary>CODE-15%: exams.csv and HDF5 parts of padded float rows, each part with an empty row at its end.</summary>
internal sealed class Code15Tree : ITreeLayout
{
    private const int SamplingFrequencyHz = 400;
    private const int RowSamples = 4096;
    private const int ShortSamples = 2934;   // the genuine seven-second exams
    private const int MaximumPartRows = 1000;   // genuine parts have 20,000

    public string Source => "code-15";

    public IReadOnlyList<SyntheticDefect> Defects { get; } =
    [
        SyntheticDefect.MissingSamples, SyntheticDefect.FlatLead, SyntheticDefect.FlatLead, SyntheticDefect.SwappedLeads,
        SyntheticDefect.Spikes, SyntheticDefect.Spikes, SyntheticDefect.Unlisted, SyntheticDefect.RaggedRow,
    ];

    public string NativeId(SyntheticCase made) => $"{ExamId(made.Index)}";

    public void Write(TreeJob job)
    {
        var rows = PartRows(job);
        for (var start = 0; start < job.Count; start += rows) WritePart(job, start / rows, start, Math.Min(job.Count, start + rows));

        // exams.csv follows another order than the parts, as the genuine one does.
        using (var exams = SyntheticTexts.Open(job, "exams.csv"))
        {
            exams.Write(
                "exam_id,age,is_male,nn_predicted_age,1dAVb,RBBB,LBBB,SB,ST,AF,patient_id,death,timey,normal_ecg,trace_file\n");
            var step = Step(job.Count);
            for (var (turn, index) = (0, job.Count / 2); turn < job.Count; turn++, index = (int)((index + (long)step) % job.Count))
            {
                var defect = job.DefectOf(index);
                if (defect is SyntheticDefect.Unlisted) continue;
                var fields = Row(job, job.Case(index), index / rows);
                exams.Write((defect is SyntheticDefect.RaggedRow ? CsvText.Ragged(fields) : CsvText.Row(fields)) + "\n");
            }
        }

        File.WriteAllText(job.PathOf("LICENSE.txt"), SyntheticTexts.Licence("CODE-15% 1.0.0"));
    }

    private static int PartRows(TreeJob job) => Math.Clamp((job.Count + 2) / 3, 1, MaximumPartRows);

    private static long ExamId(int index) => 1_001 + index * 11L;

    /// <summary>A stride without a common divisor with the count: it visits every record once.</summary>
    private static int Step(int count)
    {
        var step = Math.Max(1, (int)(count * 0.618));
        while (Divisor(step, count) != 1) step++;
        return step;

        static int Divisor(int one, int other) => other == 0 ? one : Divisor(other, one % other);
    }

    private void WritePart(TreeJob job, int part, int start, int end)
    {
        var rows = end - start + 1;   // the last row is empty and belongs to no exam
        var ids = new long[rows];
        for (var index = start; index < end; index++) ids[index - start] = ExamId(index);
        var tracings = new H5Dataset<float[]>(fileDims: [(ulong)rows, RowSamples, Montage.LeadCount]);
        var file = new H5File { ["exam_id"] = ids, ["tracings"] = tracings };
        using var writer = file.BeginWrite(job.PathOf($"exams_part{part}.hdf5"));
        job.ForEach(start, end, (bench, made) => MakeRow(job, bench, made), (made, row) => WriteRow(made.Index - start, row));
        WriteRow(rows - 1, new float[RowSamples * Montage.LeadCount]);

        void WriteRow(int index, float[] row) => writer.Write(
            tracings, row, fileSelection: new HyperslabSelection(3, [(ulong)index, 0, 0], [1, RowSamples, Montage.LeadCount]));
    }

    /// <returns>float[4096, 12] in millivolt, the exam centred between rows of zeros.</returns>
    private float[] MakeRow(TreeJob job, Workbench bench, SyntheticCase made)
    {
        var random = job.Random("length", made.Index);
        var samples = random.Chance(0.45) ? ShortSamples : 4000 + 2 * random.Below(49);
        var leads = bench.Synthesiser.Render(made, job.Options.Seed, Source, SamplingFrequencyHz, samples, peakMillivolt: 6);
        var frames = bench.Frames("record", samples);
        Digitiser.ToSteps(leads, frames, unitsPerMicrovolt: 1);
        SignalDefects.Plant(
            job.DefectOf(made.Index), frames, SamplingFrequencyHz, job.Random("place", made.Index), short.MinValue, short.MaxValue);
        var row = new float[RowSamples * Montage.LeadCount];
        var exam = row.AsSpan((RowSamples - samples) / 2 * Montage.LeadCount, frames.Length);
        for (var index = 0; index < exam.Length; index++)
            exam[index] = frames[index] == short.MinValue ? float.NaN : frames[index] * 0.001f;
        return row;
    }

    private string[] Row(TreeJob job, SyntheticCase made, int part)
    {
        var random = job.Random("row", made.Index);
        var followed = random.Chance(0.65);
        var died = random.Chance(0.06);
        return
        [
            NativeId(made),
            $"{made.AgeYears}",
            Bool(!made.Female),
            Math.Clamp(made.AgeYears + 9 * random.Bell(), 17, 99).ToString("0.#####", CultureInfo.InvariantCulture),
            Bool(made.Condition is Condition.FirstDegreeBlock),
            Bool(made.Condition is Condition.RightBundleBranchBlock),
            Bool(made.Condition is Condition.LeftBundleBranchBlock),
            Bool(made.Rhythm is Rhythm.SinusBradycardia),
            Bool(made.Rhythm is Rhythm.SinusTachycardia),
            Bool(made.Rhythm is Rhythm.AtrialFibrillation),
            $"{2_003 + made.Patient * 7L}",
            followed ? Bool(died) : "",
            followed ? random.Between(0.1, 7.5).ToString("0.######", CultureInfo.InvariantCulture) : "",
            Bool(made.Condition is Condition.Normal && made.Rhythm is (Rhythm.Sinus or Rhythm.SinusArrhythmia)),
            $"exams_part{part}.hdf5",
        ];
    }

    private static string Bool(bool value) => value ? "True" : "False";
}
