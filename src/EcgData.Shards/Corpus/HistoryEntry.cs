namespace EcgData.Shards;

/// <summary>A build, for people: <c>history/&lt;n&gt;.json</c>. Never part of a version.</summary>
public sealed record HistoryEntry
{
    public required int Number { get; init; }

    public required string Version { get; init; }

    /// <summary>The version that HEAD named before, or null.</summary>
    public string? Parent { get; init; }

    public required DateTimeOffset Finished { get; init; }

    public required double Seconds { get; init; }

    public required string Command { get; init; }

    public required string Machine { get; init; }

    /// <summary>Signature of the version's rows, hex; null where it has none.</summary>
    public string? Signature { get; init; }

    public required int ShardsBuilt { get; init; }

    public required int ShardsReused { get; init; }

    /// <summary>Records of the shards that were built.</summary>
    public required long RecordsBuilt { get; init; }
}
