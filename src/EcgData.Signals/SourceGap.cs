namespace EcgData.Signals;

/// <summary>A stretch of missing samples of one lead at the source's sampling frequency: samples [Start, End).</summary>
internal readonly record struct SourceGap(Lead Lead, int Start, int End)
{
    /// <summary>Fills every stretch of NaN of a lead linearly between its neighbours; at the record's ends with the nearest value.</summary>
    /// <param name="frames">float[n, 16]; at least one sample of the lead is there.</param>
    /// <param name="gaps">Receives the stretches, in order.</param>
    /// <returns>Samples that were missing.</returns>
    public static int Fill(Frames frames, Lead lead, List<SourceGap> gaps)
    {
        var lane = frames.Values[(int)lead..];
        var missing = 0;
        for (var start = 0; start < frames.Count; start++)
        {
            if (!float.IsNaN(lane[start * Frames.Lanes])) continue;
            var end = start + 1;
            while (end < frames.Count && float.IsNaN(lane[end * Frames.Lanes])) end++;
            var after = end < frames.Count ? lane[end * Frames.Lanes] : lane[(start - 1) * Frames.Lanes];
            var before = start > 0 ? lane[(start - 1) * Frames.Lanes] : after;
            var slope = ((double)after - before) / (end - start + 1);
            for (var index = start; index < end; index++)
                lane[index * Frames.Lanes] = (float)(before + slope * (index - start + 1));
            gaps.Add(new SourceGap(lead, start, end));
            missing += end - start;
            start = end;
        }

        return missing;
    }

    /// <summary>
    /// Where the gap lies among the stored samples: those between the last sample that was there before and the first after it,
    /// and at least one.
    /// </summary>
    public (int Start, int End) At(SamplingRatio ratio, int sourceSamples)
    {
        var samples = ratio.OutputCount(sourceSamples);
        var start = Start == 0 ? 0 : (int)Math.Min(ratio.OutputAfter(Start - 1), samples - 1);
        var end = End == sourceSamples ? samples : (int)Math.Min(ratio.OutputAtOrAfter(End), samples);
        return (start, Math.Max(start + 1, end));
    }
}
