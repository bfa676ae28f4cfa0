using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>
/// A residual block of three convolutions, 1, kernel (in groups) and 1 taps wide, each behind a swish, and a gate of each channel by
/// its mean over time. float[batch, in, tokens] to float[batch, out, ⌈tokens / stride⌉].
/// </summary>
/// <remarks>
/// Xie et al., "Aggregated residual transformations", CVPR 2017; Hu et al., "Squeeze-and-excitation networks", CVPR 2018. A causal
/// block has its gate follow the mean of the tokens so far. Keys: convN.conv.*, normN.*, squeeze.*, excite.*.
/// </remarks>
internal sealed class Net1dBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv1")]
    private readonly PaddedConvolution _conv1;

    [ComponentName(Name = "conv2")]
    private readonly PaddedConvolution _conv2;

    [ComponentName(Name = "conv3")]
    private readonly PaddedConvolution _conv3;

    [ComponentName(Name = "norm1")]
    private readonly BatchNorm1d? _norm1;

    [ComponentName(Name = "norm2")]
    private readonly BatchNorm1d? _norm2;

    [ComponentName(Name = "norm3")]
    private readonly BatchNorm1d? _norm3;

    [ComponentName(Name = "squeeze")]
    private readonly Linear _squeeze;

    [ComponentName(Name = "excite")]
    private readonly Linear _excite;

    private readonly int _widening;
    private readonly int _stride;
    private readonly bool _isFirst;
    private readonly bool _causal;

    /// <param name="isFirst">The network's very first block: its input comes out of a swish and gets no other.</param>
    public Net1dBlock(int from, int to, int stride, bool isFirst, Net1dShape shape)
        : base(nameof(Net1dBlock))
    {
        (_widening, _stride, _isFirst, _causal) = (to - from, stride, isFirst, shape.Causal);
        _conv1 = new PaddedConvolution(from, to, kernel: 1, stride: 1, groups: 1, shape.Causal);
        _conv2 = new PaddedConvolution(to, to, shape.Kernel, stride, Math.Max(1, to / shape.GroupWidth), shape.Causal);
        _conv3 = new PaddedConvolution(to, to, kernel: 1, stride: 1, groups: 1, shape.Causal);
        if (shape.Norm == BlockNorm.Batch)
        {
            if (!isFirst) _norm1 = nn.BatchNorm1d(from);
            _norm2 = nn.BatchNorm1d(to);
            _norm3 = nn.BatchNorm1d(to);
        }

        _squeeze = nn.Linear(to, to / 2);
        _excite = nn.Linear(to / 2, to);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Run(input).Output.MoveToOuterDisposeScope();
    }

    /// <returns>The block's output, and what it adds to its input; each float[batch, out, ⌈tokens / stride⌉], owned by the caller.</returns>
    public (Tensor Output, Tensor Tap) Run(Tensor input)
    {
        using var scope = NewDisposeScope();
        var inner = _conv1.forward(_isFirst ? input : Activate(input, _norm1));
        inner = _conv2.forward(Activate(inner, _norm2));
        inner = _conv3.forward(Activate(inner, _norm3));
        var tap = inner * Gate(inner);
        return ((tap + Identity(input)).MoveToOuterDisposeScope(), tap.MoveToOuterDisposeScope());
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var part in (nn.Module?[])[_conv1, _conv2, _conv3, _norm1, _norm2, _norm3, _squeeze, _excite]) part?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Tensor Activate(Tensor input, BatchNorm1d? norm) => nn.functional.silu(norm is null ? input : norm.forward(input));

    /// <returns>float[batch, width, 1], or of a causal block float[batch, width, tokens].</returns>
    private Tensor Gate(Tensor inner)
    {
        var mean = inner.mean([2], keepdim: true);
        if (_causal) mean = inner.cumsum(2) / arange(1, inner.shape[2] + 1, inner.dtype, inner.device);
        var squeezed = nn.functional.silu(_squeeze.forward(mean.transpose(1, 2)));
        return _excite.forward(squeezed).sigmoid().transpose(1, 2);
    }

    /// <summary>The input at the output's size: the largest of each stride of tokens, and zeros for channels that it has not.</summary>
    private Tensor Identity(Tensor input)
    {
        if (_stride > 1)
        {
            // Zeros, not the lowest number, as in the study's code: they can win over negative values.
            var before = _causal ? _stride - 1 : (_stride - 1) / 2;
            input = nn.functional.max_pool1d(nn.functional.pad(input, [before, _stride - 1 - before]), _stride, _stride);
        }

        return _widening == 0 ? input : nn.functional.pad(input, [0, 0, _widening / 2, _widening - _widening / 2]);
    }
}
