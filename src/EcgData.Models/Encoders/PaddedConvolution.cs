using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>
/// A convolution over time that gives ⌈tokens / stride⌉ tokens: zeros at both ends, one more behind where the number is odd, or all
/// of them in front, so that no token sees a later one. float[batch, in, tokens] to float[batch, out, ⌈tokens / stride⌉].
/// </summary>
internal sealed class PaddedConvolution : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly Conv1d _conv;

    private readonly int _kernel;
    private readonly int _stride;
    private readonly bool _causal;

    public PaddedConvolution(int from, int to, int kernel, int stride, int groups, bool causal)
        : base(nameof(PaddedConvolution))
    {
        (_kernel, _stride, _causal) = (kernel, stride, causal);
        _conv = nn.Conv1d(from, to, kernel, stride, groups: groups);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        if (_kernel == 1 && _stride == 1) return _conv.forward(input);
        using var scope = NewDisposeScope();
        var tokens = input.shape[2];
        var missing = Math.Max(0, ((tokens + _stride - 1) / _stride - 1) * _stride + _kernel - tokens);
        var before = _causal ? _kernel - 1 : missing / 2;
        var after = _causal ? 0 : missing - before;
        return _conv.forward(nn.functional.pad(input, [before, after])).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _conv.Dispose();
        base.Dispose(disposing);
    }
}
