using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>A row as read back from a shard.</summary>
public sealed record StoredSegment : ISegmentColumns
{
    public required string RecordId { get; init; }

    public required int Segment { get; init; }

    public required double StartSeconds { get; init; }

    public required int Samples { get; init; }

    public required string Source { get; init; }

    public string? Site { get; init; }

    public required string Licence { get; init; }

    public required string Patient { get; init; }

    public required bool PatientKnown { get; init; }

    public required long Rank { get; init; }

    public required double SamplingFrequencyHz { get; init; }

    public required double NativeSamplingFrequencyHz { get; init; }

    public required string AmplitudeUnit { get; init; }

    /// <summary>short[12][samples] in microvolt; null where the lead is absent.</summary>
    public required IReadOnlyList<short[]?> Leads { get; init; }

    public required LeadSet DerivedLeads { get; init; }

    public required RecordFlags Flags { get; init; }

    public required IReadOnlyList<Gap> Gaps { get; init; }

    public float? AgeYears { get; init; }

    public string? Sex { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required IReadOnlyList<float> LabelWeights { get; init; }

    public required int Fold { get; init; }

    public required string SourceFile { get; init; }

    public required string SourceSha256 { get; init; }
}
