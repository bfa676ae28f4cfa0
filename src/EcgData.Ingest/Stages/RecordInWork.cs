using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>A record on its way through the chain: each stage adds what it makes and lets go of what it used.</summary>
internal sealed class RecordInWork : IDisposable
{
    /// <summary>Place in the order of reading, from 0 without a hole.</summary>
    public required int Sequence { get; init; }

    /// <summary>Place in the order of the plan, from 0 in its shard.</summary>
    public required int Index { get; init; }

    public required string RecordId { get; init; }

    public required CatalogueEntry Entry { get; init; }

    /// <summary>SHA-256 per file where one of them is not the published one, else null.</summary>
    public required IReadOnlyList<string>? FoundChecksums { get; init; }

    /// <summary>Bytes taken from the budget.</summary>
    public required long BudgetBytes { get; init; }

    /// <summary>Size of its files; 0 where they are containers.</summary>
    public long FileBytes { get; init; }

    /// <summary>How long the stages had it: never part of an output.</summary>
    public RecordTimes Times { get; set; }

    /// <summary>Set by the stage that turns the record away.</summary>
    public Rejection? Rejection { get; set; }

    public EcgRecord? Record { get; set; }

    public ConditionedRecord? Conditioned { get; set; }

    /// <summary>The finished rows, in the order of their segments.</summary>
    public IReadOnlyList<ShardRow> Rows { get; set; } = [];

    public double? NativeSamplingFrequencyHz { get; set; }

    public int? NativeSamples { get; set; }

    public RecordFlags Flags { get; set; }

    public void Dispose()
    {
        Record?.Dispose();
        Record = null;
        Conditioned?.Dispose();
        Conditioned = null;
    }
}
