using System.Buffers.Binary;
using EcgData.Signals;

namespace EcgData.Sources.Synthesis;

/// <summary>A hospital's own folder of WFDB records: several recorders, formats and frequencies, and a table beside them.</summary>
internal sealed class WfdbTree : ITreeLayout
{
    private const string Columns = "record,patient,age,sex,fold,site,labels";

    private static readonly string[] Leads = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

    private static readonly Recorder[] Recorders =
    [
        new("north/2021", "16", ".dat", 500, "1000.0(0)/mV", 16, 1, short.MinValue, short.MaxValue),
        new("north/2022", "212", ".dat", 250, "200", 12, 0.2, -2048, 2047),
        new("south", "16+24", ".mat", 500, "1000/mV", 16, 1, short.MinValue, short.MaxValue),
        new("south/holter", "16", ".dat", 257, "400(0)/mV", 16, 0.4, short.MinValue, short.MaxValue),
        new("east/ward-3", "16", ".dat", 1000, "1000.0/mV", 16, 1, short.MinValue, short.MaxValue),
    ];

    public string Source => "wfdb";

    public IReadOnlyList<SyntheticDefect> Defects { get; } =
    [
        SyntheticDefect.TruncatedSignal, SyntheticDefect.MissingFile, SyntheticDefect.HeaderChecksum, SyntheticDefect.HeaderLength,
        SyntheticDefect.MissingSamples, SyntheticDefect.FlatLead, SyntheticDefect.SwappedLeads, SyntheticDefect.Spikes,
    ];

    /// <summary>The header's path without its extension.</summary>
    public string NativeId(SyntheticCase made) => $"{RecorderOf(made).Folder}/w{made.Index + 1:D6}";

    public void Write(TreeJob job)
    {
        using (var table = SyntheticTexts.Open(job, "records.csv"))
        {
            table.Write(Columns + "\n");
            job.ForEach(0, job.Count, (bench, made) => WriteRecord(job, bench, made), (made, _) => table.Write(CsvText.Row(
                NativeId(made), $"P{made.Patient + 1:D5}", $"{made.AgeYears}", made.Female ? "female" : "male", $"{made.Fold}",
                RecorderOf(made).Folder.Split('/')[0],
                string.Join(';', ScpStatements.Of(made).Select(code => $"scp:{code.Code}"))) + "\n"));
        }

        File.WriteAllText(job.PathOf("LICENSE.txt"), SyntheticTexts.Licence("a folder of WFDB records"));
    }

    private static Recorder RecorderOf(SyntheticCase made) => Recorders[made.Index % Recorders.Length];

    private FileDigests WriteRecord(TreeJob job, Workbench bench, SyntheticCase made)
    {
        var (recorder, defect) = (RecorderOf(made), job.DefectOf(made.Index));
        var samples = recorder.SamplingFrequencyHz * (made.Index % 7 == 6 ? 20 : 10);
        var leads = bench.Synthesiser.Render(made, job.Options.Seed, Source, recorder.SamplingFrequencyHz, samples, peakMillivolt: 5);
        var frames = bench.Frames("record", samples);
        Digitiser.ToSteps(leads, frames, recorder.UnitsPerMicrovolt);
        SignalDefects.Plant(
            defect, frames, recorder.SamplingFrequencyHz, job.Random("place", made.Index), recorder.Missing, recorder.Rail);

        var (name, record) = (NativeId(made), $"w{made.Index + 1:D6}");
        var header = new WfdbHeaderText
        {
            Record = record,
            SignalFile = record + recorder.Extension,
            Format = recorder.Format,
            SamplingFrequencyHz = recorder.SamplingFrequencyHz,
            Gain = recorder.Gain,
            AdcBits = recorder.AdcBits,
            Leads = Leads,
            Comments = [$"# Age: {made.AgeYears}", $"# Sex: {(made.Female ? "Female" : "Male")}"],
            SignedChecksums = true,
        };
        ReadOnlySpan<byte> signal = recorder.Format switch
        {
            "212" => Format212(frames),
            "16+24" => Matlab4(frames),
            _ => WfdbRecordFiles.Format16(frames),
        };
        return WfdbRecordFiles.Write(
            job.PathOf(name + recorder.Extension), signal, job.PathOf(name + ".hea"), header.Compose(frames, defect), defect);
    }

    /// <summary>Two 12-bit samples in three bytes (WFDB signal(5), format 212).</summary>
    private static byte[] Format212(ReadOnlySpan<short> samples)
    {
        var bytes = new byte[(samples.Length * 3 + 1) / 2];
        for (int index = 0, at = 0; index < samples.Length; index += 2, at += 3)
        {
            int first = samples[index], second = index + 1 < samples.Length ? samples[index + 1] : 0;
            bytes[at] = (byte)first;
            bytes[at + 1] = (byte)(first >> 8 & 0x0F | second >> 4 & 0xF0);
            if (at + 2 < bytes.Length) bytes[at + 2] = (byte)second;
        }

        return bytes;
    }

    /// <summary>A MATLAB level 4 matrix <c>val</c>, int16[12, samples] column by column: 24 bytes and then format 16.</summary>
    private static byte[] Matlab4(ReadOnlySpan<short> frames)
    {
        var bytes = new byte[24 + 2 * frames.Length];
        ReadOnlySpan<int> head = [30, Montage.LeadCount, frames.Length / Montage.LeadCount, 0, 4];
        for (var index = 0; index < head.Length; index++) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * index), head[index]);
        "val\0"u8.CopyTo(bytes.AsSpan(20));
        WfdbRecordFiles.Format16(frames).CopyTo(bytes.AsSpan(24));
        return bytes;
    }

    /// <summary>One of the hospital's recorders and where its records lie.</summary>
    private sealed record Recorder(
        string Folder, string Format, string Extension, int SamplingFrequencyHz, string Gain, int AdcBits, double UnitsPerMicrovolt,
        short Missing, short Rail);
}
