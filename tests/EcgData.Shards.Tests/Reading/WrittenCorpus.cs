using EcgData.Shards.Reading;
using EcgData.Signals;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Shards.Tests.Reading;

/// <summary>A corpus on disk, written by the real writer, and every row that is in it by row group and row.</summary>
internal sealed class WrittenCorpus : IDisposable
{
    public const int Hz = 240;

    private readonly TemporaryFolder _folder = new();

    private WrittenCorpus() => Store = new LocalObjectStore(_folder["corpus"]);

    public LocalObjectStore Store { get; }

    public CorpusStore Corpus => new(Store);

    public VersionManifest Version { get; private set; } = null!;

    /// <summary>By index of the row group in the table, then by row.</summary>
    public List<StoredSegment[]> Groups { get; } = [];

    public List<RowGroupRow> Table { get; } = [];

    public string PathOf(string name) => Path.Join(_folder["corpus"], name);

    /// <param name="shards">Records of each shard; a record has one to three segments, some shorter than 2.5 s.</param>
    /// <param name="samples">Of a whole segment.</param>
    public static Task<WrittenCorpus> CreateAsync(int samples, params (string Source, int Records)[] shards) =>
        CreateAsync(shards.Select((shard, number) => (shard.Source, Rows(number, shard.Records, samples))));

    /// <param name="shards">Source and rows of each shard.</param>
    public static async Task<WrittenCorpus> CreateAsync(IEnumerable<(string Source, IReadOnlyList<StoredSegment> Rows)> shards, Func<byte[], byte[]>? damage = null)
    {
        var corpus = new WrittenCorpus();
        var manifest = new List<ManifestShard>();
        foreach (var (source, stored) in shards)
        {
            ShardRow[] rows = [.. stored.Select(Some.ToRow)];
            using var memory = new MemoryStream();
            var content = ShardWriter.Write(memory, rows, Some.Metadata);
            foreach (var row in rows) row.Dispose();
            var path = CorpusPaths.Shard(source, content.Sha256);
            await WriteAsync(corpus.Store, path, damage is null ? memory.ToArray() : damage(memory.ToArray()));
            manifest.Add(new ManifestShard(path, content.Sha256, memory.Length, rows.Length, source, "", rows.Length));
            foreach (var entry in content.RowGroups)
            {
                corpus.Table.Add(new RowGroupRow(path, entry));
                corpus.Groups.Add([.. stored.Skip(entry.FirstRow).Take(entry.Rows)]);
            }
        }

        corpus.Version = Manifest(manifest);
        using var table = new MemoryStream();
        await RowGroupTable.WriteAsync(table, corpus.Table);
        await WriteAsync(corpus.Store, CorpusPaths.RowGroups(corpus.Version.Id), table.ToArray());
        await corpus.Corpus.WriteManifestAsync(corpus.Version);
        return corpus;
    }

    public Task<CropReader> OpenAsync(ReadingOptions options, EcgData.Shards.Subsets.RowSelection? selection = null, IRowGroupSource? source = null, CancellationToken cancel = default) =>
        CropReader.OpenAsync(Corpus, Version, selection, options, source, cancel);

    public void Dispose() => _folder.Dispose();

    private static async Task WriteAsync(LocalObjectStore store, string name, byte[] bytes)
    {
        await using var writer = store.Create();
        await writer.Stream.WriteAsync(bytes);
        await writer.CommitAsync(name);
    }

    private static VersionManifest Manifest(List<ManifestShard> shards) => VersionManifest.Identify(new VersionManifest
    {
        Id = "",
        Recipe = new ConditioningOptions { SamplingFrequencyHz = Hz },
        RecipeHash = "",
        ProcessingVersion = 1,
        WriterVersion = ShardWriter.WriterVersion,
        Sources = [],
        Totals = new VersionTotals(RecordCounts.Zero, 0, 0, shards.Count, 0),
        Catalogue = new ManifestTable("", 0, 0),
        RowGroups = new ManifestTable("", 0, 0),
        Shards = shards,
    });

    public static IReadOnlyList<StoredSegment> Rows(int shard, int records, int samples)
    {
        var rows = new List<StoredSegment>();
        for (var record = 0; record < records; record++)
        {
            var segments = record % 4 == 3 ? 1 + record % 3 : 1;
            for (var segment = 0; segment < segments; segment++)
            {
                var length = segment == segments - 1 && record % 5 == 2 ? samples / 3 : samples;
                var seed = shard * 1000 + record;
                var leads = Some.Leads(length, (ulong)(seed * 8 + segment));
                if (record % 6 == 1) leads[record % 12] = null;
                var stored = Some.Row(seed, leads, $"source-{shard}/{seed:D6}").Expected;
                rows.Add(stored with { Segment = segment, Rank = record });
            }
        }

        return rows;
    }
}
