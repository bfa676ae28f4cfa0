using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

/// <summary>Against numbers of the published code (golden/dinosr.json) at the tolerance stated there.</summary>
public sealed class DinoSrTests
{
    private const double Tolerance = 1e-9;

    private static readonly Safetensors Golden = new("dinosr.safetensors");

    [Fact]
    public void Codebook_TwoSteps_AreTheGoldenOnes()
    {
        using var scope = NewDisposeScope();
        var codebook = new Codebook(codes: 12, width: 16, momentum: 0.9, seed: 1);
        codebook.to(float64);
        var state = codebook.state_dict();
        state["sums"].copy_(Golden["code_sum0"]);
        state["counts"].copy_(Golden["code_cnt0"]);
        Close.Assert(Golden["codebook0"], codebook.Codes(), Tolerance);

        for (var step = 1; step <= 2; step++)
        {
            var rows = Codebook.Rows(Golden[$"features{step}"]);
            if (step == 1) Close.Assert(Golden["features_normalised1"], rows, Tolerance);
            var assigned = codebook.Assign(rows);
            Assert.True(assigned.Equals(Golden[$"assign{step}"].to(int64).flatten()));
            codebook.Remember(rows, assigned);
            Assert.True(codebook.Assign(rows).Equals(assigned));   // nothing moves before the update
            codebook.Update();
            state = codebook.state_dict();
            Close.Assert(Golden[$"code_sum{step}"], state["sums"], Tolerance);
            Close.Assert(Golden[$"code_cnt{step}"], state["counts"], Tolerance);
            Close.Assert(Golden[$"codebook{step}"], codebook.Codes(), Tolerance);
        }
    }

    [Fact]
    public void Update_Again_ChangesNothing()
    {
        using var scope = NewDisposeScope();
        var codebook = new Codebook(4, 8, 0.9, seed: 1);
        var rows = Codebook.Rows(randn(1, 10, 8));
        codebook.Remember(rows, codebook.Assign(rows));
        codebook.Update();
        var after = codebook.Codes();
        codebook.Update();
        Assert.True(codebook.Codes().Equals(after));
    }

    [Theory]
    [InlineData("logits_one_layer", "grad_one_layer", 1.0, 2.42568055809979)]
    [InlineData("logits_two_layers", "grad_two_layers", 1.0, 3.3662592225377317)]
    [InlineData("logits_two_layers", "grad_two_layers_temp0_5", 0.5, 5.035883544923551)]
    public void Loss_GoldenTargets_IsTheGoldenLossAndItsGradient(string name, string gradient, double temperature, double loss)
    {
        using var scope = NewDisposeScope();
        var logits = Golden[name].requires_grad_();
        var places = Golden["mask"].flatten().nonzero().flatten();
        var taps = name.Contains("two", StringComparison.Ordinal) ? 2 : 1;
        var actual = zeros([], float64);
        for (var tap = 0; tap < taps; tap++)
        {
            var target = Golden[$"targets_layer{tap}"].to(int64).flatten().index_select(0, places);
            var ofTap = logits.flatten(0, 1).index_select(0, places).narrow(1, 24 * tap, 12);   // of 24 outputs for a tap, 12 are used
            actual = actual + DinoSr.Loss(ofTap, target, temperature) / taps;
        }

        actual.backward();
        Assert.Equal(loss, actual.ToDouble(), Tolerance);
        Close.Assert(Golden[gradient], logits.grad!, Tolerance);
    }

    [Fact]
    public void Codebook_Fresh_HasRowsOfMeanZeroAndVarianceOne()
    {
        using var scope = NewDisposeScope();
        var codes = new Codebook(256, 512, 0.9, seed: 3).Codes();
        Assert.True(codes.mean([1]).abs().max().ToDouble() < 1e-5);
        Assert.True((codes.var(1, unbiased: false) - 1).abs().max().ToDouble() < 1e-3);
    }
}
