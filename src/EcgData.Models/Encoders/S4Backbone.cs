using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>A stack of <see cref="S4Block"/>: float[batch, tokens, width] to float[batch, tokens, width].</summary>
/// <remarks>Checkpoint keys: blocks.N.layer.*, blocks.N.norm.*.</remarks>
public sealed class S4Backbone : Backbone
{
    [ComponentName(Name = "blocks")]
    private readonly ModuleList<S4Block> _blocks = [];

    private readonly S4LayerOptions _options;

    public S4Backbone(S4LayerOptions options)
        : base(nameof(S4Backbone))
    {
        _options = options;
        for (var i = 0; i < options.S4.Layers; i++) _blocks.append(new S4Block(options));
        RegisterComponents();
    }

    public override int Width => _options.Width;

    public override bool IsCausal => _options.Causal;

    internal IReadOnlyList<S4Block> Blocks => [.. _blocks];

    /// <summary>The taps are the outputs of the last two S4 layers, before dropout, residual and norm.</summary>
    public override (Tensor Output, Tensor[] Taps) ForwardWithTaps(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var (stream, taps) = (tokens, new List<Tensor?>());
        foreach (var block in _blocks)
        {
            var (output, tap) = block.Run(stream, wantTap: taps.Count >= _blocks.Count - 2);
            stream = output;
            taps.Add(tap);
        }

        return (stream.MoveToOuterDisposeScope(), [.. taps.TakeLast(2).Select(tap => tap!.MoveToOuterDisposeScope())]);
    }

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var stream = tokens;
        foreach (var block in _blocks) stream = block.forward(stream);
        return stream.MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _blocks.Dispose();
        base.Dispose(disposing);
    }
}
