using EcgData.Signals;

namespace EcgData.Shards.Reading;

/// <summary>What an item of the reading order is.</summary>
public enum ItemUnit
{
    /// <summary>A record: one of its segments is drawn per epoch.</summary>
    Record,

    /// <summary>Every segment.</summary>
    Segment,
}

/// <summary>Where crops are cut.</summary>
public enum CropPlacement
{
    /// <summary>One crop per item and epoch, its start drawn.</summary>
    Random,

    /// <summary>All crops of a segment that do not overlap, first to last: validation and test.</summary>
    Consecutive,
}

/// <summary>
/// What decides the order and the crops. Nothing here speaks of batches, ranks, threads or memory: the order is the same whatever these are.
/// </summary>
public sealed record OrderOptions
{
    /// <summary>Decides the permutations and the crops.</summary>
    public ulong Seed { get; init; }

    /// <summary>Counts from 0.</summary>
    public int Epoch { get; init; }

    public ItemUnit Unit { get; init; } = ItemUnit.Record;

    public CropPlacement Crops { get; init; } = CropPlacement.Random;

    /// <summary>Length of a crop in seconds of the stored signal. Default: the study's.</summary>
    public double CropSeconds { get; init; } = 2.5;

    /// <summary>Stored order in place of the shuffled one, for validation, embedding and export.</summary>
    public bool Ordered { get; init; }

    /// <summary>
    /// Row groups of different shards that are open at a time. More shuffle better and take more memory, 2 MiB each. Where each source
    /// has some of its own (<see cref="SourceRun"/>, <see cref="Weights"/>), they are shared out, and a source has at least one.
    /// </summary>
    public int OpenRowGroups { get; init; } = 64;

    /// <summary>
    /// Length of the runs of items from one source; every batch size must divide it. 0: sources are mixed. What fills no run of its
    /// source is left out of the epoch.
    /// </summary>
    public int SourceRun { get; init; }

    /// <summary>
    /// Share of each source by its name, where sources are not to be mixed in proportion to their size: all sources of the version, 0 for
    /// one that is left out, at most four decimals; they need not add up to 1. A source that runs out starts again; the epoch ends when
    /// the source that lasts longest has been read once.
    /// </summary>
    public IReadOnlyDictionary<string, double> Weights { get; init; } = new Dictionary<string, double>();
}

/// <summary>How the order is read: none of this changes what is at a position.</summary>
public sealed record ReadingOptions
{
    public OrderOptions Order { get; init; } = new();

    /// <summary>Crops in a global batch; each rank gets its slice.</summary>
    public int Batch { get; init; } = 64;

    public int Rank { get; init; }

    public int World { get; init; } = 1;

    /// <summary>Position, in items, of the first crop.</summary>
    public long From { get; init; }

    /// <summary>Leave out the last batch where it would be short; how many items that loses is reported.</summary>
    public bool DropLast { get; init; }

    /// <summary>Leads of a batch, in the montage's order.</summary>
    public LeadSet Leads { get; init; } = LeadSet.All;

    /// <summary>Threads that read and decode; 0: the caller's own does, batch by batch.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Batches that are ready or in work while one is used.</summary>
    public int Prefetch { get; init; } = 4;

    /// <summary>Memory that these batches may take together, bytes; one is always in work.</summary>
    public long PrefetchBytes { get; init; } = 64L << 20;

    /// <summary>Hold a row group against its digest whenever it is opened, where its source has not done so.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>Labels, age, sex, source and so on beside the signals.</summary>
    public bool Metadata { get; init; }
}
