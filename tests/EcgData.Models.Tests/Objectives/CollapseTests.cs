using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

public sealed class CollapseTests
{
    [Fact]
    public void EffectiveRank_KnownSpreads_IsTheNumberOfDirections()
    {
        using var scope = NewDisposeScope();
        // Rows ± e_i around 0: every direction has the same spread.
        Assert.Equal(8, Collapse.EffectiveRank(cat([eye(8), -eye(8)], 0)), 1e-9);
        Assert.Equal(1, Collapse.EffectiveRank(arange(10, float32).view(-1, 1) * ones(1, 8)), 1e-6);
        Assert.Equal(0, Collapse.EffectiveRank(ones(5, 8)));
        // Two singular values of 3 : 1: entropy of (3/4, 1/4).
        var uneven = cat([3 * eye(8).narrow(0, 0, 1), -3 * eye(8).narrow(0, 0, 1), eye(8).narrow(0, 1, 1), -eye(8).narrow(0, 1, 1)], 0);
        Assert.Equal(Math.Exp(-0.75 * Math.Log(0.75) - 0.25 * Math.Log(0.25)), Collapse.EffectiveRank(uneven), 1e-6);
    }

    [Fact]
    public void Variance_KnownTokens_IsTheMeanOverTheWidth()
    {
        using var scope = NewDisposeScope();
        var tokens = tensor(new float[] { 1, 0, -1, 0 }, [1, 2, 2]);
        Assert.Equal(0.5, Collapse.Variance(tokens), 1e-12);
        Assert.Equal(0, Collapse.Variance(ones(3, 4, 5)));
    }

    [Fact]
    public void Perplexity_KnownCounts_IsTheNumberOfEvenCodes()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(4, Collapse.Perplexity(tensor(new long[] { 5, 5, 0, 5, 5 })), 1e-9);
        Assert.Equal(1, Collapse.Perplexity(tensor(new[] { 0f, 7f })), 1e-9);
        Assert.Equal(0, Collapse.Perplexity(zeros(3)));
    }
}
