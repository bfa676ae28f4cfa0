namespace EcgData.Shards;

/// <summary>How often each label occurs among the kept records of a version, by source.</summary>
/// <remarks>Bounded: beyond <see cref="MostLabels"/> of a source, what is new counts under <see cref="Other"/>.</remarks>
public sealed class LabelTally
{
    /// <summary>Ten times the codes of the largest vocabulary in use.</summary>
    public const int MostLabels = 10_000;

    public const string Other = "other";

    private readonly Dictionary<string, Dictionary<string, long>> _sources = new(StringComparer.Ordinal);
    private Dictionary<string, long> _current = [];
    private string _name = "/";

    /// <param name="name">The source's name in the corpus.</param>
    public IReadOnlyDictionary<string, long> Of(string name) => _sources.GetValueOrDefault(name) ?? [];

    public void Add(CatalogueRow row)
    {
        if (row.State == "rejected") return;
        var counts = CountsOf(row);
        foreach (var label in row.Labels) Add(counts, label, 1);
    }

    /// <summary>Adds records that were counted before.</summary>
    /// <param name="name">The source's name in the corpus.</param>
    /// <param name="labels">Kept records by label.</param>
    public void Add(string name, IReadOnlyDictionary<string, long> labels)
    {
        if (!_sources.TryGetValue(name, out var counts)) _sources[name] = counts = new(StringComparer.Ordinal);
        foreach (var (label, count) in labels) Add(counts, label, count);
    }

    private static void Add(Dictionary<string, long> counts, string label, long count)
    {
        var key = counts.Count < MostLabels || counts.ContainsKey(label) ? label : Other;
        counts[key] = counts.GetValueOrDefault(key) + count;
    }

    /// <summary>A catalogue is in the order of its sources: the same one as a row ago, nearly always.</summary>
    private Dictionary<string, long> CountsOf(CatalogueRow row)
    {
        if (row.RecordId.StartsWith(_name, StringComparison.Ordinal)) return _current;
        _name = row.RecordId[..(row.RecordId.IndexOf('/', StringComparison.Ordinal) + 1)];
        if (!_sources.TryGetValue(_name[..^1], out var counts)) _sources[_name[..^1]] = counts = new(StringComparer.Ordinal);
        return _current = counts;
    }
}
