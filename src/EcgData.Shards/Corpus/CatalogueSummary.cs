namespace EcgData.Shards;

/// <summary>Who and what a version's kept records are, by one pass over its catalogue; memory holds counts alone.</summary>
public sealed class CatalogueSummary
{
    /// <summary>Age groups: decades, the last of them from ninety on.</summary>
    public const int AgeGroups = 10;

    private readonly long[] _ages = new long[AgeGroups];
    private readonly SortedDictionary<string, long> _sexes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, CatalogueRow> _examples = new(StringComparer.Ordinal);

    public LabelTally Labels { get; } = new();

    /// <summary>Kept records by decade of age.</summary>
    public IReadOnlyList<long> Ages => _ages;

    /// <summary>Kept records whose age is not known.</summary>
    public long AgeUnknown { get; private set; }

    /// <summary>Kept records by sex; <c>unknown</c> where none is given.</summary>
    public IReadOnlyDictionary<string, long> Sexes => _sexes;

    /// <summary>The first record of each source that was kept without a flag, else the first that was kept.</summary>
    public IReadOnlyDictionary<string, CatalogueRow> Examples => _examples;

    public static async Task<CatalogueSummary> ReadAsync(CorpusStore corpus, VersionManifest version, CancellationToken cancel)
    {
        var summary = new CatalogueSummary();
        await foreach (var row in corpus.ReadCatalogueAsync(version, cancel)) summary.Add(row);
        return summary;
    }

    public void Add(CatalogueRow row)
    {
        if (row.Shard is null) return;
        Labels.Add(row);
        if (row.AgeYears is { } age) _ages[Math.Clamp((int)(age / 10), 0, AgeGroups - 1)]++;
        else AgeUnknown++;
        var sex = row.Sex ?? "unknown";
        _sexes[sex] = _sexes.GetValueOrDefault(sex) + 1;
        var source = row.RecordId[..row.RecordId.IndexOf('/', StringComparison.Ordinal)];
        if (!_examples.TryGetValue(source, out var example) || (example.State != "kept" && row.State == "kept")) _examples[source] = row;
    }
}
