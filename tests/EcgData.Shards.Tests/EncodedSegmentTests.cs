using EcgData.Signals;

namespace EcgData.Shards.Tests;

public sealed class EncodedSegmentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(1024)]
    [InlineData(1055)]
    [InlineData(2400)]
    [InlineData(9000)]
    public void Sums_OfAnySignal_EqualSlowOnes(int samples)
    {
        var leads = Some.Leads(samples, 3);
        leads[0] = [.. Enumerable.Repeat((short)-8191, samples)];
        leads[1] = [.. Enumerable.Repeat((short)8191, samples)];
        leads[7] = null;

        using var encoded = Some.Encoded(leads);

        for (var lead = 0; lead < 12; lead++)
        {
            var values = leads[lead] ?? [];
            Assert.Equal(values.Length, encoded.Sums.Count[lead]);
            Assert.Equal(values.Sum(value => (long)value), encoded.Sums.Sum[lead]);
            Assert.Equal(values.Sum(value => (long)value * value), encoded.Sums.SumOfSquares[lead]);
            Assert.Equal(values.DefaultIfEmpty().Min(), encoded.Sums.Minimum[lead]);
            Assert.Equal(values.DefaultIfEmpty().Max(), encoded.Sums.Maximum[lead]);
        }
    }

    [Theory]
    [InlineData(8192, 0)]
    [InlineData(-8192, 2399)]
    [InlineData(short.MinValue, 1000)]
    public void Encode_ValueBeyondTheStorageBound_IsRefusedByLeadAndValue(int value, int at)
    {
        var leads = Some.Leads(2400, 1);
        leads[8]![at] = (short)value;

        var refusal = Assert.Throws<ArgumentException>(() => Some.Encoded(leads));

        Assert.Contains("Lead V3", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(value.ToString(), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_NoSamples_IsRefused()
    {
        using var record = new ConditionedRecord { Leads = LeadSet.All, Values = Array.Empty<short>() };

        Assert.Throws<ArgumentException>(() => EncodedSegment.Encode(record, new Segment { Index = 0, StartSeconds = 0, Samples = 0, Offset = 0 }));
    }

    [Fact]
    public void SizeBytes_OfATypicalSegment_IsWhatItsPagesNeedInStepsOf4KiB()
    {
        using var encoded = Some.Encoded(Some.Leads(2400, 1));

        var pages = Enum.GetValues<Lead>().Sum(lead => encoded.Page(lead).Length);

        Assert.InRange(encoded.SizeBytes, pages, pages + 4095);
    }

    [Fact]
    public void Encode_SecondSegmentOfARecord_TakesItsOwnValues()
    {
        var values = Some.Signal(12 * 300, 5);
        var first = new Segment { Index = 0, StartSeconds = 0, Samples = 100, Offset = 0 };
        var second = new Segment { Index = 1, StartSeconds = 100 / 240.0, Samples = 200, Offset = 1200 };
        using var record = new ConditionedRecord { Leads = LeadSet.All, Values = values, Segments = [first, second] };
        using var alone = Some.Encoded([.. Enumerable.Range(0, 12).Select(lead => values[(1200 + lead * 200)..(1200 + lead * 200 + 200)])]);

        using var encoded = EncodedSegment.Encode(record, second);

        foreach (var lead in Enum.GetValues<Lead>()) Assert.Equal(alone.Page(lead).ToArray(), encoded.Page(lead).ToArray());
    }

    [Fact]
    public void Dispose_Twice_GivesTheMemoryBackOnce()
    {
        var encoded = Some.Encoded(Some.Leads(100, 1));
        encoded.Dispose();
        encoded.Dispose();

        using var one = Some.Encoded(Some.Leads(100, 2));
        using var two = Some.Encoded(Some.Leads(100, 3));

        Assert.NotEqual(one.Page(Lead.I).ToArray(), two.Page(Lead.I).ToArray());
        Assert.Throws<ObjectDisposedException>(() => encoded.Page(Lead.I).Length);
    }
}
