using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

/// <summary>Against numbers of the published code (golden/jepa.json) at the tolerance stated there.</summary>
public sealed class JepaTests
{
    private const double Tolerance = 1e-10;

    private static readonly Safetensors Golden = new("jepa.safetensors");

    [Theory]
    [InlineData("grad_study_smooth_l1", 1, 0.7654923359759013)]
    [InlineData("grad_smooth_l1_beta0_5", 0.5, 0.9512087739704341)]
    [InlineData("grad_mse", 0, 2.1639205874381537)]
    public void Loss_OverlappingTargets_IsTheGoldenLossAndItsGradient(string gradient, double beta, double loss)
    {
        using var scope = NewDisposeScope();
        var predicted = Golden["pred"].requires_grad_();
        var times = Golden["masks_pred"].sum([1]).flatten();
        var places = times.nonzero().flatten();
        Tensor At(Tensor features) => features.flatten(0, 1).index_select(0, places);
        var actual = Jepa.Loss(At(predicted), At(Golden["targets"]), times.index_select(0, places), new JepaOptions { Beta = beta });
        actual.backward();
        Assert.Equal(loss, actual.ToDouble(), Tolerance);
        Close.Assert(Golden[gradient], predicted.grad!, Tolerance);
    }

    [Theory]
    [InlineData("targets", false, true)]
    [InlineData("targets_once", false, false)]
    [InlineData("targets_instancenorm_then_norm", true, true)]
    public void Target_GoldenTeacher_IsTheGoldenTarget(string name, bool overTime, bool again)
    {
        using var scope = NewDisposeScope();
        var options = new JepaOptions
        {
            NormaliseAgain = again,
            Targets = new() { NormaliseOverTime = overTime, NormaliseOverWidth = !overTime },
        };
        Close.Assert(Golden[name], Jepa.Target(Golden["teacher_out"], options), Tolerance);
    }
}
