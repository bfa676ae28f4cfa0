using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders.Fused;

/// <summary>
/// The first half of an S4 layer, channel by channel: long convolution, skip, GELU and dropout; and its way back. Four crops of a
/// channel go all the way at once: they lie in the first cache, with the kernel, from the first sum to the last.
/// </summary>
internal static unsafe class ConvolutionPass
{
    /// <summary>What both ways work on; all contiguous float tensors.</summary>
    /// <param name="Input">float[width, batch, tokens].</param>
    /// <param name="Kernels">float[width, 1 or 2, tokens]; with the second the convolution looks ahead.</param>
    /// <param name="Skip">float[width].</param>
    /// <param name="Mask">float[width, batch, 1 or tokens], or null.</param>
    public sealed record Operands(Tensor Input, Tensor Kernels, Tensor Skip, Tensor? Mask);

    /// <param name="state">float[width, batch, tokens]: gets what goes into GELU, for the way back.</param>
    /// <param name="activated">float[width, batch, tokens]: gets the result; may be <paramref name="state"/> itself where there is no way back.</param>
    public static void Forward(Operands operands, Tensor state, Tensor activated)
    {
        var p = new Pointers(operands);
        var v = Lanes.Of(state);
        var a = Lanes.Of(activated);
        Lanes.For(p.Width, channel =>
        {
            var room = Room(p.KernelRoom);
            p.SpreadKernel(channel, room, reversed: false);
            for (var crop = 0; crop < p.Batch; crop += ChannelConvolution.TileRows)
            {
                var rows = Math.Min(ChannelConvolution.TileRows, p.Batch - crop);
                var row = (long)channel * p.Batch + crop;
                var from = p.Input + row * p.Tokens;
                var to = v + row * p.Tokens;
                ChannelConvolution.Apply(from, room + p.KernelRoom / 2, to, rows, p.Tokens, back: true, ahead: !p.Causal);
                for (var i = 0; i < rows; i++) Activate(p, row + i, p.Skip[channel], from + i * p.Tokens, to + i * p.Tokens, a + (row + i) * p.Tokens);
            }

            NativeMemory.AlignedFree(room);
        });
    }

    /// <param name="gradient">float[width, batch, tokens], of the result.</param>
    /// <param name="residual">float[width, batch, tokens]: gets the input's gradient added to what it holds.</param>
    /// <param name="kernelGradient">float[width, 1 or 2, tokens].</param>
    /// <param name="skipGradient">float[width].</param>
    public static void Backward(
        Operands operands, Tensor state, Tensor gradient, Tensor residual, Tensor kernelGradient, Tensor skipGradient)
    {
        var p = new Pointers(operands);
        var v = Lanes.Of(state);
        var g = Lanes.Of(gradient);
        var gx = Lanes.Of(residual);
        var gk = Lanes.Of(kernelGradient);
        var gd = Lanes.Of(skipGradient);
        var (tokens, padded) = (p.Tokens, ChannelConvolution.PaddedTokens(p.Tokens));
        Lanes.For(p.Width, channel =>
        {
            const int Rows = ChannelConvolution.TileRows;
            var room = Room(p.KernelRoom + Rows * 2 * (tokens + padded) + 3 * padded);
            var inner = room + p.KernelRoom;
            var back = inner + Rows * tokens;
            var paddedInput = back + Rows * tokens;
            var paddedInner = paddedInput + Rows * padded;
            var lag0 = paddedInner + Rows * padded + padded;
            p.SpreadKernel(channel, room, reversed: true);
            var skip = 0.0;
            for (var crop = 0; crop < p.Batch; crop += Rows)
            {
                var rows = Math.Min(Rows, p.Batch - crop);
                for (var i = 0; i < rows; i++)
                {
                    var row = (long)channel * p.Batch + crop + i;
                    var from = p.Input + row * tokens;
                    var slope = inner + i * tokens;
                    skip += Slope(p, row, from, v + row * tokens, g + row * tokens, slope);
                    new ReadOnlySpan<float>(from, tokens).CopyTo(new Span<float>(paddedInput + i * padded, tokens));
                    new ReadOnlySpan<float>(slope, tokens).CopyTo(new Span<float>(paddedInner + i * padded + ChannelConvolution.LagBlock, tokens));
                }

                ChannelConvolution.Apply(inner, room + p.KernelRoom / 2, back, rows, tokens, back: !p.Causal, ahead: true);
                Add(p.Skip[channel], inner, back, gx + ((long)channel * p.Batch + crop) * tokens, rows * tokens);
                ChannelConvolution.KernelGradient(paddedInput, paddedInner, lag0, rows, tokens, p.Causal ? 0 : 1 - tokens, tokens);
            }

            gd[channel] = (float)skip;
            var to = gk + (long)channel * p.Lags;
            for (var lag = 0; lag < tokens; lag++)
            {
                to[lag] = lag0[lag];
                if (!p.Causal) to[tokens + lag] = lag + 1 < tokens ? lag0[-1 - lag] : 0;
            }

            NativeMemory.AlignedFree(room);
        });
    }

    /// <summary>state += skip · input; activated = GELU(state) · mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Activate(Pointers p, long row, float skip, float* input, float* state, float* activated)
    {
        var factor = Vector256.Create(skip);
        for (var t = 0; t < p.Tokens; t += Lanes.Count)
        {
            var count = p.Tokens - t;
            var x = Vector256.FusedMultiplyAdd(factor, Lanes.Load(input + t, count), Lanes.Load(state + t, count));
            Lanes.Store(x, state + t, count);
            Lanes.Store(x * Lanes.Normal(x).Below * p.Drop(row, t, count), activated + t, count);
        }
    }

    /// <summary>slope = gradient · mask · GELU'(state).</summary>
    /// <returns>Σ slope · input, the gradient of the skip.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Slope(Pointers p, long row, float* input, float* state, float* gradient, float* slope)
    {
        var sum = Vector256<float>.Zero;
        for (var t = 0; t < p.Tokens; t += Lanes.Count)
        {
            var count = p.Tokens - t;
            var x = Lanes.Load(state + t, count);
            var (below, bell) = Lanes.Normal(x);
            var derivative = Vector256.FusedMultiplyAdd(x * Vector256.Create(0.39894228f), bell, below);   // Φ + x φ
            var value = Lanes.Load(gradient + t, count) * derivative * p.Drop(row, t, count);
            Lanes.Store(value, slope + t, count);
            sum = Vector256.FusedMultiplyAdd(value, Lanes.Load(input + t, count), sum);
        }

        return Vector256.Sum(sum);
    }

    /// <summary>to += skip · inner + back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Add(float skip, float* inner, float* back, float* to, int count)
    {
        var factor = Vector256.Create(skip);
        for (var i = 0; i < count; i += Lanes.Count)
        {
            var left = count - i;
            var sum = Vector256.FusedMultiplyAdd(factor, Lanes.Load(inner + i, left), Lanes.Load(back + i, left));
            Lanes.Store(sum + Lanes.Load(to + i, left), to + i, left);
        }
    }

    /// <summary>Zeros.</summary>
    private static float* Room(int floats)
    {
        var room = (float*)NativeMemory.AlignedAlloc((nuint)floats * sizeof(float), 64);
        new Span<float>(room, floats).Clear();
        return room;
    }

    private sealed class Pointers
    {
        private readonly float* _kernels;
        private readonly float* _mask;
        private readonly int _maskWidth;

        public Pointers(Operands operands)
        {
            (Width, Batch, Tokens) = ((int)operands.Input.shape[0], (int)operands.Input.shape[1], (int)operands.Input.shape[2]);
            Causal = operands.Kernels.shape[1] == 1;
            Input = Lanes.Of(operands.Input);
            Skip = Lanes.Of(operands.Skip);
            _kernels = Lanes.Of(operands.Kernels);
            _mask = operands.Mask is null ? null : Lanes.Of(operands.Mask);
            _maskWidth = operands.Mask is null ? 0 : (int)operands.Mask.shape[2];
        }

        public int Width { get; }

        public int Batch { get; }

        public int Tokens { get; }

        public bool Causal { get; }

        /// <summary>Floats of a channel's kernels.</summary>
        public int Lags => Causal ? Tokens : 2 * Tokens;

        public float* Input { get; }

        public float* Skip { get; }

        /// <summary>Floats of a kernel of both signs between zeros, lag 0 in the middle.</summary>
        public int KernelRoom => 2 * (Tokens + ChannelConvolution.Margin + Lanes.Count);

        /// <summary>A channel's one or two kernels as one function of the lag; lag -1 is the second's first value.</summary>
        public void SpreadKernel(int channel, float* room, bool reversed)
        {
            var kernels = _kernels + (long)channel * Lags;
            var lag0 = room + KernelRoom / 2;
            var direction = reversed ? -1 : 1;
            for (var lag = 0; lag < Tokens; lag++)
            {
                lag0[direction * lag] = kernels[lag];
                if (!Causal && lag + 1 < Tokens) lag0[-direction * (lag + 1)] = kernels[Tokens + lag];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Drop(long row, int token, int count) => _maskWidth switch
        {
            0 => Vector256<float>.One,
            1 => Vector256.Create(_mask[row]),
            _ => Lanes.Load(_mask + row * _maskWidth + token, count),
        };
    }
}
