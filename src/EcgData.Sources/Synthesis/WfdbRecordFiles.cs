using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using EcgData.Signals;

namespace EcgData.Sources.Synthesis;

/// <summary>Text of a header whose signals share one file.</summary>
internal sealed record WfdbHeaderText
{
    public required string Record { get; init; }

    public required string SignalFile { get; init; }

    /// <summary><c>16</c>, <c>212</c>, <c>16+24</c>.</summary>
    public string Format { get; init; } = "16";

    public required int SamplingFrequencyHz { get; init; }

    /// <summary>Gain, baseline and unit as they stand: <c>1000.0(0)/mV</c>.</summary>
    public required string Gain { get; init; }

    public int AdcBits { get; init; } = 16;

    /// <summary>The source's lead names, in the order of the columns.</summary>
    public required IReadOnlyList<string> Leads { get; init; }

    /// <summary>Follows the number of samples on the record line: <c>08:44:00 23/07/2180</c>.</summary>
    public string Tail { get; init; } = "";

    /// <summary>Whole comment lines, <c>#</c> included.</summary>
    public IReadOnlyList<string> Comments { get; init; } = [];

    public bool SignedChecksums { get; init; }

    /// <param name="frames">short[samples, leads] as stored; gives initial values and checksums.</param>
    /// <param name="defect">May make a checksum or the length a lie.</param>
    public byte[] Compose(ReadOnlySpan<short> frames, SyntheticDefect? defect)
    {
        var samples = frames.Length / Leads.Count;
        var promised = defect is SyntheticDefect.HeaderLength ? samples + samples / 5 : samples;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Record} {Leads.Count} {SamplingFrequencyHz} {promised}");
        if (Tail.Length > 0) text.Append(' ').Append(Tail);
        text.Append('\n');
        for (var lead = 0; lead < Leads.Count; lead++)
        {
            var sum = 0;
            for (var at = lead; at < frames.Length; at += Leads.Count) sum += frames[at];
            if (defect is SyntheticDefect.HeaderChecksum && lead == 1) sum += 257;
            var checksum = SignedChecksums ? (short)sum : sum & 0xFFFF;
            text.Append(
                CultureInfo.InvariantCulture,
                $"{SignalFile} {Format} {Gain} {AdcBits} 0 {frames[lead]} {checksum} 0 {Leads[lead]}\n");
        }

        foreach (var comment in Comments) text.Append(comment).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}

/// <summary>Writes the two files of a record with their defects, and tells the SHA-256 to publish for each.</summary>
internal static class WfdbRecordFiles
{
    /// <summary>Two SHA-256 in lower-case hex, the signal file's and the header's.</summary>
    public static FileDigests Write(string signalPath, ReadOnlySpan<byte> signal, string headerPath, byte[] header, SyntheticDefect? defect)
    {
        if (defect is SyntheticDefect.TruncatedSignal) signal = signal[..(signal.Length * 3 / 5 + 1)];
        var digests = new FileDigests(Hash(signal), Hash(header));
        File.WriteAllBytes(headerPath, header);
        if (defect is SyntheticDefect.FileChecksum)
        {
            var changed = signal.ToArray();
            changed[changed.Length / 2] ^= 1;
            File.WriteAllBytes(signalPath, changed);
        }
        else if (defect is not SyntheticDefect.MissingFile)
        {
            File.WriteAllBytes(signalPath, signal);
        }

        return digests;
    }

    public static ReadOnlySpan<byte> Format16(ReadOnlySpan<short> frames) => MemoryMarshal.AsBytes(frames);

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

internal readonly record struct FileDigests(string Signal, string Header);
