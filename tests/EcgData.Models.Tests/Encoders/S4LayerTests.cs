using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>Against golden/layer_*.json: one layer of the study's own code, forward and backward.</summary>
public sealed class S4LayerTests
{
    [Theory]
    [InlineData("causal", ScalarType.Float64, 1e-9, 1e-9)]
    [InlineData("causal", ScalarType.Float32, 1e-5, 1e-4)]
    [InlineData("bidirectional", ScalarType.Float64, 1e-9, 1e-9)]
    [InlineData("bidirectional", ScalarType.Float32, 1e-5, 1e-4)]
    public void ForwardAndBackward_GoldenWeights_AreTheGoldenValues(string direction, ScalarType type, double tolerance, double gradients)
    {
        using var scope = NewDisposeScope();
        var golden = new Safetensors($"layer_{direction}.safetensors");
        using var layer = Layer(golden, direction == "causal", type);
        Close.AssertRelative(golden["K"], layer.Kernel(300).transpose(0, 1), tolerance, "kernel");

        var input = golden["u"].to(type).requires_grad_();
        var output = layer.forward(input.transpose(1, 2)).transpose(1, 2);   // [batch, width, tokens], as the golden file has it
        Close.AssertRelative(golden["y"], output, tolerance, "output");
        (output * golden["g"].to(type)).sum().backward();

        var state = layer.state_dict();
        Close.AssertRelative(golden["grad_u"], input.grad!, gradients, "input");
        Close.AssertRelative(golden["grad_C"], state["C"].grad!, gradients, "C");
        Close.AssertRelative(golden["grad_D"], state["D"].grad!, gradients, "D");
        Close.AssertRelative(golden["grad_W_out"], state["linear.weight"].grad!, gradients, "weight");
        Close.AssertRelative(golden["grad_b_out"].squeeze(1), state["linear.bias"].grad!, gradients, "bias");
    }

    [Theory]
    [InlineData(true, 8)]
    [InlineData(false, 8)]
    [InlineData(false, 64)]
    public void Forward_AgainstTheDirectSum_IsEqual(bool causal, int stateSize)
    {
        const int Tokens = 21;
        using var scope = NewDisposeScope();
        using var layer = new S4Layer(new S4LayerOptions { Width = 3, Tokens = 40, Causal = causal, S4 = new() { StateSize = stateSize } });
        Initialisation.Draw(layer, seed: 3);
        layer.to(float64);
        var kernels = layer.Kernel(Tokens).detach();
        var input = Initialisation.Normal([3, 2, Tokens], 1, key: 4);
        var expected = zeros(input.shape, float64);
        for (var t = 0; t < Tokens; t++)
        {
            for (var j = 0; j < Tokens; j++)
            {
                if (j > t && causal) continue;
                var weight = j <= t ? kernels[.., 0, t - j] : kernels[.., 1, j - t - 1];
                expected[.., .., t] += weight.unsqueeze(1) * input[.., .., j];
            }
        }

        Close.AssertRelative(expected, LongConvolution.Apply(input, kernels, causal), 1e-12);
    }

    [Fact]
    public void StoredFor_OtherReferenceLength_KeepsTheKernel()
    {
        using var scope = NewDisposeScope();
        var options = new S4LayerOptions { Width = 8, Tokens = 300 };
        using var layer = new S4Layer(options);
        Initialisation.Draw(layer, seed: 7);
        layer.to(float64);
        using var other = new S4Layer(options with { Tokens = 220 });
        other.to(float64);
        var state = layer.state_dict();
        using (no_grad())
        {
            foreach (var (name, value) in other.state_dict()) value.copy_(name == "C" ? layer.StoredFor(220) : state[name]);
        }

        Close.AssertRelative(layer.Kernel(250), other.Kernel(250), 1e-9);
    }

    [Fact]
    public void Kernel_WeightsWrittenInPlace_FollowsThem()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var layer = new S4Layer(new S4LayerOptions { Width = 4, Tokens = 50 });
        Initialisation.Draw(layer, seed: 1);
        layer.eval();
        var first = layer.Kernel(50).clone();
        Close.AssertRelative(first, layer.Kernel(50), 0);
        layer.state_dict()["C"].mul_(2);
        Close.AssertRelative(first * 2, layer.Kernel(50), 1e-6);
        layer.state_dict()["log_dt"].add_(0.5);
        Assert.False(allclose(first * 2, layer.Kernel(50)));
    }

    private static S4Layer Layer(Safetensors golden, bool causal, ScalarType type)
    {
        var layer = new S4Layer(new S4LayerOptions { Width = 16, Causal = causal, S4 = new() { Dropout = 0 } });
        var state = layer.state_dict();
        using (no_grad())
        {
            foreach (var name in (string[])["log_dt", "w", "B", "P", "Q", "C", "D"]) state[name].copy_(golden[name]);
            state["linear.weight"].copy_(golden["W_out"]);
            state["linear.bias"].copy_(golden["b_out"].squeeze(1));
        }

        return (S4Layer)layer.to(type);
    }
}
