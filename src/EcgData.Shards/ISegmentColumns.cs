using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>The columns of a row but its leads, in the order of <c>schemas/shard.md</c>: the same whether it is about to be written or was read.</summary>
internal interface ISegmentColumns
{
    string RecordId { get; }

    int Segment { get; }

    double StartSeconds { get; }

    int Samples { get; }

    string Source { get; }

    string? Site { get; }

    string Licence { get; }

    string Patient { get; }

    bool PatientKnown { get; }

    long Rank { get; }

    double SamplingFrequencyHz { get; }

    double NativeSamplingFrequencyHz { get; }

    string AmplitudeUnit { get; }

    LeadSet DerivedLeads { get; }

    RecordFlags Flags { get; }

    IReadOnlyList<Gap> Gaps { get; }

    float? AgeYears { get; }

    string? Sex { get; }

    IReadOnlyList<string> Labels { get; }

    IReadOnlyList<float> LabelWeights { get; }

    int Fold { get; }

    string SourceFile { get; }

    string SourceSha256 { get; }
}
