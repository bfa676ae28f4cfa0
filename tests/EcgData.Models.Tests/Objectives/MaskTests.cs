using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

/// <summary>Rules against golden/masks.json; statistics against expectations at four standard errors.</summary>
public sealed class MaskTests
{
    private static readonly Safetensors Golden = new("masks.safetensors");

    [Theory]
    [InlineData(10)]
    [InlineData(5)]
    [InlineData(1)]
    public void Expand_GoldenMidpoints_IsTheGoldenMask(int span)
    {
        using var scope = NewDisposeScope();
        var midpoints = Golden[$"span{span}_midpoints"].data<double>().Select(value => value != 0).ToArray();
        var expected = Golden[$"span{span}_mask"].data<double>().Select(value => value != 0).ToArray();
        Assert.Equal(expected, SpanMask.Expand(midpoints, tokens: 64, span));
    }

    [Fact]
    public void SpanMask_StudyOptions_HidesSixPercentAndLeavesAnEighthOfTheCropsWhole()
    {
        using var scope = NewDisposeScope();
        const int Crops = 20_000;
        var hidden = SpanMask.Draw(Crops, 300, new SpanMaskOptions(), key: 9).to(float64);
        var ofCrop = hidden.mean([1]);
        Assert.Equal(0.06251027555992307, ofCrop.mean().ToDouble(), 4 * ofCrop.std().ToDouble() / Math.Sqrt(Crops));
        var interior = hidden.narrow(1, 4, 290).mean([1]);
        Assert.Equal(0.0631313330450276, interior.mean().ToDouble(), 4 * interior.std().ToDouble() / Math.Sqrt(Crops));
        var whole = ofCrop.eq(0).to(float64).mean().ToDouble();
        Assert.Equal(0.141371359282415, whole, 4 * Math.Sqrt(0.1414 * 0.8586 / Crops));
        Assert.Equal(0.0065, hidden.select(1, 299).mean().ToDouble(), 4 * Math.Sqrt(0.0065 / Crops));
    }

    [Fact]
    public void SpanMask_ProbabilityNotDivided_HidesHalf()
    {
        using var scope = NewDisposeScope();
        var hidden = SpanMask.Draw(500, 300, new SpanMaskOptions { Probability = 0.65 }, key: 9).to(float64);
        Assert.InRange(hidden.mean().ToDouble(), 0.47, 0.50);
    }

    [Fact]
    public void Place_GoldenStarts_IsTheGoldenContext()
    {
        using var scope = NewDisposeScope();
        for (var crop = 0; crop < 3; crop++)
        {
            var (hidden, counts) = (new bool[300], new float[300]);
            var starts = Golden["jepa_pred_starts"][crop].data<double>().Select(start => (int)start).ToArray();
            var context = BlockMask.Place(starts, 64, (int)Golden["jepa_enc_starts"][crop].ToDouble(), 255, hidden, counts);
            Assert.Equal((int)Golden["jepa_context_count"][crop].ToDouble(), context);
            Assert.Equal(Golden["jepa_masks_pred"][crop].sum([0]).data<double>().Select(count => (float)count), counts);
            Assert.Equal(Golden["jepa_context_before_fallback"][crop].data<double>().Select(seen => seen == 0), hidden);
        }
    }

    [Fact]
    public void BlockMask_StudyOptions_HasTheStudysAverages()
    {
        using var scope = NewDisposeScope();
        var (context, union, fallback, batches) = (new List<double>(), new List<double>(), 0.0, 300);
        for (var batch = 0; batch < batches; batch++)
        {
            using var mask = BlockMask.Draw(32, 300, new BlockMaskOptions(), key: (ulong)batch);
            var seen = mask.Hidden.logical_not().sum([1]);
            Assert.InRange(seen.min().ToInt64(), 64, 236);
            Assert.InRange(seen.max().ToInt64(), 64, 236);
            Assert.Equal(32 * 4 * 64, mask.TargetCount.sum().ToDouble());   // four targets of 64 tokens, whatever the share says
            context.Add(seen.to(float64).mean().ToDouble());
            union.Add(mask.TargetCount.gt(0).sum([1]).to(float64).mean().ToDouble());
            fallback += mask.FallbackShare / batches;
        }

        // Batches share their block lengths, so the spread that counts is between batches.
        Assert.Equal(0.5882711534714531 * 300, union.Average(), 4 * Deviation(union) / Math.Sqrt(batches));   // exact
        // The rules simulated by other code: 105.5 ± 0.2 over 48,000 crops. The golden sample of 4,800 has 104.9, the study's reader 103.9.
        Assert.Equal(105.5, context.Average(), 4 * Deviation(context) / Math.Sqrt(batches));
        Assert.Equal(0.0996, fallback, 0.02);
    }

    [Fact]
    public void BlockMask_NoLeastBlock_HasTargetsOfTheirShare()
    {
        using var mask = BlockMask.Draw(4, 300, new BlockMaskOptions { MinimumBlockTokens = 1 }, key: 4);
        Assert.InRange(mask.TargetCount.sum().ToDouble() / 16, 45, 60);
    }

    [Fact]
    public void BlockMask_FallbackOutsideTargets_KeepsThemHidden()
    {
        using var scope = NewDisposeScope();
        var fallbacks = 0.0;
        for (ulong key = 0; key < 20; key++)
        {
            using var mask = BlockMask.Draw(32, 300, new BlockMaskOptions { Fallback = ContextFallback.OutsideTargets }, key);
            Assert.Equal(0, mask.TargetCount.gt(0).logical_and(mask.Hidden.logical_not()).sum().ToInt64());
            fallbacks += mask.FallbackShare;
        }

        Assert.True(fallbacks > 0);
    }

    [Fact]
    public void Draw_SameKey_IsTheSameMask()
    {
        using var scope = NewDisposeScope();
        Tensor Spans(ulong key) => SpanMask.Draw(4, 300, new SpanMaskOptions(), key);
        Assert.True(Spans(1).Equals(Spans(1)));
        Assert.False(Spans(1).Equals(Spans(2)));
        using var first = BlockMask.Draw(4, 300, new(), 1);
        using var again = BlockMask.Draw(4, 300, new(), 1);
        Assert.True(first.Hidden.Equals(again.Hidden) && first.TargetCount.Equals(again.TargetCount));
    }

    private static double Deviation(List<double> values) =>
        Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Count - 1));
}
