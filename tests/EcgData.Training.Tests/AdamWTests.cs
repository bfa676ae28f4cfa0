using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Training.Tests;

public sealed class AdamWTests
{
    /// <summary>Torch's own, over thirty steps in which the rate changes.</summary>
    [Fact]
    public void Step_TwoGroups_AreTorchsUpdates()
    {
        using var ours = Layer();
        using var theirs = Layer();
        using var optimiser = new AdamW([new("weight", 1e-2, [("w", ours.weight)]), new("bias", 1e-3, [("b", ours.bias!)])], weightDecay: 0.1);
        using var weights = optim.AdamW([theirs.weight], 1e-2, weight_decay: 0.1);
        using var biases = optim.AdamW([theirs.bias!], 1e-3, weight_decay: 0.1);
        for (var step = 0; step < 30; step++)
        {
            using var scope = NewDisposeScope();
            using var input = sin(arange(12) * (step + 1)).reshape(3, 4);
            var height = step < 15 ? 1 : 0.5;
            if (step == 15)
            {
                weights.ParamGroups.First().LearningRate = 1e-2 * height;
                biases.ParamGroups.First().LearningRate = 1e-3 * height;
            }

            optimiser.ClearGradients();
            ours.forward(input).square().sum().backward();
            optimiser.Step(height);
            weights.zero_grad();
            biases.zero_grad();
            theirs.forward(input).square().sum().backward();
            weights.step();
            biases.step();
        }

        Assert.True((ours.weight - theirs.weight!).abs().max().item<float>() < 1e-6);
        Assert.True((ours.bias! - theirs.bias!).abs().max().item<float>() < 1e-6);
    }

    /// <summary>Whether an earlier step had a gradient must not matter: a run that was just started again had none.</summary>
    [Fact]
    public void Step_ParameterWithoutGradient_StaysAsItIs()
    {
        using var layer = Layer();
        using var optimiser = new AdamW([new("all", 1e-2, [("w", layer.weight!), ("b", layer.bias!)])], weightDecay: 0.1);
        using (var input = ones(3, 4)) layer.forward(input).sum().backward();
        optimiser.Step(1);
        optimiser.ClearGradients();
        Assert.Null(layer.bias!.grad);
        using var before = layer.bias!.clone();
        layer.weight!.square().sum().backward();
        optimiser.Step(1);
        Assert.True(before.equal(layer.bias).all().item<bool>());
    }

    [Fact]
    public void Create_ParameterInTwoGroups_IsRefused()
    {
        using var layer = Layer();
        Assert.Throws<ArgumentException>(() => new AdamW([new("a", 1, [("w", layer.weight!)]), new("b", 1, [("w", layer.weight!)])], 0));
    }

    [Theory]
    [InlineData(0, 1 / 11.0)]
    [InlineData(9, 10 / 11.0)]
    [InlineData(10, 1)]
    [InlineData(60, 0.55)]     // half way from 1 to 0.1
    [InlineData(110, 0.1)]
    public void HeightAt_WarmUpThenCosine_IsWhatTheFormulaSays(long step, double expected) =>
        Assert.Equal(expected, RateSchedule.HeightAt(step, 110, new RateScheduleOptions { Shape = RateShape.Cosine, WarmUpSteps = 10, End = 0.1 }), 12);

    [Fact]
    public void HeightAt_Default_IsConstant() => Assert.Equal(1, RateSchedule.HeightAt(123, 1000, new RateScheduleOptions()));

    private static TorchSharp.Modules.Linear Layer()
    {
        var layer = nn.Linear(4, 2);
        using var noGradient = no_grad();
        using var start = arange(8).reshape(2, 4).to(float32).div_(10);
        layer.weight!.copy_(start);
        layer.bias!.fill_(0.5);
        return layer;
    }
}
