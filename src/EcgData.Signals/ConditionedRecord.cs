namespace EcgData.Signals;

/// <summary>A stretch of one lead that was missing in the source and has been filled: samples [Start, End) of its segment.</summary>
public readonly record struct Gap(Lead Lead, int Start, int End);

/// <summary>A piece of a record as it is stored: short[12, samples] in microvolt at the corpus's sampling frequency.</summary>
public sealed class Segment
{
    /// <summary>Index in its record, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Seconds from the record's start.</summary>
    public required double StartSeconds { get; init; }

    /// <summary>Samples of each lead.</summary>
    public required int Samples { get; init; }

    /// <summary>Offset of this segment's first lead in <see cref="ConditionedRecord.Values"/>; lead l begins l · Samples later.</summary>
    public required int Offset { get; init; }

    public IReadOnlyList<Gap> Gaps { get; init; } = [];
}

/// <summary>What conditioning makes of a record: its segments and what screening says, or why it is turned away.</summary>
public sealed class ConditionedRecord : IDisposable
{
    private Action<ConditionedRecord>? _release;

    public ConditionedRecord(Action<ConditionedRecord>? release = null) => _release = release;

    /// <summary>The reason where the record is turned away; there are no segments then.</summary>
    public Rejection? Rejection { get; init; }

    public RecordFlags Flags { get; init; }

    /// <summary>Leads that hold a signal or a derived one; the others are stored as null.</summary>
    public LeadSet Leads { get; init; }

    /// <summary>Leads computed from others.</summary>
    public LeadSet DerivedLeads { get; init; }

    public IReadOnlyList<Segment> Segments { get; init; } = [];

    /// <summary>short[]: all segments' values in microvolt, segment by segment, lead by lead. Pooled: gone with Dispose.</summary>
    public Memory<short> Values { get; init; }

    /// <summary>short[samples] in microvolt.</summary>
    public ReadOnlySpan<short> Lead(Segment segment, Lead lead) =>
        Values.Span.Slice(segment.Offset + (int)lead * segment.Samples, segment.Samples);

    /// <summary>A second call does nothing: memory that went back to its pool twice would be lent to two records.</summary>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke(this);
}
