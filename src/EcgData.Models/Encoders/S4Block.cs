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
        return Run(input).Output.MoveToOuterDisposeScope();
    }

    /// <returns>The block's output and the layer's, before dropout and residual; each float[batch, tokens, width], owned by the caller.</returns>
    internal (Tensor Output, Tensor Tap) Run(Tensor input)
    {
        using var scope = NewDisposeScope();
        var channels = ChannelFirst.From(input);
        var inner = ChannelFirst.DropoutMask(this, _layer.Options.S4, channels);
        var outer = ChannelFirst.DropoutMask(this, _layer.Options.S4, channels);
        var tap = _layer.Apply(channels, inner);
        var sum = channels + (outer is null ? tap : tap * outer);
        var output = _norm.forward(ChannelFirst.ToTokens(sum));
        return (output.MoveToOuterDisposeScope(), ChannelFirst.ToTokens(tap).MoveToOuterDisposeScope());
    }

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
