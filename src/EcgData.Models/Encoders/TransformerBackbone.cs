using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>A stack of <see cref="TransformerBlock"/>: float[batch, tokens, width] to float[batch, tokens, width].</summary>
/// <remarks>Checkpoint keys: blocks.N.*, and with norms before the parts norm.{weight, bias}. Nothing of the positions is stored.</remarks>
public sealed class TransformerBackbone : Backbone
{
    [ComponentName(Name = "blocks")]
    private readonly ModuleList<TransformerBlock> _blocks = [];

    [ComponentName(Name = "norm")]
    private readonly LayerNorm? _norm;

    private readonly PositionTables? _positions;

    public TransformerBackbone(int width, bool causal, TransformerOptions options)
        : base(nameof(TransformerBackbone))
    {
        (Width, IsCausal) = (width, causal);
        for (var i = 0; i < options.Layers; i++) _blocks.append(new TransformerBlock(width, causal, options));
        if (options.NormOrder == NormOrder.Before) _norm = nn.LayerNorm(width);
        if (options.PositionCode == PositionCode.Sinusoidal) _positions = new PositionTables(width / 2);
        RegisterComponents();
    }

    public override int Width { get; }

    public override bool IsCausal { get; }

    /// <summary>The taps are the outputs of the last two blocks' feed-forward parts, before dropout and residual.</summary>
    public override (Tensor Output, Tensor[] Taps) ForwardWithTaps(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (stream, taps) = (Place(tokens.contiguous()), new List<Tensor>());
        foreach (var block in _blocks)
        {
            var (output, tap) = block.Run(stream);
            stream = output;
            taps.Add(tap);
        }

        if (_norm is not null) stream = _norm.forward(stream);
        return (stream.MoveToOuterDisposeScope(), [.. taps.TakeLast(2).Select(tap => tap.MoveToOuterDisposeScope())]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _blocks.Dispose();
            _norm?.Dispose();
            _positions?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Adds sin(t f_i) to entry 2i and cos(t f_i) to entry 2i + 1.</summary>
    private Tensor Place(Tensor tokens)
    {
        if (_positions is null) return tokens;
        var (cosine, sine) = _positions.Of(tokens.shape[1], tokens);
        return tokens + stack([sine, cosine], -1).flatten(1);
    }
}
