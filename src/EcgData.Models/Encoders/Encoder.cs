using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>The three families of the study.</summary>
public enum EncoderFamily
{
    S4,
    Transformer,
    Net1d,
}

/// <summary>What stands behind the stem: float[batch, tokens, width] to float[batch, tokens, width].</summary>
/// <remarks>An encoder never asks what it is trained for.</remarks>
public abstract class Backbone(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>Width of a token.</summary>
    public abstract int Width { get; }

    /// <summary>Whether a token depends on no later one.</summary>
    public abstract bool IsCausal { get; }

    /// <summary>Runs the backbone and keeps what its last two blocks say before it joins the residual stream.</summary>
    /// <param name="tokens">float[batch, tokens, width].</param>
    /// <returns>The output and two taps, each float[batch, tokens, width], owned by the caller.</returns>
    public abstract (Tensor Output, Tensor[] Taps) ForwardWithTaps(Tensor tokens);

    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return ForwardWithTaps(tokens).Output.MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Stem and backbone: float[batch, leads, samples] in millivolt to float[batch, tokens, width]. This is what is kept after pretraining.
/// </summary>
public sealed class Encoder : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "stem")]
    private readonly ConvStem _stem;

    [ComponentName(Name = "backbone")]
    private readonly Backbone _backbone;

    /// <summary>Takes both over and disposes of them.</summary>
    public Encoder(ConvStem stem, Backbone backbone)
        : base(nameof(Encoder))
    {
        (_stem, _backbone) = (stem, backbone);
        RegisterComponents();
    }

    public ConvStem Stem => _stem;

    public Backbone Backbone => _backbone;

    public int Width => _backbone.Width;

    /// <param name="millivolt">float[batch, leads, samples]; absent leads are 0, never NaN.</param>
    /// <returns>float[batch, tokens, width], owned by the caller.</returns>
    public override Tensor forward(Tensor millivolt)
    {
        using var scope = NewDisposeScope();
        return _backbone.forward(_stem.forward(millivolt)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stem.Dispose();
            _backbone.Dispose();
        }

        base.Dispose(disposing);
    }
}
