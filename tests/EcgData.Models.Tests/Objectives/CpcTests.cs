using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

/// <summary>Against numbers of the published loss (golden/cpc_loss.json) at the tolerance stated there.</summary>
public sealed class CpcTests
{
    private const double Tolerance = 1e-10;

    private static readonly Safetensors Golden = new("cpc_loss.safetensors");

    public static TheoryData<string, CpcOptions, double, double> Cases => new()
    {
        { "same_seq", new CpcOptions { Negatives = 8 }, 16.500089716268985, 0.782051282051282 },
        { "across", new CpcOptions { Negatives = 8, NegativesFrom = NegativesFrom.Batch }, 18.58206959238955, 0.782051282051282 },
        {
            "norm_temp", new CpcOptions { Offset = 12, Negatives = 16, Temperature = 0.1, Similarity = Similarity.Cosine },
            127.11421172317284, 0.10714285714285714
        },
        { "interval", new CpcOptions { Offset = 4, Negatives = 8, Interval = 6 }, 151.4614268207288, 0.17592592592592593 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_GoldenNegatives_IsTheGoldenLossAndItsGradients(string name, CpcOptions options, double loss, double accuracy)
    {
        using var scope = NewDisposeScope();
        var predicted = Golden["pred"].requires_grad_();
        var tokens = Golden["enc"].requires_grad_();
        var (actual, share) = Cpc.Loss(predicted, tokens, Candidates(Golden, name + "_", predicted, options), options);
        actual.backward();
        Assert.Equal(loss, actual.ToDouble(), Tolerance * loss);
        Assert.Equal(accuracy, share.ToDouble(), 1e-6);   // a mean in float32
        Close.Assert(Golden[name + "_grad_pred"], predicted.grad!, Tolerance);
        Close.Assert(Golden[name + "_grad_enc"], tokens.grad!, Tolerance);
    }

    [Theory]
    [InlineData("same_seq")]
    [InlineData("across")]
    [InlineData("norm_temp")]
    public void Negative_GoldenDraws_StepOverThePositive(string name)
    {
        using var scope = NewDisposeScope();
        var options = new CpcOptions { Offset = name == "norm_temp" ? 12 : 14 };
        var (drawn, expected) = (Golden[name + "_raw"], Golden[name + "_idx_seq"]);
        Each(drawn, (anchor, value, place) =>
            Assert.Equal(expected.data<double>()[place], Cpc.Negative((int)value, anchor, tokens: 40, options)));
    }

    [Fact]
    public void Window_GoldenDraws_IsAroundTheAnchor()
    {
        using var scope = NewDisposeScope();
        var options = new CpcOptions { Offset = 4, Interval = 6 };
        var expected = Golden["interval_idx_seq"];
        Each(Golden["interval_rand_vals"], (anchor, unit, place) =>
        {
            var (start, end) = Cpc.Window(anchor, tokens: 40, options);
            var drawn = start + (int)Math.Floor((float)unit * (end - start));
            Assert.Equal(expected.data<double>()[place], Cpc.Negative(drawn, anchor, tokens: 40, options));
        });
    }

    [Fact]
    public void DrawCandidates_StudyShape_AreOnePositiveAnd128Others()
    {
        using var scope = NewDisposeScope();
        var candidates = Cpc.DrawCandidates(batch: 8, tokens: 300, new CpcOptions(), key: 5).to(float64);
        Assert.Equal([8, 286, 300], candidates.shape);
        Assert.True(candidates.sum([2]).eq(129).all().ToBoolean());
        Assert.True(candidates.diagonal(14, 1, 2).eq(1).all().ToBoolean());

        // Every token but the positive is as likely: 8 · 286 · 128 draws over 299, four standard errors of a mean over 2,288 rows.
        var drawn = candidates.mean([0, 1]);
        var first = drawn[0].ToDouble();   // never the positive of any anchor
        Assert.Equal(128 / 299.0, first, 4 * Math.Sqrt(128 / 299.0 / (8 * 286)));
        Assert.Equal(128 * 286 * 8 / (double)(8 * 286), (candidates.sum() / (8 * 286) - 1).ToDouble());
    }

    [Fact]
    public void DrawCandidates_SameKey_AreTheSame_AnotherKey_Others()
    {
        using var scope = NewDisposeScope();
        Tensor Draw(ulong key) => Cpc.DrawCandidates(batch: 3, tokens: 40, new CpcOptions { NegativesFrom = NegativesFrom.Batch }, key);
        Assert.True(Draw(1).Equals(Draw(1)));
        Assert.False(Draw(1).Equals(Draw(2)));
        Assert.True(Draw(1).sum([2]).eq(129).all().ToBoolean());
    }

    [Fact]
    public void Loss_EqualScores_IsChance()
    {
        using var scope = NewDisposeScope();
        var options = new CpcOptions();
        var candidates = Cpc.DrawCandidates(batch: 2, tokens: 300, options, key: 1);
        var (loss, _) = Cpc.Loss(zeros(2, 300, 4), ones(2, 300, 4), candidates, options);
        Assert.Equal(286 * Math.Log(129), loss.ToDouble(), 1e-3);   // 1390, in float32
        var (mean, _) = Cpc.Loss(zeros(2, 300, 4), ones(2, 300, 4), candidates, options with { Reduction = AnchorReduction.Mean });
        Assert.Equal(Math.Log(129), mean.ToDouble(), 1e-5);
    }

    [Fact]
    public void DrawCandidates_ShortCrop_IsRefused()
    {
        var refusal = Assert.Throws<ArgumentException>(() => Cpc.DrawCandidates(1, tokens: 14, new CpcOptions(), key: 1));
        Assert.Contains("14 tokens", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>The counts that golden indices amount to.</summary>
    internal static Tensor Candidates(Safetensors golden, string prefix, Tensor predicted, CpcOptions options, string suffix = "")
    {
        var sequence = golden[$"{prefix}idx_seq{suffix}"].to(int64);                          // [batch, anchors, negatives]
        var (batch, length) = (predicted.shape[0], predicted.shape[1]);
        var positives = arange(options.Offset, length).view(1, -1, 1).expand(batch, -1, 1);
        if (options.NegativesFrom == NegativesFrom.Batch)
        {
            sequence = sequence + golden[$"{prefix}idx_batch"].to(int64) * length;
            positives = positives + arange(batch).view(-1, 1, 1) * length;
            length *= batch;
        }

        var all = cat([positives, sequence], 2);
        return zeros(batch, all.shape[1], length).scatter_add(2, all, ones_like(all, float32)).to(int16);
    }

    private static void Each(Tensor drawn, Action<int, double, int> check)
    {
        var values = drawn.data<double>().ToArray();
        for (var place = 0; place < values.Length; place++)
        {
            check((int)(place / drawn.shape[2] % drawn.shape[1]), values[place], place);
        }
    }
}
