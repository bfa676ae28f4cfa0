using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>Each channel convolved over time with its own kernel, by Fourier transform.</summary>
internal static class LongConvolution
{
    /// <summary>y_t = Σ_{j≤t} k_0[t-j] u_j, and with a look ahead + Σ_{j&gt;t} k_1[j-t-1] u_j.</summary>
    /// <param name="input">float[width, batch, tokens].</param>
    /// <param name="kernels">float[width, 1 or 2, tokens].</param>
    /// <returns>float[width, batch, tokens], owned by the caller.</returns>
    public static Tensor Apply(Tensor input, Tensor kernels, bool causal)
    {
        using var scope = NewDisposeScope();
        var tokens = input.shape[2];
        var size = FastSize(2 * tokens);
        var kernel = kernels.narrow(1, 0, 1);                                              // [width, 1, tokens]
        if (!causal)
        {
            var gap = zeros(kernel.shape[0], 1, size - 2 * tokens, kernel.dtype, kernel.device);
            kernel = cat([kernel, gap, kernels.narrow(1, 1, 1).flip(2)], 2);               // lag -1 is the last of the circle
        }

        var spectrum = fft.rfft(input, size) * fft.rfft(kernel, size);
        return fft.irfft(spectrum, size).narrow(2, 0, tokens).MoveToOuterDisposeScope();
    }

    /// <summary>The next length with no factor but 2, 3 and 5; the transform of 1,215 points takes twice the time of one of 1,200.</summary>
    private static long FastSize(long least)
    {
        for (var size = least; ; size++)
        {
            var rest = size;
            foreach (var factor in (long[])[2, 3, 5])
            {
                while (rest % factor == 0) rest /= factor;
            }

            if (rest == 1) return size;
        }
    }
}
