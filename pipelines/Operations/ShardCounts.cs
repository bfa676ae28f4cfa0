using EcgData.Ingest;

namespace EcgData.Pipelines.Operations;

/// <summary>Shards of a plan by source: built, and found.</summary>
internal sealed class ShardCounts
{
    private readonly Dictionary<string, (int Built, int Reused)> _sources = new(StringComparer.Ordinal);

    public int Built { get; private set; }

    public int Reused { get; private set; }

    /// <summary>Records of the shards that were built.</summary>
    public long RecordsBuilt { get; private set; }

    public static ShardCounts Of(BuildPlan plan)
    {
        var counts = new ShardCounts();
        foreach (var shard in plan.Shards) counts.Add(shard.Catalogue.Name, shard.Reused is not null, shard.Count);
        return counts;
    }

    public static ShardCounts Of(PlanDocument plan)
    {
        var counts = new ShardCounts();
        foreach (var shard in plan.Shards) counts.Add(shard.Source, shard.Reused, shard.Count);
        return counts;
    }

    /// <summary>Null for a source that is carried over.</summary>
    public (int Built, int Reused)? OfSource(string name) => _sources.TryGetValue(name, out var counts) ? counts : null;

    private void Add(string source, bool reused, int records)
    {
        var (built, found) = _sources.GetValueOrDefault(source);
        _sources[source] = reused ? (built, found + 1) : (built + 1, found);
        if (reused)
        {
            Reused++;
            return;
        }

        Built++;
        RecordsBuilt += records;
    }
}
