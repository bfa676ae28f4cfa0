using EcgData.Signals;

namespace EcgData.Shards.Reading;

/// <summary>What a shard tells of a segment beside its signals.</summary>
public sealed record SegmentMetadata
{
    public required string RecordId { get; init; }

    /// <summary>Index in its record.</summary>
    public required int Segment { get; init; }

    /// <summary>Offset from the record's start.</summary>
    public required double StartSeconds { get; init; }

    /// <summary>Source release, <c>ptb-xl@1.0.3</c>.</summary>
    public required string Source { get; init; }

    public required string? Site { get; init; }

    public required string Licence { get; init; }

    public required string Patient { get; init; }

    public required bool PatientKnown { get; init; }

    public required float? AgeYears { get; init; }

    public required string? Sex { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>One per label.</summary>
    public required IReadOnlyList<float> LabelWeights { get; init; }

    public required int Fold { get; init; }

    public required LeadSet DerivedLeads { get; init; }

    public required RecordFlags Flags { get; init; }
}
