using System.Text.Json;
using System.Text.Json.Nodes;
using EcgData.Signals;

namespace EcgData.Shards.Exports;

/// <summary>Numbers of a NumPy export's signals.</summary>
public enum NumpyValues
{
    /// <summary>Microvolt, as stored.</summary>
    Int16,

    /// <summary>Millivolt.</summary>
    Float32,
}

/// <summary>
/// A subset's rows as arrays: <c>signals.npy</c> [rows, 12, samples], <c>lead_mask.npy</c> uint8 [rows, 12], <c>samples.npy</c> int32 [rows]
/// and a line of <c>rows.jsonl</c> per row. An array has one length, and segments have several: shorter ones are followed by zeros, and
/// <c>samples.npy</c> says where their signal ends. A lead that the source has not is zero, and its mask too.
/// </summary>
public static class NumpyExport
{
    private static readonly JsonSerializerOptions Line = new(CorpusJson.Compact) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Writes the four files into <paramref name="folder"/>, which is there.</summary>
    /// <param name="samples">Length of the arrays.</param>
    /// <exception cref="CorpusException">A selected segment is longer.</exception>
    public static async Task<IReadOnlyList<ExportedFile>> WriteAsync(
        SelectedRows rows, int samples, NumpyValues values, string folder, IProgress<int> done, CancellationToken cancel)
    {
        using var signals = new NpyFile(
            Path.Join(folder, "signals.npy"), values == NumpyValues.Int16 ? "<i2" : "<f4", [rows.Count, Montage.LeadCount, samples]);
        using var masks = new NpyFile(Path.Join(folder, "lead_mask.npy"), "|u1", [rows.Count, Montage.LeadCount]);
        using var lengths = new NpyFile(Path.Join(folder, "samples.npy"), "<i4", [rows.Count]);
        using var lines = new HashedFile(Path.Join(folder, "rows.jsonl"));
        var millivolt = new float[samples];
        var padded = new short[samples];
        var written = 0;
        for (var shard = 0; shard < rows.Shards; shard++)
        {
            foreach (var segment in await rows.ReadAsync(shard, cancel))
            {
                if (segment.Samples > samples)
                {
                    throw new CorpusException(
                        $"{segment.RecordId}, segment {segment.Segment}: {segment.Samples} samples; the array has room for {samples}. " +
                        $"Export with --samples {segment.Samples} or more.");
                }

                foreach (var lead in segment.Leads)
                {
                    padded.AsSpan().Clear();
                    lead?.CopyTo(padded.AsSpan());
                    if (values == NumpyValues.Int16)
                    {
                        signals.Write<short>(padded);
                        continue;
                    }

                    for (var sample = 0; sample < samples; sample++) millivolt[sample] = padded[sample] / 1000f;
                    signals.Write<float>(millivolt);
                }

                masks.Write<byte>([.. segment.Leads.Select(lead => lead is null ? (byte)0 : (byte)1)]);
                lengths.Write<int>([segment.Samples]);
                WriteLine(lines, segment);
                done.Report(++written);
            }
        }

        return [signals.Finish(written), masks.Finish(written), lengths.Finish(written), lines.Finish(written)];
    }

    /// <summary>A row under the names that the shard's columns have, without its signals.</summary>
    private static void WriteLine(HashedFile lines, StoredSegment segment)
    {
        var line = JsonSerializer.SerializeToNode(segment, Line)!.AsObject();
        line.Remove("leads");
        line["derived_leads"] = segment.DerivedLeads.Bits;
        line["flags"] = (int)segment.Flags;
        line["gaps"] = new JsonArray([.. segment.Gaps.SelectMany(gap => new JsonNode[] { (int)gap.Lead, gap.Start, gap.End })]);
        lines.Write(JsonSerializer.SerializeToUtf8Bytes(line, Line));
        lines.Write("\n"u8);
    }
}
