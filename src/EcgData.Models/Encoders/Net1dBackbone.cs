using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>A convolution, then stages of <see cref="Net1dBlock"/>: float[batch, tokens, width] to float[batch, tokens, width].</summary>
/// <remarks>Hong et al., "Holmes", KDD 2020, whose network ECGFounder uses too. Keys: first.conv.*, norm.*, blocks.N.*.</remarks>
public sealed class Net1dBackbone : Backbone
{
    [ComponentName(Name = "first")]
    private readonly PaddedConvolution _first;

    [ComponentName(Name = "norm")]
    private readonly BatchNorm1d? _norm;

    [ComponentName(Name = "blocks")]
    private readonly ModuleList<Net1dBlock> _blocks = [];

    public Net1dBackbone(int width, bool causal, Net1dOptions options)
        : this(Net1dShape.Of(width, causal, options))
    {
    }

    internal Net1dBackbone(Net1dShape shape)
        : base(nameof(Net1dBackbone))
    {
        (Width, IsCausal) = (shape.StageWidths[^1], shape.Causal);
        _first = new PaddedConvolution(shape.InputWidth, shape.FirstWidth, shape.Kernel, stride: 1, groups: 1, shape.Causal);
        if (shape.Norm == BlockNorm.Batch) _norm = nn.BatchNorm1d(shape.FirstWidth);
        var width = shape.FirstWidth;
        foreach (var (to, blocks) in shape.StageWidths.Zip(shape.StageBlocks))
        {
            for (var block = 0; block < blocks; block++)
            {
                _blocks.append(new Net1dBlock(width, to, block == 0 ? shape.Stride : 1, isFirst: _blocks.Count == 0, shape));
                width = to;
            }
        }

        RegisterComponents();
    }

    public override int Width { get; }

    public override bool IsCausal { get; }

    internal IReadOnlyList<Net1dBlock> Blocks => [.. _blocks];

    /// <summary>The taps are what the last two blocks add to their inputs.</summary>
    public override (Tensor Output, Tensor[] Taps) ForwardWithTaps(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var stream = Start(tokens.transpose(1, 2));                    // [batch, width, tokens]
        var taps = new List<Tensor>();
        foreach (var block in _blocks)
        {
            var (output, tap) = block.Run(stream);
            stream = output;
            taps.Add(tap.transpose(1, 2));
        }

        return (stream.transpose(1, 2).MoveToOuterDisposeScope(), [.. taps.TakeLast(2).Select(tap => tap.MoveToOuterDisposeScope())]);
    }

    /// <param name="channels">float[batch, width, tokens].</param>
    internal Tensor Start(Tensor channels)
    {
        using var scope = NewDisposeScope();
        var first = _first.forward(channels);
        return nn.functional.silu(_norm is null ? first : _norm.forward(first)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _first.Dispose();
            _norm?.Dispose();
            _blocks.Dispose();
        }

        base.Dispose(disposing);
    }
}
