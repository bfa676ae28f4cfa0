using System.Runtime.InteropServices;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Storage;

namespace EcgData.Benchmarks;

/// <summary>
/// A corpus of 10 s records of twelve leads at 240 Hz for the loader's benchmark, and the same values as the published study keeps them.
/// Records are a few synthetic ones with a gain and a shift each: their sizes are those of genuine recordings (30.7 KiB).
/// </summary>
internal static class LoaderCorpus
{
    public const int Samples = 2400;

    private const int Hz = 240;
    private const int Templates = 64;
    private const int ShardRows = 2048;
    private const double NoiseMicrovolt = 12;   // what makes a synthetic record as long as a genuine one

    /// <param name="memmap">Receives float32[records, 2400, 12] in millivolt.</param>
    public static async Task CreateAsync(string folder, string memmap, int records)
    {
        var store = new LocalObjectStore(folder);
        var corpus = new CorpusStore(store);
        var templates = Enumerable.Range(0, Templates).Select(Template).ToArray();
        var random = new Random(1);
        var shards = new List<ManifestShard>();
        var table = new List<RowGroupRow>();
        await using var plain = File.Create(memmap);
        for (var first = 0; first < records; first += ShardRows)
        {
            ShardRow[] rows = [.. Enumerable.Range(first, Math.Min(ShardRows, records - first)).Select(record => Row(record, templates, random, plain))];
            await using var writer = store.Create();
            var content = ShardWriter.Write(writer.Stream, rows, new ShardFileMetadata(1, "", 1));
            foreach (var row in rows) row.Dispose();
            var path = CorpusPaths.Shard("bench", content.Sha256);
            await writer.CommitAsync(path);
            shards.Add(new ManifestShard(path, content.Sha256, content.SizeBytes, rows.Length, "bench", "", rows.Length));
            table.AddRange(content.RowGroups.Select(entry => new RowGroupRow(path, entry)));
        }

        var manifest = VersionManifest.Identify(new VersionManifest
        {
            Id = "",
            Recipe = new ConditioningOptions { SamplingFrequencyHz = Hz },
            RecipeHash = "",
            ProcessingVersion = 1,
            WriterVersion = ShardWriter.WriterVersion,
            Sources = [],
            Totals = new VersionTotals(new RecordCounts(records, records, 0, 0), records, 10.0 * records, shards.Count, shards.Sum(shard => shard.SizeBytes)),
            Catalogue = new ManifestTable("", 0, 0),
            RowGroups = new ManifestTable("", 0, table.Count),
            Shards = shards,
        });
        await using var groups = store.Create();
        await RowGroupTable.WriteAsync(groups.Stream, table);
        await groups.CommitAsync(CorpusPaths.RowGroups(manifest.Id));
        await corpus.WriteManifestAsync(manifest);
        await corpus.MoveHeadAsync(manifest.Id, null);
    }

    private static ShardRow Row(int record, double[][] templates, Random random, Stream plain)
    {
        var template = templates[random.Next(Templates)];
        var (gain, shift) = (0.8 + 0.4 * random.NextDouble(), random.Next(Samples));
        var values = new short[Montage.LeadCount * Samples];
        var frames = new float[Samples * Montage.LeadCount];
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            for (var sample = 0; sample < Samples; sample++)
            {
                var value = (short)Math.Round(gain * template[lead * Samples + (sample + shift) % Samples]);
                values[lead * Samples + sample] = value;
                frames[sample * Montage.LeadCount + lead] = value * 0.001f;
            }
        }

        plain.Write(MemoryMarshal.AsBytes(frames.AsSpan()));
        using var conditioned = new ConditionedRecord
        {
            Leads = LeadSet.All,
            Values = values,
            Segments = [new Segment { Index = 0, StartSeconds = 0, Samples = Samples, Offset = 0 }],
        };
        return new ShardRow
        {
            RecordId = $"bench/{record:D7}",
            Segment = 0,
            StartSeconds = 0,
            Samples = Samples,
            Source = "bench@1",
            Licence = "CC0-1.0",
            Patient = $"{record:x32}",
            PatientKnown = true,
            Rank = record,
            SamplingFrequencyHz = Hz,
            NativeSamplingFrequencyHz = 500,
            AmplitudeUnit = "uV",
            Signals = EncodedSegment.Encode(conditioned, conditioned.Segments[0]),
            DerivedLeads = LeadSet.None,
            Flags = RecordFlags.None,
            Fold = 1 + record % 10,
            SourceFile = "",
            SourceSha256 = $"{record:x64}",
        };
    }

    /// <summary>Microvolt: beats of a rate of its own, a wandering baseline, white noise.</summary>
    private static double[] Template(int seed)
    {
        var random = new Random(seed);
        var rate = 0.8 + 0.8 * random.NextDouble();
        var values = new double[Montage.LeadCount * Samples];
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            var (height, wander) = (400 + 1200 * random.NextDouble(), 50 + 100 * random.NextDouble());
            for (var sample = 0; sample < Samples; sample++)
            {
                var time = sample / (double)Hz;
                var phase = time * rate % 1 / rate;
                var beat = height * Math.Exp(-0.5 * Math.Pow((phase - 0.25) / 0.012, 2)) + 0.2 * height * Math.Exp(-0.5 * Math.Pow((phase - 0.5) / 0.04, 2));
                var noise = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                values[lead * Samples + sample] = beat + wander * Math.Sin(2 * Math.PI * 0.3 * time) + NoiseMicrovolt * noise;
            }
        }

        return values;
    }
}
