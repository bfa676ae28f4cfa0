using EcgData.Signals;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Shards.Tests.Subsets;

/// <summary>A record as a test wants it: the catalogue's row less where it lies.</summary>
internal sealed record SomeRecord(
    string Source, string NativeId, string PatientId, int Segments = 1, string? Sex = null, float? Age = null, string? Site = null, int Fold = 1,
    bool Kept = true, string? DuplicateOf = null, string? Recorded = null)
{
    public string Id => $"{Source}/{NativeId}";

    public PatientKey Patient => PatientKey.Of(Source, PatientId);

    public long Rank(ulong seed = PatientKey.DefaultSeed) => Patient.Rank(seed);
}

/// <summary>A corpus without signals: catalogue, row-group table and manifest of records that are made up, which is all that subsets need.</summary>
internal sealed class SomeCorpus : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private SomeCorpus()
    {
    }

    public CorpusStore Store { get; private set; } = null!;

    public VersionManifest Version { get; private set; } = null!;

    /// <summary>Name, shard and row of every kept record.</summary>
    public Dictionary<string, (string Shard, int Row, int Segments)> Places { get; } = [];

    /// <param name="records">In the order of the catalogue, one source after the other.</param>
    /// <param name="shardRecords">Records of a shard.</param>
    /// <param name="reverseRows">Store each shard's rows the wrong way round, which no build does.</param>
    public static async Task<SomeCorpus> WriteAsync(IReadOnlyList<SomeRecord> records, int shardRecords = 40, bool reverseRows = false)
    {
        var corpus = new SomeCorpus();
        corpus.Store = new CorpusStore(new LocalObjectStore(corpus._folder.Path));
        var (shards, groups, rows) = (new List<ManifestShard>(), new List<RowGroupRow>(), new List<CatalogueRow>());
        var sources = records.Select(record => record.Source).Distinct().ToList();
        foreach (var source in sources)
        {
            foreach (var chunk in records.Where(record => record.Source == source).Chunk(shardRecords))
            {
                var name = $"{shards.Count:x64}";
                var kept = chunk.Where(record => record.Kept).OrderBy(record => record.Rank()).ThenBy(record => record.Id, StringComparer.Ordinal).ToList();
                if (reverseRows) kept.Reverse();
                var path = kept.Count == 0 ? null : CorpusPaths.Shard(source, name);
                var next = 0;
                foreach (var record in kept)
                {
                    corpus.Places[record.Id] = (path!, next, record.Segments);
                    next += record.Segments;
                }

                shards.Add(new ManifestShard(path, path is null ? null : name, 1, next, source, name, chunk.Length));
                if (path is not null) groups.AddRange(Groups(path, next));
                rows.AddRange(chunk.Select(record => corpus.Row(record, path)));
            }
        }

        await corpus.CommitAsync(sources, shards, groups, rows);
        return corpus;
    }

    public void Dispose() => _folder.Dispose();

    public string this[string name] => _folder[name];

    private async Task CommitAsync(List<string> sources, List<ManifestShard> shards, List<RowGroupRow> groups, List<CatalogueRow> rows)
    {
        await using var catalogue = Store.Objects.Create();
        await using var table = Store.Objects.Create();
        await using (var writer = await CatalogueTableWriter.CreateAsync(catalogue.Stream))
        {
            foreach (var row in rows) await writer.AddAsync(row);
        }

        await RowGroupTable.WriteAsync(table.Stream, groups);
        var segments = shards.Sum(shard => (long)shard.Rows);
        Version = VersionManifest.Identify(new VersionManifest
        {
            Id = "",
            Recipe = new ConditioningOptions(),
            RecipeHash = "",
            ProcessingVersion = 1,
            WriterVersion = 1,
            Sources = [.. sources.Select(Summary)],
            Totals = new VersionTotals(new RecordCounts(rows.Count, rows.Count, 0, 0), segments, 0, shards.Count, 0),
            Catalogue = new ManifestTable("", 0, rows.Count),
            RowGroups = new ManifestTable("", 0, groups.Count),
            Shards = shards,
        });
        await catalogue.CommitAsync(CorpusPaths.Catalogue(Version.Id));
        await table.CommitAsync(CorpusPaths.RowGroups(Version.Id));
        await Store.WriteManifestAsync(Version);
        await Store.MoveHeadAsync(Version.Id, null);
    }

    private CatalogueRow Row(SomeRecord record, string? shard) => new()
    {
        RecordId = record.Id,
        Source = $"{record.Source}@1",
        NativeId = record.NativeId,
        Patient = record.Patient.Value,
        PatientKnown = true,
        Site = record.Site,
        Recorded = record.Recorded,
        AgeYears = record.Age,
        Sex = record.Sex,
        Labels = record.Sex is null ? [] : [$"test:{record.Sex}"],
        LabelWeights = record.Sex is null ? [] : [1],
        Fold = record.Fold,
        Licence = Licence(record.Source),
        State = record.Kept ? "kept" : "rejected",
        Reason = record.Kept ? null : "missing-file: there is none",
        Flags = 0,
        Shard = record.Kept ? shard : null,
        Row = record.Kept ? Places[record.Id].Row : null,
        Segments = record.Kept ? record.Segments : 0,
        DuplicateOf = record.DuplicateOf,
    };

    private static IEnumerable<RowGroupRow> Groups(string path, int rows)
    {
        int[] sizes = [8, 8, 16, 32];
        for (var (first, index) = (0, 0); first < rows; index++)
        {
            var count = Math.Min(index < sizes.Length ? sizes[index] : 64, rows - first);
            yield return new RowGroupRow(path, new RowGroupEntry(index, first, count, 4, 1, [4], "", 0, 0, [2400], [], []));
            first += count;
        }
    }

    private static string Licence(string source) => source == "open" ? "CC-BY-4.0" : source == "shared" ? "CC-BY-NC-SA-4.0" : "LicenseRef-own";

    private static SourceSummary Summary(string source) => new()
    {
        Name = source,
        Release = $"{source}@1",
        Licence = Licence(source),
        ReaderVersion = 1,
        Options = "",
        Records = RecordCounts.Zero,
        Segments = 0,
        Seconds = 0,
        Rejections = new Dictionary<string, long>(),
        Flags = new Dictionary<string, long>(),
        Statistics = new Dictionary<string, LeadStatistics>(),
    };
}
