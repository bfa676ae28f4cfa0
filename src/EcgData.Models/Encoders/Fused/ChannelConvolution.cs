using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EcgData.Models.Encoders.Fused;

/// <summary>
/// The sums of a long convolution, taken directly for one channel and all crops: the kernel of 300 lags lies in the first cache and
/// each of its values meets every crop, so the sums run at the rate of a matrix product and need neither Fourier transforms nor
/// the [tokens, tokens] matrix of each channel in memory.
/// </summary>
internal static unsafe class ChannelConvolution
{
    /// <summary>Zeros that a padded kernel needs beyond its longest lags: a tile reads past the end.</summary>
    public const int Margin = TileColumns;

    private const int TileColumns = 3 * Lanes.Count;   // with 4 rows 12 sums, 3 kernel values, 1 input: the 16 registers of AVX2
    /// <summary>Crops that a tile works on at once; fewer are slower for each.</summary>
    public const int TileRows = 4;

    public const int LagBlock = 8 * Lanes.Count;
    private const int Steps = 4;

    /// <summary>Floats of one row of <see cref="KernelGradient"/>'s padded copies.</summary>
    public static int PaddedTokens(int tokens) => LagBlock + tokens + 2 * LagBlock + Steps * Lanes.Count;

    /// <summary>to[r, i] = Σ_j kernel[i - j] from[r, j].</summary>
    /// <param name="from">float[rows, tokens].</param>
    /// <param name="kernel">Lag 0; zeros <see cref="Margin"/> beyond the lags that are asked for, on both sides.</param>
    /// <param name="back">Whether positive lags count: a token hears earlier ones.</param>
    /// <param name="ahead">Whether negative lags count.</param>
    public static void Apply(float* from, float* kernel, float* to, int rows, int tokens, bool back, bool ahead)
    {
        var row = 0;
        for (; row + TileRows <= rows; row += TileRows)
        {
            for (var start = 0; start < tokens; start += TileColumns)
            {
                var (first, end) = (back ? 0 : start, ahead ? tokens : Math.Min(tokens, start + TileColumns));
                Tile(from + row * tokens, kernel + start, to + row * tokens + start, tokens, first, end, Math.Min(TileColumns, tokens - start));
            }
        }

        for (; row < rows; row++)
        {
            for (var start = 0; start < tokens; start += TileColumns)
            {
                var (first, end) = (back ? 0 : start, ahead ? tokens : Math.Min(tokens, start + TileColumns));
                Row(from + row * tokens, kernel + start, to + row * tokens + start, first, end, Math.Min(TileColumns, tokens - start));
            }
        }
    }

    /// <summary>gradient[m] += Σ_r Σ_j from[r, j] output[r, j + m] for lags m from <paramref name="first"/> to <paramref name="end"/> - 1.</summary>
    /// <param name="from">float[rows, PaddedTokens]: the convolution's input, zeros behind the tokens.</param>
    /// <param name="output">float[rows, PaddedTokens]: the gradient of its output, with <c>LagBlock</c> zeros in front and zeros behind.</param>
    /// <param name="gradient">Lag 0; whole blocks of lags are written, so it has room for 64 beyond the end.</param>
    public static void KernelGradient(float* from, float* output, float* gradient, int rows, int tokens, int first, int end)
    {
        var stride = PaddedTokens(tokens);
        for (var lag = first; lag < end; lag += LagBlock)
        {
            var start = Math.Max(0, -(lag + LagBlock - 1));
            var stop = Math.Min(tokens, tokens - lag);   // j + m stays below the tokens
            LagTile(from, output + LagBlock + lag, gradient + lag, rows, stride, start, stop);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Tile(float* from, float* kernel, float* to, int stride, int first, int end, int columns)
    {
        Vector256<float> a0 = default, a1 = default, a2 = default, b0 = default, b1 = default, b2 = default;
        Vector256<float> c0 = default, c1 = default, c2 = default, d0 = default, d1 = default, d2 = default;
        for (var j = first; j < end; j++)
        {
            var lag = kernel - j;
            var (k0, k1, k2) = (Vector256.Load(lag), Vector256.Load(lag + 8), Vector256.Load(lag + 16));
            var value = Vector256.Create(from[j]);
            a0 = Vector256.FusedMultiplyAdd(value, k0, a0);
            a1 = Vector256.FusedMultiplyAdd(value, k1, a1);
            a2 = Vector256.FusedMultiplyAdd(value, k2, a2);
            value = Vector256.Create(from[stride + j]);
            b0 = Vector256.FusedMultiplyAdd(value, k0, b0);
            b1 = Vector256.FusedMultiplyAdd(value, k1, b1);
            b2 = Vector256.FusedMultiplyAdd(value, k2, b2);
            value = Vector256.Create(from[2 * stride + j]);
            c0 = Vector256.FusedMultiplyAdd(value, k0, c0);
            c1 = Vector256.FusedMultiplyAdd(value, k1, c1);
            c2 = Vector256.FusedMultiplyAdd(value, k2, c2);
            value = Vector256.Create(from[3 * stride + j]);
            d0 = Vector256.FusedMultiplyAdd(value, k0, d0);
            d1 = Vector256.FusedMultiplyAdd(value, k1, d1);
            d2 = Vector256.FusedMultiplyAdd(value, k2, d2);
        }

        StoreRow(to, a0, a1, a2, columns);
        StoreRow(to + stride, b0, b1, b2, columns);
        StoreRow(to + 2 * stride, c0, c1, c2, columns);
        StoreRow(to + 3 * stride, d0, d1, d2, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Row(float* from, float* kernel, float* to, int first, int end, int columns)
    {
        Vector256<float> a0 = default, a1 = default, a2 = default;
        for (var j = first; j < end; j++)
        {
            var lag = kernel - j;
            var value = Vector256.Create(from[j]);
            a0 = Vector256.FusedMultiplyAdd(value, Vector256.Load(lag), a0);
            a1 = Vector256.FusedMultiplyAdd(value, Vector256.Load(lag + 8), a1);
            a2 = Vector256.FusedMultiplyAdd(value, Vector256.Load(lag + 16), a2);
        }

        StoreRow(to, a0, a1, a2, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(float* to, Vector256<float> v0, Vector256<float> v1, Vector256<float> v2, int columns)
    {
        Lanes.Store(v0, to, columns);
        if (columns > 8) Lanes.Store(v1, to + 8, columns - 8);
        if (columns > 16) Lanes.Store(v2, to + 16, columns - 16);
    }

    /// <summary>
    /// 64 lags at once. The output's eight values from j + m on serve input j for lags m to m + 7, input j + 8 for the eight lags
    /// below, and so on: each load meets four inputs.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void LagTile(float* from, float* output, float* gradient, int rows, int stride, int start, int stop)
    {
        var (s0, s1, s2, s3) = (Vector256.Load(gradient), Vector256.Load(gradient + 8), Vector256.Load(gradient + 16), Vector256.Load(gradient + 24));
        var (s4, s5, s6, s7) = (Vector256.Load(gradient + 32), Vector256.Load(gradient + 40), Vector256.Load(gradient + 48), Vector256.Load(gradient + 56));
        for (var row = 0; row < rows; row++)
        {
            var input = from + row * stride;
            var shifted = output + row * stride;
            for (var block = start; block < stop; block += Steps * Lanes.Count)
            {
                for (var j = block; j < block + Lanes.Count; j++)
                {
                    var (u0, u1) = (Vector256.Create(input[j]), Vector256.Create(input[j + 8]));
                    var (u2, u3) = (Vector256.Create(input[j + 16]), Vector256.Create(input[j + 24]));
                    var g = shifted + j;
                    var v = Vector256.Load(g);
                    s0 = Vector256.FusedMultiplyAdd(u0, v, s0);
                    v = Vector256.Load(g + 8);
                    s1 = Vector256.FusedMultiplyAdd(u0, v, s1);
                    s0 = Vector256.FusedMultiplyAdd(u1, v, s0);
                    v = Vector256.Load(g + 16);
                    s2 = Vector256.FusedMultiplyAdd(u0, v, s2);
                    s1 = Vector256.FusedMultiplyAdd(u1, v, s1);
                    s0 = Vector256.FusedMultiplyAdd(u2, v, s0);
                    v = Vector256.Load(g + 24);
                    s3 = Vector256.FusedMultiplyAdd(u0, v, s3);
                    s2 = Vector256.FusedMultiplyAdd(u1, v, s2);
                    s1 = Vector256.FusedMultiplyAdd(u2, v, s1);
                    s0 = Vector256.FusedMultiplyAdd(u3, v, s0);
                    v = Vector256.Load(g + 32);
                    s4 = Vector256.FusedMultiplyAdd(u0, v, s4);
                    s3 = Vector256.FusedMultiplyAdd(u1, v, s3);
                    s2 = Vector256.FusedMultiplyAdd(u2, v, s2);
                    s1 = Vector256.FusedMultiplyAdd(u3, v, s1);
                    v = Vector256.Load(g + 40);
                    s5 = Vector256.FusedMultiplyAdd(u0, v, s5);
                    s4 = Vector256.FusedMultiplyAdd(u1, v, s4);
                    s3 = Vector256.FusedMultiplyAdd(u2, v, s3);
                    s2 = Vector256.FusedMultiplyAdd(u3, v, s2);
                    v = Vector256.Load(g + 48);
                    s6 = Vector256.FusedMultiplyAdd(u0, v, s6);
                    s5 = Vector256.FusedMultiplyAdd(u1, v, s5);
                    s4 = Vector256.FusedMultiplyAdd(u2, v, s4);
                    s3 = Vector256.FusedMultiplyAdd(u3, v, s3);
                    v = Vector256.Load(g + 56);
                    s7 = Vector256.FusedMultiplyAdd(u0, v, s7);
                    s6 = Vector256.FusedMultiplyAdd(u1, v, s6);
                    s5 = Vector256.FusedMultiplyAdd(u2, v, s5);
                    s4 = Vector256.FusedMultiplyAdd(u3, v, s4);
                    v = Vector256.Load(g + 64);
                    s7 = Vector256.FusedMultiplyAdd(u1, v, s7);
                    s6 = Vector256.FusedMultiplyAdd(u2, v, s6);
                    s5 = Vector256.FusedMultiplyAdd(u3, v, s5);
                    v = Vector256.Load(g + 72);
                    s7 = Vector256.FusedMultiplyAdd(u2, v, s7);
                    s6 = Vector256.FusedMultiplyAdd(u3, v, s6);
                    v = Vector256.Load(g + 80);
                    s7 = Vector256.FusedMultiplyAdd(u3, v, s7);
                }
            }
        }

        s0.Store(gradient);
        s1.Store(gradient + 8);
        s2.Store(gradient + 16);
        s3.Store(gradient + 24);
        s4.Store(gradient + 32);
        s5.Store(gradient + 40);
        s6.Store(gradient + 48);
        s7.Store(gradient + 56);
    }
}
