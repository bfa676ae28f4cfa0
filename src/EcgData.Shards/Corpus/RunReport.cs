namespace EcgData.Shards;

/// <summary>What a build did and what it cost, for people and hooks: <c>history/&lt;n&gt;.report.json</c>, schema in <c>schemas/</c>. Never part of a version.</summary>
public sealed record RunReport
{
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>The build's number in the history, or null where it committed nothing.</summary>
    public int? Number { get; init; }

    /// <summary>What somebody should know of; empty where all is well.</summary>
    public required IReadOnlyList<RunEvent> Events { get; init; }

    public required int ExitCode { get; init; }

    /// <summary>Why it failed or was refused, else null.</summary>
    public string? Error { get; init; }

    /// <summary>Where the corpus is, as it was named.</summary>
    public required string Corpus { get; init; }

    /// <summary>The version that HEAD names since, or null where nothing was committed.</summary>
    public string? Version { get; init; }

    /// <summary>The version that HEAD named before, or null.</summary>
    public string? Parent { get; init; }

    public required DateTimeOffset Finished { get; init; }

    public required string Command { get; init; }

    public required string Machine { get; init; }

    /// <summary>The version as a whole, or null where nothing was committed.</summary>
    public VersionTotals? Totals { get; init; }

    /// <summary>The version before, or null where there was none.</summary>
    public VersionTotals? ParentTotals { get; init; }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<SourceRun> Sources { get; init; } = [];

    /// <summary>What has changed against the version before; null where there was none.</summary>
    public VersionDifference? Difference { get; init; }

    /// <summary>How far the version's distributions have moved from those of the version before; empty where there is nothing to compare.</summary>
    public IReadOnlyList<DriftMeasure> Drift { get; init; } = [];

    /// <summary>The records that took longest, the slowest first.</summary>
    public IReadOnlyList<SlowRecord> Slowest { get; init; } = [];

    public required RunCost Cost { get; init; }
}

/// <summary>What somebody should know of.</summary>
public enum RunEvent
{
    /// <summary>The build ended in a fault.</summary>
    Failed,

    /// <summary>The build stopped before any work: bad usage, or something speaks against the plan.</summary>
    Refused,

    /// <summary>More of a source was rejected than the recipe allows.</summary>
    Rejected,

    /// <summary>A parted build could not be finished: shards are missing.</summary>
    Incomplete,

    /// <summary>A distribution has moved further than the recipe allows.</summary>
    Drifted,
}

/// <summary>A source after a build.</summary>
/// <param name="RecordsBefore">In the version before, or null where it is new.</param>
/// <param name="Rejections">Rejected records by reason.</param>
/// <param name="Flags">Kept records by flag.</param>
/// <param name="ShardsBuilt">Shards that this build made.</param>
/// <param name="ShardsReused">Shards that were there.</param>
public sealed record SourceRun(
    string Name, string Release, RecordCounts Records, RecordCounts? RecordsBefore, long Segments,
    IReadOnlyDictionary<string, long> Rejections, IReadOnlyDictionary<string, long> Flags, int ShardsBuilt, int ShardsReused);

/// <summary>How far one distribution of a source has moved.</summary>
/// <param name="Subject">Which reason, flag or lead; of labels those that moved most; "" elsewhere.</param>
/// <param name="Before">The value in the version before, in the measure's own unit; null where there is no single one.</param>
/// <param name="After">The value now.</param>
/// <param name="Value">The distance.</param>
/// <param name="Limit">What the recipe allows, and what chance explains where that is more.</param>
public sealed record DriftMeasure(
    string Source, DriftPopulation Population, DriftKind Kind, string Subject, double? Before, double? After, double Value, double Limit, bool Drifted);

/// <summary>Which records are held against the version before.</summary>
public enum DriftPopulation
{
    /// <summary>All of the source's records.</summary>
    All,

    /// <summary>Those that were added, where nothing else has changed: a new night does not drown in the years before it.</summary>
    Added,
}

/// <summary>What is compared, and how.</summary>
public enum DriftKind
{
    /// <summary>Number of records: relative change.</summary>
    Records,

    /// <summary>Share of the records that was rejected, in all or for one reason: absolute difference.</summary>
    RejectedShare,

    /// <summary>Share of the kept records with a flag: absolute difference.</summary>
    FlagShare,

    /// <summary>Labels of the kept records: Jensen-Shannon divergence, bits.</summary>
    Labels,

    /// <summary>A lead's mean, microvolt: standardised difference.</summary>
    LeadMean,

    /// <summary>A lead's standard deviation, microvolt: logarithm of the ratio, without sign.</summary>
    LeadDeviation,
}

/// <summary>How long a record was in work, by the wall clock: what it waited for the disk or for other processes is part of it.</summary>
public sealed record SlowRecord(string RecordId, double Milliseconds, double ReadMilliseconds, double ConditionMilliseconds, double EncodeMilliseconds);

/// <summary>What a build took.</summary>
public sealed record RunCost
{
    public required double Seconds { get; init; }

    /// <summary>Seconds by stage, one after the other: plan, shards, commit, compare.</summary>
    public required IReadOnlyDictionary<string, double> StageSeconds { get; init; }

    /// <summary>Seconds by what was done with a record, added up over all workers: read, condition, encode.</summary>
    public required IReadOnlyDictionary<string, double> RecordSeconds { get; init; }

    /// <summary>Records that went through the chain.</summary>
    public required long Records { get; init; }

    /// <summary>Of them while shards were built.</summary>
    public required double RecordsPerSecond { get; init; }

    /// <summary>Bytes of the shards that were built.</summary>
    public required long ShardBytes { get; init; }

    /// <summary>Bytes that the process read from files, caches of the system included; null where the system does not tell.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Bytes that the process wrote to files.</summary>
    public long? BytesWritten { get; init; }

    /// <summary>Largest resident memory of the process.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>HTTP requests to the store; null where it is a folder.</summary>
    public long? Requests { get; init; }
}
