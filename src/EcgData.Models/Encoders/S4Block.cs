using EcgData.Models.Encoders.Fused;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>An <see cref="S4Layer"/> on a residual stream: layer, dropout, sum, layer normalisation of the sum (post-norm).</summary>
/// <remarks>Checkpoint keys: layer.*, norm.{weight, bias}.</remarks>
public sealed class S4Block : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;

    [ComponentName(Name = "layer")]
    private readonly S4Layer _layer;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    public S4Block(S4LayerOptions options)
        : base(nameof(S4Block))
    {
        _layer = new S4Layer(options);
        _norm = nn.LayerNorm(options.Width, Epsilon);
        RegisterComponents();
    }

    public S4Layer Layer => _layer;

    /// <param name="input">float[batch, tokens, width].</param>
    /// <returns>float[batch, tokens, width], owned by the caller.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Run(input, wantTap: false).Output.MoveToOuterDisposeScope();
    }

    /// <returns>
    /// The block's output and, if asked for, the layer's before dropout and residual; each float[batch, tokens, width], owned by the caller.
    /// </returns>
    internal (Tensor Output, Tensor? Tap) Run(Tensor input, bool wantTap)
    {
        using var scope = NewDisposeScope();
        var channels = ChannelFirst.From(input);
        var inner = ChannelFirst.DropoutMask(this, _layer.Options.S4, channels);
        var outer = ChannelFirst.DropoutMask(this, _layer.Options.S4, channels);
        var (output, tap) = RunsFused(channels, wantTap)
            ? RunFused(channels, inner, outer, wantTap)
            : RunComposed(channels, inner, outer);
        return (ChannelFirst.ToTokens(output).MoveToOuterDisposeScope(), tap is null ? null : ChannelFirst.ToTokens(tap).MoveToOuterDisposeScope());
    }

    /// <summary>By Torch's own operations: any type and device, and a tap with gradient. float[width, batch, tokens].</summary>
    internal (Tensor Output, Tensor? Tap) RunComposed(Tensor channels, Tensor? inner, Tensor? outer)
    {
        var tap = _layer.Apply(channels, inner);
        var sum = channels + (outer is null ? tap : tap * outer);
        return (_norm.forward(ChannelFirst.ToTokens(sum)).permute(2, 0, 1), tap);
    }

    /// <summary>By the passes of Fused/: single precision on the CPU.</summary>
    internal (Tensor Output, Tensor? Tap) RunFused(Tensor channels, Tensor? inner, Tensor? outer, bool wantTap)
    {
        var weights = new FusedBlock.Weights(
            _layer.Kernel(channels.shape[2]), _layer.Skip, _layer.Linear.weight!, _layer.Linear.bias!, _norm.weight!, _norm.bias!);
        return is_grad_enabled()
            ? (FusedBlock.Apply(weights, channels, inner, outer), null)
            : FusedBlock.Run(weights, channels, inner, outer, wantTap);
    }

    /// <summary>What follows the convolution, of single tokens and without dropout: float[batch, width] each, owned by the caller.</summary>
    internal Tensor AfterConvolution(Tensor token, Tensor convolved)
    {
        using var scope = NewDisposeScope();
        var activated = nn.functional.gelu(convolved + token * _layer.Skip);
        return _norm.forward(token + nn.functional.glu(_layer.Linear.forward(activated), -1)).MoveToOuterDisposeScope();
    }

    private static bool RunsFused(Tensor channels, bool wantTap) => Lanes.Take(channels) && !(wantTap && is_grad_enabled());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _layer.Dispose();
            _norm.Dispose();
        }

        base.Dispose(disposing);
    }
}
