using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

public sealed class S4RecurrenceTests
{
    [Theory]
    [InlineData(ScalarType.Float64, 8, 1e-9)]
    [InlineData(ScalarType.Float64, 64, 1e-9)]
    [InlineData(ScalarType.Float32, 8, 1e-4)]
    public void Step_TokenByToken_IsTheConvolution(ScalarType type, int stateSize, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var backbone = Backbone(stateSize, causal: true);
        backbone.to(type);
        var tokens = Initialisation.Normal([2, 60, 16], 1, key: 9).to(type);
        using var recurrence = new S4Recurrence(backbone, batch: 2);
        var expected = backbone.forward(tokens);
        for (var again = 0; again < 2; again++)
        {
            var steps = Enumerable.Range(0, 60).Select(t => recurrence.Step(tokens.select(1, t))).ToArray();
            Close.Assert(expected, stack(steps, 1), tolerance);
            recurrence.Restart();
        }
    }

    [Fact]
    public void Constructor_Bidirectional_SaysWhatToDo()
    {
        using var backbone = Backbone(8, causal: false);
        var refusal = Assert.Throws<ArgumentException>(() => new S4Recurrence(backbone, 1));
        Assert.Contains("Causal = true", refusal.Message, StringComparison.Ordinal);
    }

    private static S4Backbone Backbone(int stateSize, bool causal)
    {
        var backbone = new S4Backbone(new S4LayerOptions { Width = 16, Tokens = 60, Causal = causal, S4 = new() { StateSize = stateSize, Layers = 2 } });
        Initialisation.Draw(backbone, seed: 4);
        backbone.eval();
        return backbone;
    }
}
