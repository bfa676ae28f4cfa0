using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using EcgData.Consumers.Arrow;

namespace EcgData.Consumers.Conformance;

/// <summary>
/// A small stream as a file, and what a reader must find in it: for readers of the Arrow stream in any language.
/// </summary>
public static class ArrowGolden
{
    /// <summary>Name of the stream's file.</summary>
    public const string StreamFile = "golden.arrows";

    /// <summary>Name of the file that says what is in it.</summary>
    public const string ExpectedFile = "golden.json";

    private static readonly JsonSerializerOptions Readable = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes both files, always with the same bytes.</summary>
    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var stream = new KnownStream { Leads = 12, Samples = 21, Metadata = true };
        var batches = new List<object>();
        using (var file = File.Create(Path.Join(folder, StreamFile)))
        {
            var writer = new ArrowStreamWriter(file, stream.Description);
            foreach (var batch in stream.Batches(0))
            {
                writer.Write(batch);
                batches.Add(Expected(batch));
            }

            writer.Finish();
        }

        var bytes = File.ReadAllBytes(Path.Join(folder, StreamFile));
        var expected = new
        {
            file = StreamFile,
            sizeBytes = bytes.Length,
            sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            leads = stream.Description.Leads,
            samples = stream.Samples,
            items = stream.Items,
            batches,
        };
        File.WriteAllText(Path.Join(folder, ExpectedFile), JsonSerializer.Serialize(expected, Readable) + "\n");
    }

    private static object Expected(EcgBatch batch)
    {
        var signal = batch.Millivolt.Span;
        long microvolt = 0, gaps = 0, leads = 0;
        foreach (var value in signal) microvolt += (long)MathF.Round(value * 1000);
        foreach (var flag in batch.GapMask.Span) gaps += flag;
        foreach (var mask in batch.LeadMask.Span) leads += (long)mask;
        return new
        {
            position = batch.Positions.Span[0],
            nextPosition = batch.NextPosition,
            rows = batch.Count,
            recordIds = batch.RecordIds,
            labels = batch.Metadata!.Select(crop => crop.Labels),
            ages = batch.Metadata!.Select(crop => crop.AgeYears),
            /* of the float32 values, little-endian, as they lie in the signal column */
            signalSha256 = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(signal))),
            signalSumMicrovolt = microvolt,
            gapSamples = gaps,
            leadsPresent = leads,
        };
    }
}
