using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

/// <summary>Against numbers of the published code (golden/data2vec.json) at the tolerance stated there.</summary>
public sealed class Data2VecTests
{
    private const double Tolerance = 1e-10;

    private static readonly Safetensors Golden = new("data2vec.safetensors");

    [Theory]
    [InlineData("grad_study_beta1", 1, null, 2.3485590244480368)]
    [InlineData("grad_mse_beta0", 0, null, 5.960319203795399)]
    [InlineData("grad_beta0_5_scale0_3", 0.5, 0.3, 3.6443774357979186)]
    public void Loss_GoldenMask_IsTheGoldenLossAndItsGradient(string gradient, double beta, double? scale, double loss)
    {
        using var scope = NewDisposeScope();
        var predicted = Golden["pred"].requires_grad_();
        var places = Golden["mask"].flatten().nonzero().flatten();
        Tensor At(Tensor features) => features.flatten(0, 1).index_select(0, places);
        var actual = Data2Vec.Loss(At(predicted), At(Golden["targets_layernorm"]), new Data2VecOptions { Beta = beta, Scale = scale });
        actual.backward();
        Assert.Equal(loss, actual.ToDouble(), Tolerance);
        Close.Assert(Golden[gradient], predicted.grad!, Tolerance);
    }

    [Theory]
    [InlineData("targets_layernorm", false, true)]
    [InlineData("targets_instancenorm", true, false)]
    [InlineData("targets_both", true, true)]
    [InlineData("targets_none", false, false)]
    public void Targets_GoldenLayers_AreTheGoldenTargets(string name, bool overTime, bool overWidth)
    {
        using var scope = NewDisposeScope();
        var options = new TargetOptions { NormaliseOverTime = overTime, NormaliseOverWidth = overWidth };
        Tensor[] taps = [Golden["layer_a"].transpose(1, 2), Golden["layer_b"].transpose(1, 2)];
        Close.Assert(Golden[name], TeacherTargets.Of(taps, options), Tolerance);
    }

    [Fact]
    public void Targets_LastBlockAlone_AreTheGoldenTargets()
    {
        using var scope = NewDisposeScope();
        Close.Assert(Golden["targets_top1_layernorm"], TeacherTargets.Of([Golden["layer_b"].transpose(1, 2)], new()), Tolerance);
    }

    [Fact]
    public void Loss_NothingHidden_IsZeroWithAGradient()
    {
        using var scope = NewDisposeScope();
        var predicted = zeros([5, 16]).requires_grad_();
        var loss = Data2Vec.Loss(predicted.index_select(0, empty([0], int64)), zeros(0, 16), new());
        loss.backward();
        Assert.Equal(0, loss.ToDouble());
        Assert.Equal(0, predicted.grad!.abs().sum().ToDouble());
    }
}
