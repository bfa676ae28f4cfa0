using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>Attention, then a feed-forward of two maps around GELU, both on a residual stream: float[batch, tokens, width].</summary>
/// <remarks>Keys: attention.*, expand.{weight, bias}, contract.{weight, bias}, norm1.{weight, bias}, norm2.{weight, bias}.</remarks>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor>, IDrawnLayer
{
    [ComponentName(Name = "attention")]
    private readonly SelfAttention _attention;

    [ComponentName(Name = "expand")]
    private readonly Linear _expand;

    [ComponentName(Name = "contract")]
    private readonly Linear _contract;

    [ComponentName(Name = "norm1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "norm2")]
    private readonly LayerNorm _norm2;

    private readonly TransformerOptions _options;

    public TransformerBlock(int width, bool causal, TransformerOptions options)
        : base(nameof(TransformerBlock))
    {
        _options = options;
        _attention = new SelfAttention(width, causal, options);
        _expand = nn.Linear(width, options.FeedForwardFactor * width);
        _contract = nn.Linear(options.FeedForwardFactor * width, width);
        _norm1 = nn.LayerNorm(width);
        _norm2 = nn.LayerNorm(width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Run(input).Output.MoveToOuterDisposeScope();
    }

    /// <returns>The block's output and its feed-forward's, before the residual; each float[batch, tokens, width], owned by the caller.</returns>
    public (Tensor Output, Tensor Tap) Run(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor output, tap;
        if (_options.NormOrder == NormOrder.Before)
        {
            var middle = input + Drop(_attention.forward(_norm1.forward(input)));
            tap = FeedForward(_norm2.forward(middle));
            output = middle + Drop(tap);
        }
        else
        {
            var middle = _norm1.forward(input + Drop(_attention.forward(input)));
            tap = FeedForward(middle);
            output = _norm2.forward(middle + Drop(tap));
        }

        return (output.MoveToOuterDisposeScope(), tap.MoveToOuterDisposeScope());
    }

    /// <summary>Linear maps uniform in ±√(6 / (in + out)) with biases 0; norms keep 1 and 0.</summary>
    /// <remarks>Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010, equation 16.</remarks>
    void IDrawnLayer.Draw(ulong key)
    {
        using var noGradient = no_grad();
        foreach (var (name, parameter) in named_parameters())
        {
            if (parameter.dim() == 2)
            {
                var bound = Math.Sqrt(6.0 / (parameter.shape[0] + parameter.shape[1]));
                using var start = Initialisation.Uniform(parameter.shape, bound, KeyedRandom.Combine(key, KeyedRandom.KeyOf(name)));
                parameter.copy_(start);
            }
            else if (name.EndsWith("bias", StringComparison.Ordinal))
            {
                parameter.zero_();
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var part in (nn.Module[])[_attention, _expand, _contract, _norm1, _norm2]) part.Dispose();
        }

        base.Dispose(disposing);
    }

    private Tensor FeedForward(Tensor tokens) => _contract.forward(Drop(nn.functional.gelu(_expand.forward(tokens))));

    private Tensor Drop(Tensor tokens) => nn.functional.dropout(tokens, _options.Dropout, training);
}
