using System.Numerics;

namespace EcgData.Models.Encoders;

/// <summary>Eigenvalues and eigenvectors of a small Hermitian matrix by cyclic Jacobi rotations.</summary>
/// <remarks>Golub, Van Loan, "Matrix Computations", 4th edition, section 8.5; complex entries are first turned real by a phase.</remarks>
internal static class HermitianEigen
{
    // Convergence is quadratic: matrices of the study's sizes, 8 and 64, are diagonal after 6 and 10 sweeps.
    private const int MostSweeps = 60;

    /// <param name="matrix">complex[n, n], Hermitian; the lower triangle is taken from the upper.</param>
    /// <returns>Eigenvalues in ascending order; column i of the unitary complex[n, n] belongs to value i, its phase is arbitrary.</returns>
    public static (double[] Values, Complex[,] Vectors) Solve(Complex[,] matrix)
    {
        var n = matrix.GetLength(0);
        var a = (Complex[,])matrix.Clone();
        var v = new Complex[n, n];
        for (var i = 0; i < n; i++) v[i, i] = 1;
        for (var sweep = 0; sweep < MostSweeps && !IsDiagonal(a, n); sweep++)
        {
            for (var p = 0; p < n; p++)
            {
                for (var q = p + 1; q < n; q++) Rotate(a, v, n, p, q);
            }
        }

        var order = Enumerable.Range(0, n).OrderBy(i => a[i, i].Real).ToArray();
        var vectors = new Complex[n, n];
        for (var row = 0; row < n; row++)
        {
            for (var column = 0; column < n; column++) vectors[row, column] = v[row, order[column]];
        }

        return ([.. order.Select(i => a[i, i].Real)], vectors);
    }

    private static bool IsDiagonal(Complex[,] a, int n)
    {
        double outside = 0, all = 0;
        for (var i = 0; i < n; i++)
        {
            all += a[i, i].Real * a[i, i].Real;
            for (var j = i + 1; j < n; j++) outside += 2 * (a[i, j].Real * a[i, j].Real + a[i, j].Imaginary * a[i, j].Imaginary);
        }

        return outside <= 1e-32 * (all + outside);
    }

    /// <summary>Makes a[p, q] zero: a becomes JᴴaJ and v becomes vJ, where J turns the plane (p, q).</summary>
    private static void Rotate(Complex[,] a, Complex[,] v, int n, int p, int q)
    {
        var size = a[p, q].Magnitude;
        if (size == 0) return;
        var phase = a[p, q] / size;
        var theta = (a[q, q].Real - a[p, p].Real) / (2 * size);
        var tangent = (theta < 0 ? -1 : 1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        var cosine = 1 / Math.Sqrt(tangent * tangent + 1);
        var sine = cosine * tangent * phase;   // J = [[c, s], [-conj(s), c]]
        for (var row = 0; row < n; row++)
        {
            var (ap, aq, vp, vq) = (a[row, p], a[row, q], v[row, p], v[row, q]);
            (a[row, p], a[row, q]) = (cosine * ap - Complex.Conjugate(sine) * aq, sine * ap + cosine * aq);
            (v[row, p], v[row, q]) = (cosine * vp - Complex.Conjugate(sine) * vq, sine * vp + cosine * vq);
        }

        for (var column = 0; column < n; column++)
        {
            var (ap, aq) = (a[p, column], a[q, column]);
            (a[p, column], a[q, column]) = (cosine * ap - sine * aq, Complex.Conjugate(sine) * ap + cosine * aq);
        }

        (a[p, q], a[q, p]) = (0, 0);
    }
}
