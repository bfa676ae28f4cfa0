using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>Against golden/s4model_2layer_*.json: two blocks of the study's own code between two linear maps.</summary>
public sealed class S4BackboneTests
{
    [Theory]
    [InlineData("causal", ScalarType.Float64, 1e-9, 1e-9)]
    [InlineData("causal", ScalarType.Float32, 1e-5, 1e-4)]
    [InlineData("bidirectional", ScalarType.Float64, 1e-9, 1e-9)]
    [InlineData("bidirectional", ScalarType.Float32, 1e-5, 1e-4)]
    public void ForwardAndBackward_GoldenWeights_AreTheGoldenValues(string direction, ScalarType type, double tolerance, double gradients)
    {
        using var scope = NewDisposeScope();
        var golden = new Safetensors($"s4model_2layer_{direction}.safetensors");
        using var backbone = Backbone(golden, direction == "causal", type);
        Tensor Parameter(string name) => golden[name].to(type).requires_grad_();
        var (encode, encodeBias, decode, decodeBias) =
            (Parameter("enc_weight"), Parameter("enc_bias"), Parameter("dec_weight"), Parameter("dec_bias"));
        var input = Parameter("x");

        var tokens = nn.functional.linear(input, encode, encodeBias);
        var (output, taps) = backbone.ForwardWithTaps(tokens);
        Close.AssertRelative(golden["layer0_out"].transpose(1, 2), taps[0], tolerance, "tap 0");
        Close.AssertRelative(golden["layer1_out"].transpose(1, 2), taps[1], tolerance, "tap 1");
        Close.AssertRelative(golden["norm1_out"], output, tolerance, "output");
        Close.AssertRelative(golden["norm1_out"], backbone.forward(tokens), tolerance, "output without taps");
        var decoded = nn.functional.linear(backbone.forward(tokens), decode, decodeBias);
        Close.AssertRelative(golden["y"], decoded, tolerance, "y");
        (decoded * golden["g"].to(type)).sum().backward();

        Close.AssertRelative(golden["grad_x"], input.grad!, gradients, "x");
        Close.AssertRelative(golden["grad_enc_weight"], encode.grad!, gradients, "encoder weight");
        Close.AssertRelative(golden["grad_enc_bias"], encodeBias.grad!, gradients, "encoder bias");
        Close.AssertRelative(golden["grad_dec_weight"], decode.grad!, gradients, "decoder weight");
        Close.AssertRelative(golden["grad_dec_bias"], decodeBias.grad!, gradients, "decoder bias");
        var state = backbone.state_dict();
        for (var i = 0; i < 2; i++)
        {
            Close.AssertRelative(golden[$"grad_layer{i}_C"], state[$"blocks.{i}.layer.C"].grad!, gradients, $"C {i}");
            Close.AssertRelative(golden[$"grad_layer{i}_D"], state[$"blocks.{i}.layer.D"].grad!, gradients, $"D {i}");
            Close.AssertRelative(golden[$"grad_layer{i}_W_out"], state[$"blocks.{i}.layer.linear.weight"].grad!, gradients, $"weight {i}");
            Close.AssertRelative(golden[$"grad_layer{i}_b_out"].squeeze(1), state[$"blocks.{i}.layer.linear.bias"].grad!, gradients, $"bias {i}");
            Close.AssertRelative(golden[$"grad_norm{i}_weight"], state[$"blocks.{i}.norm.weight"].grad!, gradients, $"norm weight {i}");
            Close.AssertRelative(golden[$"grad_norm{i}_bias"], state[$"blocks.{i}.norm.bias"].grad!, gradients, $"norm bias {i}");
        }
    }

    /// <summary>So many crops that they go through the blocks in shares are what fewer are.</summary>
    [Fact]
    public void ForwardAndBackward_ManyCrops_AreThoseOfFew()
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        using var backbone = new S4Backbone(new S4LayerOptions { Width = 64, Causal = true, S4 = new() { Layers = 2, Dropout = 0 } });
        var tokens = randn(210, 300, 64, generator: new Generator(5));
        (Tensor Output, Tensor Taps, Tensor Input, Tensor Kernel) Run(int crops)
        {
            backbone.zero_grad();
            var input = tokens.detach().clone().requires_grad_();
            var outputs = input.split(crops).Select(backbone.forward).ToArray();
            var output = cat(outputs, 0);
            output.square().sum().backward();
            using var noGradient = no_grad();
            var taps = tokens.split(crops).Select(part => cat(backbone.ForwardWithTaps(part).Taps, 2)).ToArray();
            return (output.detach(), cat(taps, 0), input.grad!, backbone.state_dict()["blocks.0.layer.C"].grad!.clone());
        }

        var (few, many) = (Run(crops: 10), Run(crops: 210));
        Close.AssertRelative(few.Output, many.Output, 1e-5, "output");
        Close.AssertRelative(few.Taps, many.Taps, 1e-5, "taps");
        Close.AssertRelative(few.Input, many.Input, 1e-4, "input's gradient");
        Close.AssertRelative(few.Kernel, many.Kernel, 1e-4, "C's gradient");
    }

    private static S4Backbone Backbone(Safetensors golden, bool causal, ScalarType type)
    {
        var backbone = new S4Backbone(new S4LayerOptions { Width = 16, Causal = causal, S4 = new() { Layers = 2, Dropout = 0 } });
        var state = backbone.state_dict();
        using (no_grad())
        {
            for (var i = 0; i < 2; i++)
            {
                foreach (var name in (string[])["log_dt", "w", "B", "P", "Q", "C", "D"])
                {
                    state[$"blocks.{i}.layer.{name}"].copy_(golden[$"layer{i}_{name}"]);
                }

                state[$"blocks.{i}.layer.linear.weight"].copy_(golden[$"layer{i}_W_out"]);
                state[$"blocks.{i}.layer.linear.bias"].copy_(golden[$"layer{i}_b_out"].squeeze(1));
                state[$"blocks.{i}.norm.weight"].copy_(golden[$"norm{i}_weight"]);
                state[$"blocks.{i}.norm.bias"].copy_(golden[$"norm{i}_bias"]);
            }
        }

        return (S4Backbone)backbone.to(type);
    }
}
