namespace EcgData.Signals.Tests;

public sealed class GapTests
{
    [Fact]
    public void Condition_GapsAt240Hz_AreFilledLinearlyAndAtTheEdgesWithTheNearestValue()
    {
        using var record = Some.Record(Some.Frames(2400, (lane, index) => lane + (index % 2 == 0 ? 0.1 : -0.1)), 240);
        void Lose(Lead lead, int start, int end, double before, double after)
        {
            for (var index = start; index < end; index++) record.Frames[index][(int)lead] = float.NaN;
            if (start > 0) record.Frames[start - 1][(int)lead] = (float)before;
            if (end < 2400) record.Frames[end][(int)lead] = (float)after;
        }

        Lose(Lead.V1, 0, 7, 0, 5.5);
        Lose(Lead.V1, 100, 103, 1, 5);
        Lose(Lead.V1, 2390, 2400, 4.25, 0);
        Lose(Lead.V2, 100, 101, 2, 3);
        using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
        var segment = conditioned.Segments[0];
        Assert.Equal(
            [new Gap(Lead.V1, 0, 7), new Gap(Lead.V1, 100, 103), new Gap(Lead.V1, 2390, 2400), new Gap(Lead.V2, 100, 101)], segment.Gaps);
        Assert.True(conditioned.Flags.HasFlag(RecordFlags.MissingSamples));
        var lead = conditioned.Lead(segment, Lead.V1);
        Assert.True(lead[..7].IndexOfAnyExcept((short)5500) < 0);
        Assert.Equal([1000, 2000, 3000, 4000, 5000], lead[99..104].ToArray());
        Assert.True(lead[2390..].IndexOfAnyExcept((short)4250) < 0);
        Assert.Equal(2500, conditioned.Lead(segment, Lead.V2)[100]);
        Assert.Equal(8100, conditioned.Lead(segment, Lead.V3)[100]);
    }

    /// <summary>Stored sample k stands at source sample k · from / 240; those strictly between the neighbours of a gap belong to it.</summary>
    [Theory]
    [InlineData(500)]
    [InlineData(257)]
    [InlineData(100)]
    [InlineData(1000)]
    public void Condition_GapsAtOtherFrequencies_CoverTheStoredSamplesBetweenTheirNeighbours(int fromHz)
    {
        var random = 0ul;
        for (var run = 0; run < 40; run++)
        {
            var count = 30 * fromHz;
            var start = (int)((Some.Noise(random++) + 1) / 2 * count);
            var end = Math.Min(count, start + 1 + (int)((Some.Noise(random++) + 1) * (run % 2 == 0 ? 2 : 7 * fromHz)));
            using var record = Some.Record(fromHz, 30);
            for (var index = start; index < end; index++) record.Frames[index][6] = float.NaN;
            using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
            var actual = conditioned.Segments
                .SelectMany(segment => segment.Gaps, (segment, gap) => (segment, gap))
                .SelectMany(pair => Enumerable.Range(pair.segment.Index * 2400 + pair.gap.Start, pair.gap.End - pair.gap.Start));
            var expected = Enumerable.Range(0, 7200).Where(k =>
                (start == 0 || (long)k * fromHz > (start - 1) * 240L) && (end == count || (long)k * fromHz < end * 240L)).ToArray();
            if (expected.Length > 0) Assert.Equal(expected, actual);
            else Assert.Equal(Math.Min((start - 1) * 240L / fromHz + 1, 7199), Assert.Single(actual));
            Assert.All(conditioned.Segments.SelectMany(segment => segment.Gaps), gap => Assert.Equal(Lead.V1, gap.Lead));
        }
    }

    [Fact]
    public void Condition_EverySecondSampleMissing_BecomesOneGapWhereStoredSamplesTouch()
    {
        using var record = Some.Record(1000);
        for (var index = 1; index < 9999; index += 2) record.Frames[index][6] = float.NaN;
        using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
        var gaps = conditioned.Segments[0].Gaps;
        Assert.All(gaps, gap => Assert.True(gap.Start < gap.End && gap.End <= 2400));
        Assert.All(gaps.Zip(gaps.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.Start));
    }

    [Fact]
    public void Condition_GapInTheRemainderThatIsLeftOut_IsNotReported()
    {
        using var record = Some.Record(240, 12);
        for (var index = 2500; index < 2600; index++) record.Frames[index][6] = float.NaN;
        using var conditioned = Conditioning.Condition(record, 8.191, new ConditioningOptions());
        Assert.Equal(RecordFlags.None, conditioned.Flags);
        Assert.Empty(Assert.Single(conditioned.Segments).Gaps);
    }
}
