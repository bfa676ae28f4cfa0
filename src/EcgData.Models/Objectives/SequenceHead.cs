using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Dropped after pretraining: a layer that mixes tokens (in the study one S4 layer of state size 64), then a linear map.</summary>
/// <remarks>Checkpoint keys: layer.*, decoder.{weight, bias}.</remarks>
public sealed class SequenceHead : nn.Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "layer")]
    private readonly nn.Module<Tensor, Tensor> _layer;

    [ComponentName(Name = "decoder")]
    private readonly Linear _decoder;

    /// <summary>Takes over <paramref name="layer"/>, float[batch, tokens, width] to the same, and disposes of it.</summary>
    public SequenceHead(nn.Module<Tensor, Tensor> layer, int width, int outputs, ulong seed)
        : base(nameof(SequenceHead))
    {
        _layer = layer;
        _decoder = nn.Linear(width, outputs);
        RegisterComponents();
        Initialisation.Draw(_decoder, KeyedRandom.Combine(seed, KeyedRandom.KeyOf("decoder")));
    }

    /// <param name="tokens">float[batch, tokens, width].</param>
    /// <param name="places">
    /// long[asked], indices into batch · tokens. The layer needs all tokens; the linear map, a third of the head's work, only these.
    /// </param>
    /// <returns>float[asked, outputs], owned by the caller.</returns>
    public override Tensor forward(Tensor tokens, Tensor places)
    {
        using var scope = NewDisposeScope();
        var mixed = _layer.forward(tokens);                                                   // [batch, tokens, width]
        return _decoder.forward(mixed.flatten(0, 1).index_select(0, places)).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _layer.Dispose();
            _decoder.Dispose();
        }

        base.Dispose(disposing);
    }
}
