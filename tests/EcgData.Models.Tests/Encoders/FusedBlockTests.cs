using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>The passes of Fused/ against the same block of Torch's own operations, whose gradients Torch derives.</summary>
public sealed class FusedBlockTests
{
    [Theory]
    [InlineData(true, 8, 5, 70, DropoutPattern.Channel)]
    [InlineData(false, 8, 6, 300, DropoutPattern.Channel)]
    [InlineData(false, 64, 3, 129, DropoutPattern.Element)]
    [InlineData(true, 8, 1, 3, DropoutPattern.Element)]
    [InlineData(false, 8, 9, 1, DropoutPattern.Channel)]
    public void ForwardAndBackward_WithDropout_AreTorchsOwn(bool causal, int stateSize, int batch, int tokens, DropoutPattern pattern)
    {
        const int Width = 24;
        using var scope = NewDisposeScope();
        using var block = new S4Block(new S4LayerOptions
        {
            Width = Width,
            Tokens = 90,
            Causal = causal,
            S4 = new() { StateSize = stateSize, DropoutPattern = pattern },
        });
        Initialisation.Draw(block, seed: 8);
        using (no_grad())
        {
            block.state_dict()["norm.weight"].uniform_(0.5, 1.5);
            block.state_dict()["norm.bias"].uniform_(-1, 1);
        }

        var maskTokens = pattern == DropoutPattern.Channel ? 1 : tokens;
        Tensor Mask(ulong key) => Initialisation.Uniform([Width, batch, maskTokens], 1, key).gt(-0.6).to(float32) / 0.8;
        var (inner, outer) = (Mask(1), Mask(2));
        var (input, cotangent) = (Initialisation.Normal([Width, batch, tokens], 1, 5), Initialisation.Normal([Width, batch, tokens], 1, 6));
        var fused = Gradients(block, input, cotangent, channels => block.RunFused(channels, inner, outer, wantTap: false).Output);
        var composed = Gradients(block, input, cotangent, channels => block.RunComposed(channels, inner, outer).Output);
        foreach (var (name, expected) in composed) Close.Assert(expected, fused[name], 3e-5, name);
    }

    [Fact]
    public void Forward_WithoutGradient_IsTheSameAndGivesTheTap()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var block = new S4Block(new S4LayerOptions { Width = 24, Tokens = 90 });
        Initialisation.Draw(block, seed: 8);
        var channels = Initialisation.Normal([24, 3, 90], 1, 5).to(float32);
        var (output, tap) = block.RunFused(channels, null, null, wantTap: true);
        var (expected, expectedTap) = block.RunComposed(channels, null, null);
        Close.Assert(expected, output, 1e-5, "output");
        Close.Assert(expectedTap!, tap!, 1e-5, "tap");
    }

    [Fact]
    public void Backward_TwiceOverAKeptGraph_AddsUp()
    {
        using var scope = NewDisposeScope();
        using var block = new S4Block(new S4LayerOptions { Width = 8, Tokens = 20, S4 = new() { Dropout = 0 } });
        Initialisation.Draw(block, seed: 8);
        var input = Initialisation.Normal([2, 20, 8], 1, 5).to(float32).requires_grad_();
        var sum = block.forward(input).square().sum();
        autograd.backward([sum], retain_graph: true);
        var once = input.grad!.clone();
        autograd.backward([sum]);
        Close.AssertRelative(once * 2, input.grad!, 1e-6);
    }

    /// <summary>Which thread takes which channel differs from run to run; no sum crosses two of them.</summary>
    [Fact]
    public void ForwardAndBackward_Again_AreTheSameBits()
    {
        using var scope = NewDisposeScope();
        using var block = new S4Block(new S4LayerOptions { Width = 16, Tokens = 70 });
        Initialisation.Draw(block, seed: 8);
        block.eval();
        var (input, cotangent) = (Initialisation.Normal([16, 5, 70], 1, 5), Initialisation.Normal([16, 5, 70], 1, 6));
        Dictionary<string, Tensor> Run() => Gradients(block, input, cotangent, channels => block.RunFused(channels, null, null, wantTap: false).Output);
        var (first, second) = (Run(), Run());
        foreach (var (name, value) in first) Assert.True(value.Equals(second[name]), name);
    }

    private static Dictionary<string, Tensor> Gradients(S4Block block, Tensor input, Tensor cotangent, Func<Tensor, Tensor> run)
    {
        var channels = input.to(float32).requires_grad_();
        foreach (var parameter in block.parameters()) parameter.grad?.zero_();
        var output = run(channels);
        (output * cotangent.to(float32)).sum().backward();
        var results = new Dictionary<string, Tensor> { ["output"] = output.detach().clone(), ["input"] = channels.grad!.clone() };
        foreach (var (name, parameter) in block.named_parameters()) results[name] = parameter.grad!.clone();
        return results;
    }
}
