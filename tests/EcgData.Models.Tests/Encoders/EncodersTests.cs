using System.Text.Json;
using System.Text.Json.Serialization;
using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>What holds for every family; the numbers of parameters are the study's, section 3.6.</summary>
public sealed class EncodersTests
{
    public static TheoryData<EncoderFamily, bool> Families => new()
    {
        { EncoderFamily.S4, false },
        { EncoderFamily.S4, true },
        { EncoderFamily.Transformer, false },
        { EncoderFamily.Transformer, true },
        { EncoderFamily.Net1d, false },
        { EncoderFamily.Net1d, true },
    };

    [Theory]
    [InlineData(EncoderFamily.S4, true, 2_123_776)]
    [InlineData(EncoderFamily.S4, false, 2_140_160)]
    [InlineData(EncoderFamily.Transformer, false, 18_915_328)]
    [InlineData(EncoderFamily.Net1d, true, 9_678_464)]
    public void Create_StudySizes_HaveTheStudysParameters(EncoderFamily family, bool causal, long expected)
    {
        using var encoder = Models.Encoders.Encoders.Create(new EncoderOptions { Family = family, Causal = causal }, seed: 1);
        Assert.Equal(expected, encoder.Backbone.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal(808_960 + expected, encoder.parameters().Sum(parameter => parameter.numel()));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Create_SameSeed_SameWeightsAndAnotherSeedOthers(EncoderFamily family, bool causal)
    {
        using var scope = NewDisposeScope();
        using var one = Small(family, causal, seed: 1);
        using var again = Small(family, causal, seed: 1);
        using var other = Small(family, causal, seed: 2);
        var (same, different) = (again.state_dict(), other.state_dict());
        Assert.Contains(one.state_dict(), item => !item.Value.Equals(different[item.Key]));
        foreach (var (name, value) in one.state_dict()) Assert.True(value.Equals(same[name]), name);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Forward_EvaluationMode_HasTheShapeAndIsTheSameTwice(EncoderFamily family, bool causal)
    {
        using var scope = NewDisposeScope();
        using var encoder = Small(family, causal);
        encoder.eval();
        var millivolt = Crops(3);
        var tokens = encoder.forward(millivolt);
        Assert.Equal([3, 50, 32], tokens.shape);
        Assert.True(tokens.Equals(encoder.forward(millivolt)));
        var (output, taps) = encoder.Backbone.ForwardWithTaps(encoder.Stem.forward(millivolt));
        Close.Assert(tokens, output, 1e-5);
        Assert.Equal(2, taps.Length);
        Assert.All(taps, tap => Assert.Equal([3, 50, 32], tap.shape));
        Assert.Equal(causal, encoder.Backbone.IsCausal);
        Assert.Equal(32, encoder.Width);
    }

    /// <summary>The stem sees one sample ahead, so a change from sample 2t + 2 on may reach tokens from t + 1 on.</summary>
    [Theory]
    [MemberData(nameof(Families))]
    public void Forward_LaterSamplesChanged_LeavesEarlierTokensOfACausalEncoder(EncoderFamily family, bool causal)
    {
        const int Token = 30;
        using var scope = NewDisposeScope();
        using var encoder = Small(family, causal);
        encoder.eval();
        var millivolt = Crops(2);
        var changed = millivolt.clone();
        changed[.., .., (2 * Token + 2)..].add_(1);
        var (before, after) = (encoder.forward(millivolt), encoder.forward(changed));
        var early = (before - after).narrow(1, 0, Token + 1).abs().max().item<float>();
        var late = (before - after).narrow(1, Token + 1, 49 - Token).abs().max().item<float>();
        Assert.True(late > 1e-3, $"later tokens differ by {late:g3} only");
        Assert.Equal(causal, early < 1e-6);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Backward_TrainingMode_ReachesEveryParameter(EncoderFamily family, bool causal)
    {
        using var scope = NewDisposeScope();
        using var encoder = Small(family, causal);
        encoder.forward(Crops(2)).square().sum().backward();
        foreach (var (name, parameter) in encoder.named_parameters())
        {
            Assert.True(parameter.grad is not null && parameter.grad.abs().max().item<float>() > 0, name);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ForwardAndBackward_ManyTimes_LeavesNoTensorBehind(EncoderFamily family, bool causal)
    {
        using var encoder = Small(family, causal);
        using var millivolt = Crops(2);
        void Step()
        {
            using var scope = NewDisposeScope();
            encoder.forward(millivolt).square().sum().backward();
            foreach (var parameter in encoder.parameters()) parameter.grad!.zero_();
        }

        void Look()
        {
            using var noGradient = no_grad();
            using var output = encoder.forward(millivolt);
        }

        Step();
        encoder.eval();
        Look();
        encoder.train();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 3; i++)
        {
            Step();
            encoder.eval();
            Look();
            encoder.train();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Create_ImpossibleSize_NamesTheOption()
    {
        var wrong = Assert.Throws<ArgumentException>(() => Models.Encoders.Encoders.Create(new EncoderOptions { Width = 0 }, 1));
        Assert.Contains("Width is 0", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EncoderOptions_ThroughJson_StayWhatTheyAre()
    {
        var settings = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
        var options = new EncoderOptions
        {
            Family = EncoderFamily.Net1d,
            Causal = true,
            S4 = new() { DropoutPattern = DropoutPattern.Element },
            Net1d = new() { StageDivisors = [4, 1], StageBlocks = [1, 1] },
        };
        var json = JsonSerializer.Serialize(options, settings);
        var read = JsonSerializer.Deserialize<EncoderOptions>(json, settings)!;
        Assert.Equal(json, JsonSerializer.Serialize(read, settings));
        Assert.Equal(EncoderFamily.Net1d, read.Family);
        Assert.Equal([4, 1], read.Net1d.StageDivisors);
        Assert.Equal([8, 4, 4, 2, 2, 1, 1], JsonSerializer.Deserialize<EncoderOptions>("{}", settings)!.Net1d.StageDivisors);
    }

    private static Encoder Small(EncoderFamily family, bool causal, ulong seed = 1) =>
        Models.Encoders.Encoders.Create(new EncoderOptions { Family = family, Causal = causal, Width = 32, Tokens = 50 }, seed);

    private static Tensor Crops(int batch) => Initialisation.Normal([batch, 12, 100], 1, key: 11).to(float32);
}
