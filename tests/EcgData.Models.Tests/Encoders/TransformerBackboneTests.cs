using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>Against golden/transformer_*.json: the study's own code, reduced.</summary>
public sealed class TransformerBackboneTests
{
    public static TheoryData<string, PositionCode, NormOrder, bool> Fixtures => new()
    {
        { "transformer_rope_prenorm", PositionCode.Rotary, NormOrder.Before, false },
        { "transformer_rope_causal", PositionCode.Rotary, NormOrder.Before, true },
        { "transformer_sin_postnorm", PositionCode.Sinusoidal, NormOrder.After, false },
    };

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void ForwardAndBackward_Double_AreTheGoldenValues(string file, PositionCode positions, NormOrder order, bool causal) =>
        Compare(file, positions, order, causal, float64, 1e-10);

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void ForwardAndBackward_Single_AreTheGoldenValues(string file, PositionCode positions, NormOrder order, bool causal) =>
        Compare(file, positions, order, causal, float32, 1e-5);

    private static void Compare(string file, PositionCode positions, NormOrder order, bool causal, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var golden = new Safetensors(file + ".safetensors");
        var options = new TransformerOptions
        {
            Layers = 2,
            Heads = 4,
            FeedForwardFactor = 2,
            NormOrder = order,
            PositionCode = positions,
        };
        using var backbone = new TransformerBackbone(32, causal, options);
        foreach (var (name, value) in backbone.state_dict())
        {
            using var noGradient = no_grad();
            value.copy_(golden["p_" + GoldenName(name)]);
        }

        backbone.to(type);   // makes new tensors: look the state up afterwards
        var state = backbone.state_dict();
        backbone.eval();
        Tensor Parameter(string name) => golden[name].to(type).requires_grad_();
        var (input, weight, bias) = (Parameter("x"), Parameter("p_encoder/weight"), Parameter("p_encoder/bias"));
        var output = backbone.forward(nn.functional.linear(input, weight, bias));
        Close.Assert(golden["y"], output, tolerance, "output");
        (output * golden["g"].to(type)).sum().backward();
        Close.Assert(golden["grad_x"], input.grad!, tolerance, "input");
        Close.Assert(golden["grad_layers_0_attn_q_proj_weight"], state["blocks.0.attention.query.weight"].grad!, tolerance, "query");
        Close.Assert(golden["grad_layers_1_ff_linear1_weight"], state["blocks.1.expand.weight"].grad!, tolerance, "expand");
    }

    private static string GoldenName(string name) => name
        .Replace("blocks.", "layers.", StringComparison.Ordinal).Replace("attention.", "attn.", StringComparison.Ordinal)
        .Replace("query", "q_proj", StringComparison.Ordinal).Replace("key", "k_proj", StringComparison.Ordinal)
        .Replace("value", "v_proj", StringComparison.Ordinal).Replace("attn.out.", "attn.out_proj.", StringComparison.Ordinal)
        .Replace("expand", "ff.linear1", StringComparison.Ordinal).Replace("contract", "ff.linear2", StringComparison.Ordinal)
        .Replace('.', '/') switch
    {
        "norm/weight" => "final_norm/weight",
        "norm/bias" => "final_norm/bias",
        var other => other,
    };
}
