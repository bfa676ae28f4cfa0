using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>
/// The discrete state space of each channel of an S4 layer, in double: x_t = Ā x_{t-1} + B̄ u_t, y_t = 2 Re(C x_t) over the kept half
/// of the conjugate pairs. A state is real[N], interleaved (Re x_1, Im x_1, …): real linear algebra throughout, no complex tensor.
/// </summary>
/// <remarks>
/// Bilinear discretisation: Ā = (1 - Δ/2 A)⁻¹(1 + Δ/2 A), B̄ = Δ(1 - Δ/2 A)⁻¹B with A = diag(w) - P Qᵀ, conjugates included.
/// A layer does not store C but C~ = C(1 - Ā^tokens) (Gu, Goel, Ré, ICLR 2022, appendix C.3), "reference length" below.
/// </remarks>
internal sealed class StateSpace : IDisposable
{
    private readonly Tensor _readout;   // double[N]: a row C becomes a real functional on states by the factors 2 and -2

    /// <param name="logDt">[width].</param>
    /// <param name="w">[width, N / 2, 2]; <paramref name="b"/>, <paramref name="p"/> and <paramref name="q"/> alike, or with a leading 1.</param>
    public StateSpace(Tensor logDt, Tensor w, Tensor b, Tensor p, Tensor q)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (width, half) = (w.shape[0], w.shape[1]);
        var size = 2 * half;
        Tensor Real(Tensor part) => part.detach().cpu().to(float64).reshape(width, size);
        var readout = tensor(new double[] { 2, -2 }).repeat(half);

        var eigenvalues = Real(w).view(width, half, 2);
        var (re, im) = (diag_embed(eigenvalues.select(-1, 0)), diag_embed(eigenvalues.select(-1, 1)));   // [width, half, half]
        var diagonal = stack([stack([re, -im], -1), stack([im, re], -1)], 2).view(width, size, size);
        var a = diagonal - Real(p).unsqueeze(-1) * (Real(q) * readout).unsqueeze(1);                     // [width, N, N]
        var dt = logDt.detach().cpu().to(float64).exp().view(width, 1, 1);
        var (identity, halfStep) = (eye(size, dtype: float64), a * dt / 2);
        Step = linalg.solve(identity - halfStep, identity + halfStep).DetachFromDisposeScope();
        Input = linalg.solve(identity - halfStep, Real(b).unsqueeze(-1) * dt).DetachFromDisposeScope();
        _readout = readout.DetachFromDisposeScope();
    }

    /// <summary>Ā, double[width, N, N].</summary>
    public Tensor Step { get; }

    /// <summary>B̄, double[width, N, 1].</summary>
    public Tensor Input { get; }

    /// <summary>
    /// The kernel is linear in C~: k[c, h, l] = Σ_m C~[c, h, m] G[h, m, l]. With x_0 = (1 - Ā^tokens)⁻¹B̄ and x_{l+1} = Āx_l, the
    /// even rows of G are 2 Re x_l and the odd ones -2 Im x_l.
    /// </summary>
    /// <param name="tokens">Reference length of C~.</param>
    /// <param name="length">Lags wanted; may be more or fewer than <paramref name="tokens"/>.</param>
    /// <returns>double[width, N, length], owned by the caller.</returns>
    public Tensor Basis(long tokens, long length)
    {
        using var scope = NewDisposeScope();
        var states = linalg.solve(Correction(tokens), Input);   // [width, N, 1]
        for (var power = Step; states.shape[2] < length; power = power.matmul(power))
        {
            states = cat([states, power.matmul(states)], 2);    // twice as many lags a turn
        }

        return (states.narrow(2, 0, length) * _readout.view(-1, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>C~ of a reference length from C.</summary>
    /// <param name="c">[c, width, N], interleaved.</param>
    /// <returns>double[c, width, N], owned by the caller.</returns>
    public Tensor ToStored(Tensor c, long tokens)
    {
        using var scope = NewDisposeScope();
        var row = (c.to(float64) * _readout).unsqueeze(-2);                       // [c, width, 1, N]
        return (row.matmul(Correction(tokens)).squeeze(-2) / _readout).MoveToOuterDisposeScope();
    }

    /// <summary>C from C~ of a reference length.</summary>
    /// <param name="stored">[c, width, N], interleaved.</param>
    /// <returns>double[c, width, N], owned by the caller.</returns>
    public Tensor FromStored(Tensor stored, long tokens)
    {
        using var scope = NewDisposeScope();
        var column = (stored.to(float64) * _readout).permute(1, 2, 0);            // [width, N, c]
        var solved = linalg.solve(Correction(tokens).transpose(1, 2), column);
        return (solved.permute(2, 0, 1) / _readout).MoveToOuterDisposeScope();
    }

    /// <summary>The real functional 2 Re(C ·) on interleaved states, double[c, width, N].</summary>
    public Tensor Functional(Tensor c) => c.to(float64) * _readout;

    public void Dispose()
    {
        Step.Dispose();
        Input.Dispose();
        _readout.Dispose();
    }

    /// <summary>1 - Ā^tokens, double[width, N, N].</summary>
    private Tensor Correction(long tokens) =>
        eye(Step.shape[1], dtype: float64) - Step.matrix_power(checked((int)tokens));
}
