namespace EcgData.Signals.Tests;

public sealed class ConditioningTests
{
    private static readonly ConditioningOptions Defaults = new();

    [Fact]
    public void Condition_WholeRecordAt500Hz_IsOneSegmentWithoutFlags()
    {
        using var record = Some.Record();
        using var conditioned = Conditioning.Condition(record, 8.191, Defaults);
        Assert.Null(conditioned.Rejection);
        Assert.Equal(RecordFlags.None, conditioned.Flags);
        Assert.Equal(LeadSet.All, conditioned.Leads);
        var segment = Assert.Single(conditioned.Segments);
        Assert.Equal((0, 0d, 2400, 0, 0), (segment.Index, segment.StartSeconds, segment.Samples, segment.Offset, segment.Gaps.Count));
        Assert.Equal(12 * 2400, conditioned.Values.Length);
        for (var lead = Lead.I; lead <= Lead.V6; lead++)
        {
            for (var k = 120; k < 2280; k++)   // the sums of sines are band-limited: the answer is themselves, to two roundings
                Assert.Equal(1000 * Some.Ecg((int)lead, k / 240d), conditioned.Lead(segment, lead)[k], 2d);
        }
    }

    [Fact]
    public void Condition_WholeMicrovoltAt240Hz_ComeOutBitForBit()
    {
        using var frames = Some.Frames(2399, (lane, index) =>
            (index < 16384 / 12 ? Math.Min(index * 12 + lane - 8191, 8191) : Math.Round(8191 * Some.Noise((ulong)(index * 12 + lane)))) / 1000);
        var expected = frames.Values.ToArray();
        using var conditioned = Conditioning.Condition(Some.Record(frames, 240), 8.191, Defaults);
        var segment = Assert.Single(conditioned.Segments);
        for (var lead = Lead.I; lead <= Lead.V6; lead++)
        {
            for (var k = 0; k < 2399; k++)
                Assert.Equal(Math.Round(expected[k * Frames.Lanes + (int)lead] * 1000d), conditioned.Lead(segment, lead)[k]);
        }
    }

    [Theory]
    [InlineData(0.0625, 62)]     // 62.5 µV, exactly, goes to the even neighbour
    [InlineData(0.1875, 188)]
    [InlineData(-0.0625, -62)]
    [InlineData(0.0626, 63)]
    [InlineData(-8.1914, -8191)]
    public void Condition_BetweenTwoMicrovolt_RoundsHalfToEven(double millivolt, int microvolt)
    {
        using var frames = Some.Frames(700, (lane, index) => lane == 6 ? millivolt : Some.Ecg(lane, index / 240d));
        using var conditioned = Conditioning.Condition(Some.Record(frames, 240), 8.191, Defaults);
        Assert.Equal(microvolt, conditioned.Lead(conditioned.Segments[0], Lead.V1)[699]);
    }

    [Fact]
    public void Condition_FullScaleSquareWave_StaysWithinTheStorageBoundInSpiteOfOvershoot()
    {
        using var frames = Some.Frames(5000, (_, index) => index / 50 % 2 == 0 ? 8.19 : -8.19);
        using var conditioned = Conditioning.Condition(Some.Record(frames, 500), 8.191, Defaults);
        Assert.Equal(RecordFlags.LimbLeads, conditioned.Flags);
        Assert.Equal(8191, conditioned.Values.ToArray().Max());
        Assert.Equal(-8191, conditioned.Values.ToArray().Min());
    }

    [Theory]
    [InlineData(25, new[] { 2400, 2400, 1200 })]
    [InlineData(22, new[] { 2400, 2400 })]
    [InlineData(22.5, new[] { 2400, 2400, 600 })]
    [InlineData(20, new[] { 2400, 2400 })]
    [InlineData(10.24, new[] { 2400 })]
    [InlineData(7, new[] { 1680 })]
    [InlineData(2.5, new[] { 600 })]
    public void Condition_AnyDuration_IsCutIntoConsecutiveSegments(double seconds, int[] samples)
    {
        using var record = Some.Record(400, seconds);
        using var whole = Conditioning.Condition(record, 8.191, Defaults with { SegmentSeconds = 1000 });
        using var again = Some.Record(400, seconds);
        using var conditioned = Conditioning.Condition(again, 8.191, Defaults);
        Assert.Equal(samples, conditioned.Segments.Select(segment => segment.Samples));
        Assert.Equal(seconds < 10 ? RecordFlags.Short : RecordFlags.None, conditioned.Flags);
        foreach (var segment in conditioned.Segments)
        {
            Assert.Equal(segment.Index * 10d, segment.StartSeconds);
            for (var lead = Lead.I; lead <= Lead.V6; lead++)
            {
                var expected = whole.Lead(whole.Segments[0], lead).Slice(segment.Index * 2400, segment.Samples);
                Assert.True(expected.SequenceEqual(conditioned.Lead(segment, lead)));
            }
        }
    }

    [Fact]
    public void Condition_ManyRecords_LeavesHardlyAnyGarbage()
    {
        using var record = Some.Record();
        for (var warm = 0; warm < 3; warm++) Conditioning.Condition(record, 8.191, Defaults).Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var run = 0; run < 10; run++) Conditioning.Condition(record, 8.191, Defaults).Dispose();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10 * 1024);
    }

    [Fact]
    public void Dispose_Twice_GivesTheMemoryBackOnce()
    {
        using var record = Some.Record();
        var first = Conditioning.Condition(record, 8.191, Defaults);
        first.Dispose();
        first.Dispose();
        using var second = Conditioning.Condition(record, 8.191, Defaults);
        using var third = Conditioning.Condition(record, 8.191, Defaults);
        second.Values.Span.Fill(1);
        third.Values.Span.Fill(2);
        Assert.Equal(-1, second.Values.Span.IndexOfAnyExcept((short)1));
    }

    [Theory]
    [InlineData(0, 2.5)]
    [InlineData(double.NaN, 2.5)]
    [InlineData(1e9, 2.5)]
    [InlineData(10, 11)]
    [InlineData(10, -1)]
    public void Condition_OptionsThatMakeNoSense_AreRefused(double segmentSeconds, double minimumSeconds)
    {
        using var record = Some.Record();
        var options = Defaults with { SegmentSeconds = segmentSeconds, MinimumSeconds = minimumSeconds };
        Assert.Throws<ArgumentOutOfRangeException>(() => Conditioning.Condition(record, 8.191, options));
    }
}
