using System.Numerics;

namespace EcgData.Models.Encoders;

/// <summary>
/// The state matrix that remembers a signal's past by scaled Legendre polynomials, as diagonal plus low rank: in the basis of the
/// eigenvectors V of the normal part, A = diag(w) - P Qᵀ with Q = conj(P). One of each pair of conjugates is kept: complex[N / 2].
/// </summary>
/// <param name="W">Eigenvalues -1/2 + iλ, λ &gt; 0 ascending.</param>
/// <param name="B">Vᴴb with b_n = √(2n + 1). Its phases are arbitrary, and the same as P's.</param>
/// <param name="P">Vᴴp with p_n = √(n + 1/2), so P = B / √2.</param>
/// <remarks>
/// Gu, Dao, Ermon, Rudra, Ré, "HiPPO", NeurIPS 2020, theorem 2 (LegS); Gu, Goel, Ré, "Efficiently modeling long sequences with
/// structured state spaces", ICLR 2022, theorem 1 and appendix B.
/// </remarks>
internal sealed record HippoLegs(Complex[] W, Complex[] B, Complex[] P)
{
    /// <param name="stateSize">N, even.</param>
    public static HippoLegs Create(int stateSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stateSize, 2);
        ArgumentOutOfRangeException.ThrowIfNotEqual(stateSize % 2, 0);

        // The normal part is -1/2 + S with S real and skew; -iS is Hermitian and has the real eigenvalues λ.
        var hermitian = new Complex[stateSize, stateSize];
        for (var row = 0; row < stateSize; row++)
        {
            for (var column = 0; column < stateSize; column++)
            {
                var size = Math.Sqrt((2 * row + 1.0) * (2 * column + 1)) / 2;
                hermitian[row, column] = new Complex(0, size * Math.Sign(row - column));
            }
        }

        var (lambda, vectors) = HermitianEigen.Solve(hermitian);
        var half = stateSize / 2;   // λ comes in pairs ±λ: the upper half is the positive one
        var (w, b, p) = (new Complex[half], new Complex[half], new Complex[half]);
        for (var i = 0; i < half; i++)
        {
            w[i] = new Complex(-0.5, lambda[half + i]);
            for (var n = 0; n < stateSize; n++) b[i] += Complex.Conjugate(vectors[n, half + i]) * Math.Sqrt(2 * n + 1);
            p[i] = b[i] / Math.Sqrt(2);
        }

        return new HippoLegs(w, b, p);
    }
}
