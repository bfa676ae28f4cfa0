using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>A made-up state under the published names, put together from golden layers whose outputs are known.</summary>
public sealed class PublishedWeightsTests
{
    private const string Predictor = "ts_encoder.predictor.predictor.";

    [Fact]
    public void Import_GoldenLayers_GivesTheGoldenOutputs()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var golden = new Safetensors("s4model_2layer_causal.safetensors");
        using var encoder = Encoder();
        PublishedWeights.Import(Published(golden), encoder);
        encoder.eval();

        var tokens = nn.functional.linear(golden["x"], golden["enc_weight"], golden["enc_bias"]).to(float32);
        Close.AssertRelative(golden["norm1_out"], encoder.Backbone.forward(tokens), 1e-5);
        var stem = new Safetensors("stem.safetensors");
        Close.Assert(stem["y_eval"], encoder.Stem.forward(stem["x"].to(float32)), 1e-5);
    }

    [Fact]
    public void Export_AfterImport_GivesTheSameBack()
    {
        using var scope = NewDisposeScope();
        using var encoder = Encoder();
        var published = Published(new Safetensors("s4model_2layer_causal.safetensors"));
        PublishedWeights.Import(published, encoder);
        var exported = PublishedWeights.Export(encoder);
        foreach (var (name, value) in published.Where(item => !item.Key.Contains("head_ssl", StringComparison.Ordinal) && !item.Key.EndsWith(".z", StringComparison.Ordinal)))
        {
            Assert.Equal(value.shape, exported[name].shape);
            Close.AssertRelative(value, exported[name], 1e-7, name);
        }
    }

    [Theory]
    [InlineData("missing", "'ts_encoder.predictor.predictor.s4_layers.1.kernel.kernel.C' is missing")]
    [InlineData("unknown", "'ts_encoder.predictor.predictor.s4_layers.7.D' has no counterpart")]
    [InlineData("shape", "has shape [1, 99]; expected is [1, 16]")]
    public void Import_WrongState_SaysWhereAndLeavesTheEncoder(string damage, string expected)
    {
        using var scope = NewDisposeScope();
        using var encoder = Encoder();
        var published = Published(new Safetensors("s4model_2layer_causal.safetensors"));
        if (damage == "missing") published.Remove(Predictor + "s4_layers.1.kernel.kernel.C");
        if (damage == "unknown") published[Predictor + "s4_layers.7.D"] = zeros(1, 16);
        if (damage == "shape") published[Predictor + "s4_layers.1.D"] = zeros(1, 99);
        var before = encoder.state_dict()["backbone.blocks.0.layer.C"].clone();
        var refusal = Assert.Throws<InvalidDataException>(() => PublishedWeights.Import(published, encoder));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.True(before.Equals(encoder.state_dict()["backbone.blocks.0.layer.C"]));
    }

    [Fact]
    public void Import_OtherFamily_IsRefused()
    {
        using var encoder = Models.Encoders.Encoders.Create(new EncoderOptions { Family = EncoderFamily.Transformer, Width = 16 }, seed: 1);
        var refusal = Assert.Throws<InvalidDataException>(() => PublishedWeights.Import(new Dictionary<string, Tensor>(), encoder));
        Assert.Contains("expected is S4", refusal.Message, StringComparison.Ordinal);
    }

    private static Encoder Encoder() =>
        Models.Encoders.Encoders.Create(new EncoderOptions { Width = 16, Causal = true, S4 = new() { Layers = 2, Dropout = 0 } }, seed: 3);

    private static Dictionary<string, Tensor> Published(Safetensors golden)
    {
        var stem = new Safetensors("stem.safetensors");
        var published = new Dictionary<string, Tensor>
        {
            ["ts_encoder.head_ssl.weight"] = zeros(3),
            [Predictor + "s4_layers.0.kernel.kernel.z"] = zeros(151, 2),
        };
        for (var i = 0; i < 4; i++)
        {
            published[$"ts_encoder.encoder.layers.{i}.0.weight"] = stem[$"conv{i}_weight"];
            foreach (var name in (string[])["weight", "bias", "running_mean", "running_var"])
            {
                published[$"ts_encoder.encoder.layers.{i}.1.{name}"] = stem[$"bn{i}_{name}"];
            }
        }

        for (var i = 0; i < 2; i++)
        {
            published[$"{Predictor}s4_layers.{i}.D"] = golden[$"layer{i}_D"];
            foreach (var name in (string[])["C", "log_dt", "B", "P", "w", "Q"])
            {
                published[$"{Predictor}s4_layers.{i}.kernel.kernel.{name}"] = golden[$"layer{i}_{name}"];
            }

            published[$"{Predictor}s4_layers.{i}.output_linear.0.weight"] = golden[$"layer{i}_W_out"];
            published[$"{Predictor}s4_layers.{i}.output_linear.0.bias"] = golden[$"layer{i}_b_out"];
            published[$"{Predictor}norms.{i}.weight"] = golden[$"norm{i}_weight"];
            published[$"{Predictor}norms.{i}.bias"] = golden[$"norm{i}_bias"];
        }

        return published;
    }
}
