namespace EcgData.Signals;

/// <summary>How many stored samples make a segment, and where they lie.</summary>
internal readonly record struct SegmentLayout(int SegmentSamples, int MinimumSamples, int SamplingFrequencyHz)
{
    private const int LargestSegment = 1 << 25;   // more samples than a record can have; twice as many still fit an int

    /// <exception cref="ArgumentOutOfRangeException">A length or frequency that is no positive number, or a segment below one sample.</exception>
    public static SegmentLayout Create(ConditioningOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.SamplingFrequencyHz);
        var segment = Math.Round(options.SegmentSeconds * options.SamplingFrequencyHz);
        var minimum = Math.Round(options.MinimumSeconds * options.SamplingFrequencyHz);
        if (!(segment >= 1 && segment <= LargestSegment))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options),
                $"SegmentSeconds is {options.SegmentSeconds}: at {options.SamplingFrequencyHz} Hz a segment needs at least one sample " +
                "and at most {LargestSegment}. Set it to a length such as 10.");
        }

        if (!(minimum >= 0 && minimum <= segment))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options),
                $"MinimumSeconds is {options.MinimumSeconds}: expected 0 to SegmentSeconds ({options.SegmentSeconds}). Set it within.");
        }

        return new SegmentLayout((int)segment, (int)minimum, options.SamplingFrequencyHz);
    }

    /// <summary>Consecutive segments; a remainder of at least the minimum is one too, a shorter one is left out.</summary>
    /// <param name="samples">Stored samples of the record, at least the minimum.</param>
    /// <param name="gaps">By lead, then by time.</param>
    public Segment[] Cut(int samples, int sourceSamples, SamplingRatio ratio, IReadOnlyList<SourceGap> gaps)
    {
        var whole = samples / SegmentSamples;
        var rest = samples % SegmentSamples;
        var count = whole + (rest > 0 && rest >= MinimumSamples ? 1 : 0);
        var inside = gaps.Count == 0 ? null : Distribute(samples, sourceSamples, ratio, gaps, count);
        var segments = new Segment[count];
        for (var index = 0; index < segments.Length; index++)
        {
            var start = index * SegmentSamples;
            segments[index] = new Segment
            {
                Index = index,
                StartSeconds = (double)start / SamplingFrequencyHz,
                Samples = Math.Min(SegmentSamples, samples - start),
                Offset = start * Montage.LeadCount,
                Gaps = inside?[index] ?? [],
            };
        }

        return segments;
    }

    /// <summary>Gaps in stored samples, segment by segment; those that touch have become one.</summary>
    private List<Gap>?[] Distribute(int samples, int sourceSamples, SamplingRatio ratio, IReadOnlyList<SourceGap> gaps, int count)
    {
        var inside = new List<Gap>?[count];
        foreach (var gap in gaps)
        {
            var (from, to) = gap.At(ratio, sourceSamples);
            for (var index = from / SegmentSamples; index < count && index * SegmentSamples < to; index++)
            {
                var (start, end) = (index * SegmentSamples, Math.Min((index + 1) * SegmentSamples, samples));
                var piece = new Gap(gap.Lead, Math.Max(from, start) - start, Math.Min(to, end) - start);
                var pieces = inside[index] ??= [];
                if (pieces.Count > 0 && pieces[^1] is var last && last.Lead == piece.Lead && piece.Start <= last.End)
                    pieces[^1] = last with { End = Math.Max(last.End, piece.End) };
                else
                    pieces.Add(piece);
            }
        }

        return inside;
    }
}
