using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>A stack of <see cref="S4Block"/>: float[batch, tokens, width] to float[batch, tokens, width].</summary>
/// <remarks>Checkpoint keys: blocks.N.layer.*, blocks.N.norm.*.</remarks>
public sealed class S4Backbone : Backbone
{
    // Of the stream, of which a step touches some eight copies at a time: sixteen crops at the study's size.
    private const long ShareBytes = 10 << 20;

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
        var all = InShares(tokens, share =>
        {
            var (stream, taps) = (share, new List<Tensor?>());
            foreach (var block in _blocks)
            {
                var (output, tap) = block.Run(stream, wantTap: taps.Count >= _blocks.Count - 2);
                stream = output;
                taps.Add(tap);
            }

            return [stream, .. taps.TakeLast(2).Select(tap => tap!)];
        });
        return (all[0].MoveToOuterDisposeScope(), [.. all.Skip(1).Select(tap => tap.MoveToOuterDisposeScope())]);
    }

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return InShares(tokens, share => [_blocks.Aggregate(share, (stream, block) => block.forward(stream))])[0].MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _blocks.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// All blocks for some of the crops, then for the next: nothing here knows more than one crop, and what a block leaves is still in the
    /// processor's cache when the next one reads it. On a GPU all at once.
    /// </summary>
    private static Tensor[] InShares(Tensor tokens, Func<Tensor, Tensor[]> run)
    {
        var (crops, crop) = (tokens.shape[0], tokens.shape[1] * tokens.shape[2] * sizeof(float));
        var shares = tokens.device_type == DeviceType.CPU ? Math.Min(crops, 1 + (crops * crop - 1) / ShareBytes) : 1;
        if (shares <= 1) return run(tokens);
        var parts = tokens.split((crops + shares - 1) / shares).Select(run).ToList();
        return [.. parts[0].Select((_, index) => ChannelFirst.ToTokens(cat([.. parts.Select(part => ChannelFirst.From(part[index]))], 1)))];
    }
}
