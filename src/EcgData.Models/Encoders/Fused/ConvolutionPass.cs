using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders.Fused;

/// <summary>
/// The first half of an S4 layer, channel by channel: long convolution, skip, GELU and dropout; and its way back. What a channel
/// needs, 64 crops of 300 tokens, stays in the second cache from the first sum to the last.
/// </summary>
internal static unsafe class ConvolutionPass
{
    /// <param name="input">float[width, batch, tokens], as all tensors of the pass contiguous.</param>
    /// <param name="kernels">float[width, 1 or 2, tokens].</param>
    /// <param name="skip">float[width].</param>
    /// <param name="mask">float[width, batch, 1 or tokens], or null.</param>
    /// <param name="state">float[width, batch, tokens]: gets what goes into GELU, for the way back.</param>
    /// <param name="activated">float[width, batch, tokens]: gets the result; may be <paramref name="state"/> itself where there is no way back.</param>
    public static void Forward(Tensor input, Tensor kernels, Tensor skip, Tensor? mask, bool causal, Tensor state, Tensor activated)
    {
        var (width, batch, tokens) = ((int)input.shape[0], (int)input.shape[1], (int)input.shape[2]);
        var from = Lanes.Of(input);
        var kernel = Lanes.Of(kernels);
        var d = Lanes.Of(skip);
        var v = Lanes.Of(state);
        var a = Lanes.Of(activated);
        var drop = mask is null ? null : Lanes.Of(mask);
        var dropWidth = mask is null ? 0 : (int)mask.shape[2];
        var lags = causal ? tokens : 2 * tokens;
        Lanes.For(width, channel =>
        {
            var taps = new TwoSided(kernel + (long)channel * lags, tokens, causal, reversed: false);
            var offset = (long)channel * batch * tokens;
            ChannelConvolution.Apply(from + offset, taps.Lag0, v + offset, batch, tokens, back: true, ahead: !causal);
            var factor = Vector256.Create(d[channel]);
            for (var crop = 0; crop < batch; crop++)
            {
                var row = offset + (long)crop * tokens;
                for (var t = 0; t < tokens; t += Lanes.Count)
                {
                    var count = tokens - t;
                    var x = Vector256.FusedMultiplyAdd(factor, Lanes.Load(from + row + t, count), Lanes.Load(v + row + t, count));
                    Lanes.Store(x, v + row + t, count);
                    var y = x * Lanes.Normal(x).Below;
                    if (drop is not null) y *= Drop(drop, dropWidth, (long)channel * batch + crop, t, count);
                    Lanes.Store(y, a + row + t, count);
                }
            }

            taps.Free();
        });
    }

    /// <param name="gradient">float[width, batch, tokens], of the result.</param>
    /// <param name="residual">float[width, batch, tokens]: gets the input's gradient added to what it holds.</param>
    /// <param name="kernelGradient">float[width, 1 or 2, tokens].</param>
    /// <param name="skipGradient">float[width].</param>
    public static void Backward(
        Tensor input, Tensor kernels, Tensor skip, Tensor? mask, bool causal, Tensor state, Tensor gradient,
        Tensor residual, Tensor kernelGradient, Tensor skipGradient)
    {
        var (width, batch, tokens) = ((int)input.shape[0], (int)input.shape[1], (int)input.shape[2]);
        var from = Lanes.Of(input);
        var kernel = Lanes.Of(kernels);
        var d = Lanes.Of(skip);
        var v = Lanes.Of(state);
        var g = Lanes.Of(gradient);
        var gx = Lanes.Of(residual);
        var gk = Lanes.Of(kernelGradient);
        var gd = Lanes.Of(skipGradient);
        var drop = mask is null ? null : Lanes.Of(mask);
        var dropWidth = mask is null ? 0 : (int)mask.shape[2];
        var lags = causal ? tokens : 2 * tokens;
        Lanes.For(width, channel =>
        {
            var padded = ChannelConvolution.PaddedTokens(tokens);
            var room = (float*)NativeMemory.AlignedAlloc((nuint)(2 * batch * tokens + 2 * batch * padded + 3 * padded) * sizeof(float), 64);
            var inner = room;
            var back = room + batch * tokens;
            var paddedInput = back + batch * tokens;
            var paddedInner = back + batch * tokens + batch * padded;
            var offset = (long)channel * batch * tokens;
            var taps = new TwoSided(kernel + (long)channel * lags, tokens, causal, reversed: true);

            var skipSum = 0.0;
            for (var crop = 0; crop < batch; crop++)
            {
                var row = offset + (long)crop * tokens;
                var sum = Vector256<float>.Zero;
                for (var t = 0; t < tokens; t += Lanes.Count)
                {
                    var count = tokens - t;
                    var x = Lanes.Load(v + row + t, count);
                    var (below, bell) = Lanes.Normal(x);
                    var slope = Vector256.FusedMultiplyAdd(x * Vector256.Create(0.39894228f), bell, below);
                    var value = Lanes.Load(g + row + t, count) * slope;
                    if (drop is not null) value *= Drop(drop, dropWidth, (long)channel * batch + crop, t, count);
                    Lanes.Store(value, inner + crop * tokens + t, count);
                    sum = Vector256.FusedMultiplyAdd(value, Lanes.Load(from + row + t, count), sum);
                }

                skipSum += Vector256.Sum(sum);
                ChannelConvolution.Pad(from + row, paddedInput + crop * padded, tokens, before: 0);
                ChannelConvolution.Pad(inner + crop * tokens, paddedInner + crop * padded, tokens, ChannelConvolution.LagBlock);
            }

            gd[channel] = (float)skipSum;
            ChannelConvolution.Apply(inner, taps.Lag0, back, batch, tokens, back: !causal, ahead: true);
            var factor = Vector256.Create(d[channel]);
            for (var i = 0; i < batch * tokens; i += Lanes.Count)
            {
                var count = batch * tokens - i;
                var sum = Vector256.FusedMultiplyAdd(factor, Lanes.Load(inner + i, count), Lanes.Load(back + i, count));
                Lanes.Store(sum + Lanes.Load(gx + offset + i, count), gx + offset + i, count);
            }

            var lag0 = paddedInner + batch * padded + padded;
            ChannelConvolution.KernelGradient(paddedInput, paddedInner, lag0, batch, tokens, causal ? 0 : 1 - tokens, tokens);
            var to = gk + (long)channel * lags;
            for (var lag = 0; lag < tokens; lag++)
            {
                to[lag] = lag0[lag];
                if (!causal) to[tokens + lag] = lag + 1 < tokens ? lag0[-1 - lag] : 0;
            }

            taps.Free();
            NativeMemory.AlignedFree(room);
        });
    }

    private static Vector256<float> Drop(float* mask, int maskWidth, long row, int token, int count) =>
        maskWidth == 1 ? Vector256.Create(mask[row]) : Lanes.Load(mask + row * maskWidth + token, count);

    /// <summary>A channel's one or two kernels as one function of the lag, zero elsewhere: lag -1 is the second's first value.</summary>
    private readonly struct TwoSided
    {
        private readonly float* _room;

        public TwoSided(float* kernels, int tokens, bool causal, bool reversed)
        {
            var half = tokens + ChannelConvolution.Margin + Lanes.Count;
            _room = (float*)NativeMemory.AllocZeroed((nuint)(2 * half), sizeof(float));
            Lag0 = _room + half;
            var direction = reversed ? -1 : 1;
            for (var lag = 0; lag < tokens; lag++)
            {
                Lag0[direction * lag] = kernels[lag];
                if (!causal && lag + 1 < tokens) Lag0[-direction * (lag + 1)] = kernels[tokens + lag];
            }
        }

        public float* Lag0 { get; }

        public void Free() => NativeMemory.Free(_room);
    }
}
