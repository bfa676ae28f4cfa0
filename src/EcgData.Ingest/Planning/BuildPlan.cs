using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>What a build will do: which shards it needs, and which of them are there already.</summary>
public sealed class BuildPlan : IDisposable
{
    /// <summary>Bytes of a stored segment of 10 s at 240 Hz, as measured on genuine PTB-XL; for estimates only.</summary>
    private const double BytesPerSegment = 31_500;

    public required BuildRecipe Recipe { get; init; }

    /// <summary>The sources that are built, in the order of their names.</summary>
    public required IReadOnlyList<SourceCatalogue> Catalogues { get; init; }

    /// <summary>By source, then in the order of the plan.</summary>
    public required IReadOnlyList<PlannedShard> Shards { get; init; }

    /// <summary>The version that HEAD names, or null.</summary>
    public VersionManifest? Parent { get; init; }

    /// <summary>HEAD's tag when it was read, or null where there was none.</summary>
    public string? HeadTag { get; init; }

    /// <summary>The tag of the list of the erased that the plan keeps to, or null where there was none.</summary>
    public string? ErasuresTag { get; init; }

    /// <summary>Sources of the parent that are neither built nor dropped: they stay as they are.</summary>
    public IEnumerable<SourceSummary> CarriedOver =>
        Parent?.Sources.Where(source => !Dropped.Contains(source.Name) && Catalogues.All(built => built.Name != source.Name)) ?? [];

    public IReadOnlyCollection<string> Dropped { get; init; } = [];

    /// <summary>What a shard or a table that is there was taken for.</summary>
    public ShardTrust Trust { get; init; }

    public long Records => Catalogues.Sum(catalogue => (long)catalogue.Count);

    public IEnumerable<PlannedShard> ToBuild => Shards.Where(shard => shard.Reused is null);

    public long RecordsToBuild => ToBuild.Sum(shard => (long)shard.Count);

    /// <summary>Bytes that the shards to build will take, roughly.</summary>
    public long EstimatedBytes => ToBuild.Sum(EstimatedBytesOf);

    /// <summary>Bytes that a shard will take if it is built, roughly.</summary>
    public long EstimatedBytesOf(PlannedShard shard) => shard.Reused is not null ? 0 : (long)(
        (double)shard.Readable * shard.Catalogue.Source.SegmentsPerRecord * BytesPerSegment * Recipe.Conditioning.SamplingFrequencyHz / 240);

    public void Dispose()
    {
        foreach (var catalogue in Catalogues) catalogue.Dispose();
    }
}

/// <summary>A shard job: a range of records of one source in the order of the plan.</summary>
public sealed record PlannedShard
{
    public required SourceCatalogue Catalogue { get; init; }

    /// <summary>The source's own folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Index of the first record in the catalogue.</summary>
    public required int First { get; init; }

    /// <summary>Records.</summary>
    public required int Count { get; init; }

    /// <summary>Records whose files were there when it was planned: what an estimate goes by.</summary>
    public required int Readable { get; init; }

    /// <summary>Names the receipt; null where a file has yet to be read to know it (a plan that only looks).</summary>
    public required string? InputDigest { get; init; }

    /// <summary>The digest of a receipt that makes this job unnecessary, or null.</summary>
    public string? Reused { get; init; }

    /// <summary>Where the plan may be cut differently by the source: for messages.</summary>
    public override string ToString() => $"{Catalogue.Name}{(Folder.Length == 0 ? "" : "/" + Folder)} records {First + 1}-{First + Count}";
}
