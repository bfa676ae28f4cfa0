using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>Cosines and sines of token times frequency, made in double and kept for the last length, type and device asked for.</summary>
/// <remarks>Frequency i of n is 10000^(-i / n). Su et al., "RoFormer", 2021, section 3.2; Vaswani et al., NeurIPS 2017, section 3.5.</remarks>
internal sealed class PositionTables(int frequencies) : IDisposable
{
    private const double Base = 10_000;

    private (long Tokens, ScalarType Type, string Device)? _of;
    private Tensor? _cosine;
    private Tensor? _sine;

    /// <returns>Two tables float[tokens, frequencies], owned by this.</returns>
    public (Tensor Cosine, Tensor Sine) Of(long tokens, Tensor like)
    {
        var of = (tokens, like.dtype, like.device.ToString());
        if (_cosine is null || _sine is null || _of != of)
        {
            Dispose();
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            var rate = (arange(0, frequencies, dtype: float64) * (-Math.Log(Base) / frequencies)).exp();
            var angle = outer(arange(0, tokens, dtype: float64), rate);
            _cosine = angle.cos().to(like.dtype, like.device, copy: true).DetachFromDisposeScope();
            _sine = angle.sin().to(like.dtype, like.device, copy: true).DetachFromDisposeScope();
            _of = of;
        }

        return (_cosine, _sine);
    }

    public void Dispose()
    {
        _cosine?.Dispose();
        _sine?.Dispose();
        (_cosine, _sine, _of) = (null, null, null);
    }
}
