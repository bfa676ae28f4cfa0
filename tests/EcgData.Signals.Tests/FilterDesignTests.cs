namespace EcgData.Signals.Tests;

public sealed class FilterDesignTests
{
    [Fact]
    public void SinOfPi_ManyFractions_IsTheSine()
    {
        for (var denominator = 1; denominator < 200; denominator++)
        {
            for (var numerator = 0; numerator < 3 * denominator; numerator++)
                Assert.Equal(Math.Sin(Math.PI * numerator / denominator), KaiserSinc.SinOfPi(numerator, denominator), 4e-15);
        }

        Assert.Equal(0, KaiserSinc.SinOfPi(25_000_000, 25));   // reduced before it is rounded, as the reference above is not
        Assert.Equal(1, KaiserSinc.SinOfPi(4_000_001, 2), 1e-15);
    }

    [Fact]
    public void Branch_500To240_Has127TapsThatMirrorTheOppositePhase()
    {
        var ratio = new SamplingRatio(12, 25);
        Assert.Equal(127, KaiserSinc.TapsPerBranch(ratio));
        var (taps, mirrored) = (new double[127], new double[127]);
        KaiserSinc.Branch(ratio, 5, taps);
        KaiserSinc.Branch(ratio, 7, mirrored);
        for (var j = 0; j < 126; j++) Assert.Equal(taps[j + 1], mirrored[126 - j], 1e-9);   // each normalised for itself
        Assert.Equal(1, taps.Sum(), 1e-14);
    }

    [Theory]
    [InlineData(500, 240, 12, 25)]
    [InlineData(257, 240, 240, 257)]
    [InlineData(360, 240, 2, 3)]
    [InlineData(999.56, 240, 6000, 24989)]
    [InlineData(333.3333333333333, 240, 18, 25)]
    [InlineData(128, 500, 125, 32)]
    [InlineData(240, 240, 1, 1)]
    public void TryCreate_FrequenciesOfRecorders_AreExactFractions(double fromHz, double toHz, int up, int down)
    {
        Assert.True(SamplingRatio.TryCreate(fromHz, toHz, out var ratio));
        Assert.Equal(new SamplingRatio(up, down), ratio);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-500)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e-300)]
    [InlineData(1e300)]
    [InlineData(4e9)]
    [InlineData(499.99987654321)]
    [InlineData(240.00001)]
    [InlineData(123456.78)]
    public void TryCreate_AbsurdFrequency_IsRefused(double fromHz) => Assert.False(SamplingRatio.TryCreate(fromHz, 240, out _));
}
