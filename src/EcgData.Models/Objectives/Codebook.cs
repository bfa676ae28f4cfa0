using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>DINO-SR's codebook: each code is the moving average of the teacher's tokens that lie nearest to it.</summary>
/// <remarks>
/// Liu et al., "DinoSR", NeurIPS 2023, section 3.2. Checkpoint keys: sums (float[codes, width]), counts (float[codes]); the codes
/// themselves are sums / counts.
/// </remarks>
public sealed class Codebook : nn.Module
{
    private const double LeastCount = 1e-8;   // of the published code: a code without tokens for 175 steps fades to 0

    private readonly double _momentum;

    [ComponentName(Name = "sums")]
    private readonly Tensor _sums;

    [ComponentName(Name = "counts")]
    private readonly Tensor _counts;

    // Sums and counts of the batch until the step is made. An array, because a module's fields of type Tensor are its state.
    private Tensor[] _pending = [];

    public Codebook(int codes, int width, double momentum, ulong seed)
        : base(nameof(Codebook))
    {
        _momentum = momentum;
        using (var drawn = Initialisation.Normal([codes, width], 1, seed)) _sums = TeacherTargets.OverWidth(drawn.to(float32));
        _counts = ones(codes);
        RegisterComponents();
    }

    /// <returns>float[codes, width], owned by the caller.</returns>
    public Tensor Codes()
    {
        using var scope = NewDisposeScope();
        return (_sums / _counts.clamp_min(LeastCount).unsqueeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary>Teacher's tokens as the codebook sees them: normalised over the width, twice as in the published code.</summary>
    /// <param name="features">float[batch, tokens, width].</param>
    /// <returns>float[batch · tokens, width], owned by the caller.</returns>
    public static Tensor Rows(Tensor features)
    {
        using var scope = NewDisposeScope();
        return TeacherTargets.OverWidth(TeacherTargets.OverWidth(features.flatten(0, 1))).MoveToOuterDisposeScope();
    }

    /// <returns>long[rows]: index of the nearest code, owned by the caller.</returns>
    public Tensor Assign(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var codes = Codes();
        var closeness = addmm(codes.square().sum([1]), rows, codes.t(), beta: -0.5f, alpha: 1);   // (|h|² − |h − E|²) / 2
        return closeness.argmax(1).MoveToOuterDisposeScope();
    }

    /// <summary>Keeps what <see cref="Update"/> needs of a batch.</summary>
    /// <param name="rows">float[rows, width].</param>
    /// <param name="assigned">long[rows].</param>
    public void Remember(Tensor rows, Tensor assigned)
    {
        Forget();
        using var scope = NewDisposeScope();
        // A product with 0s and 1s: on a GPU adding by index would add in changing order.
        var belongs = nn.functional.one_hot(assigned, _counts.shape[0]).to(rows.dtype);       // [rows, codes]
        _pending = [belongs.t().matmul(rows).DetachFromDisposeScope(), belongs.sum([0]).DetachFromDisposeScope()];
    }

    /// <summary>sums ← momentum · sums + (1 − momentum) · the remembered ones, counts alike, also of codes without tokens.</summary>
    public void Update()
    {
        if (_pending.Length == 0) return;
        using (no_grad())
        {
            _sums.mul_(_momentum).add_(_pending[0], alpha: 1 - _momentum);
            _counts.mul_(_momentum).add_(_pending[1], alpha: 1 - _momentum);
        }

        Forget();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) Forget();
        base.Dispose(disposing);
    }

    private void Forget()
    {
        foreach (var sum in _pending) sum.Dispose();
        _pending = [];
    }
}
