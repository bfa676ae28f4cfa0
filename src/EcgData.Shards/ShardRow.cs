using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>One row of a shard: a segment with all that is known about it. Column by column the schema of <c>schemas/shard.md</c>.</summary>
public sealed class ShardRow : ISegmentColumns, IDisposable
{
    public required string RecordId { get; init; }

    public required int Segment { get; init; }

    public required double StartSeconds { get; init; }

    /// <summary>Samples of each lead.</summary>
    public required int Samples { get; init; }

    /// <summary>Source release, <c>ptb-xl@1.0.3</c>.</summary>
    public required string Source { get; init; }

    public string? Site { get; init; }

    public required string Licence { get; init; }

    public required string Patient { get; init; }

    public required bool PatientKnown { get; init; }

    /// <summary>Subset rank of the patient under the default seed; rows are stored in this order.</summary>
    public required long Rank { get; init; }

    public required double SamplingFrequencyHz { get; init; }

    public required double NativeSamplingFrequencyHz { get; init; }

    public required string AmplitudeUnit { get; init; }

    /// <summary>The twelve leads, encoded; a lead that is absent is null in the shard.</summary>
    public required EncodedSegment Signals { get; init; }

    public required LeadSet DerivedLeads { get; init; }

    public required RecordFlags Flags { get; init; }

    public IReadOnlyList<Gap> Gaps { get; init; } = [];

    public float? AgeYears { get; init; }

    public string? Sex { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>One weight per label.</summary>
    public IReadOnlyList<float> LabelWeights { get; init; } = [];

    public required int Fold { get; init; }

    public required string SourceFile { get; init; }

    public required string SourceSha256 { get; init; }

    /// <summary>The order of rows in a shard: rank, then record id, then segment.</summary>
    public static int Compare(ShardRow a, ShardRow b)
    {
        var order = a.Rank.CompareTo(b.Rank);
        if (order == 0) order = string.CompareOrdinal(a.RecordId, b.RecordId);
        return order == 0 ? a.Segment.CompareTo(b.Segment) : order;
    }

    public void Dispose() => Signals.Dispose();
}
