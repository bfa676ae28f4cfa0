using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>The learned vector that stands where the student's stem output is hidden.</summary>
/// <remarks>Checkpoint key: vector.</remarks>
public sealed class MaskVector : nn.Module
{
    [ComponentName(Name = "vector")]
    private readonly Parameter _vector;

    public MaskVector(int width, ulong seed)
        : base(nameof(MaskVector))
    {
        using (var drawn = Initialisation.Normal([width], 1, seed)) _vector = nn.Parameter(drawn.to(float32));
        RegisterComponents();
    }

    public Parameter Vector => _vector;

    /// <param name="tokens">float[batch, tokens, width].</param>
    /// <param name="hidden">bool[batch, tokens].</param>
    /// <returns>float[batch, tokens, width], owned by the caller.</returns>
    public Tensor Hide(Tensor tokens, Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return where(hidden.unsqueeze(-1), _vector, tokens).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _vector.Dispose();
        base.Dispose(disposing);
    }
}
