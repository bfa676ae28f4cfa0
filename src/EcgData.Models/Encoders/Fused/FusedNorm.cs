using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders.Fused;

/// <summary>
/// Batch normalisation and ReLU of channels that lie in one piece each: a channel of 64 crops of 300 tokens stays in the second cache
/// while it is summed, normalised and written.
/// </summary>
internal sealed unsafe class FusedNorm : autograd.SingleTensorFunction<FusedNorm>
{
    private const float Epsilon = 1e-5f;

    // Partial sums of so many values are in single precision, sums of them in double.
    private const int Piece = 512;

    public override string Name => nameof(FusedNorm);

    /// <summary>With the batch's own moments, which go into the running ones.</summary>
    /// <param name="input">float[width, values], contiguous.</param>
    /// <param name="weight">float[width]; as <paramref name="shift"/>, <paramref name="runningMean"/> and <paramref name="runningVariance"/>.</param>
    /// <returns>float[width, values], with gradient where it is enabled; owned by the caller.</returns>
    public static Tensor Train(Tensor input, Tensor weight, Tensor shift, Tensor runningMean, Tensor runningVariance, double momentum)
    {
        using var scope = NewDisposeScope();
        var moments = Moments(input, runningMean, runningVariance, (float)momentum);
        return apply(input, weight, shift, moments).MoveToOuterDisposeScope();
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, weight, shift, moments) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3]);
        ctx.save_for_backward([input, weight, shift, moments]);
        var output = empty(input.shape);
        var (width, values) = ((int)input.shape[0], input.shape[1]);
        var from = Lanes.Of(input);
        var to = Lanes.Of(output);
        var (w, b, m) = (new Values(weight), new Values(shift), new Values(moments));
        Lanes.For(width, channel =>
        {
            var scale = w[channel] * m[width + channel];
            var (factor, offset) = (Vector256.Create(scale), Vector256.Create(b[channel] - m[channel] * scale));
            for (var i = channel * values; i < (channel + 1) * values; i += Lanes.Count)
            {
                var count = (int)Math.Min(Lanes.Count, (channel + 1) * values - i);
                Lanes.Store(Vector256.Max(Vector256.FusedMultiplyAdd(Lanes.Load(from + i, count), factor, offset), Vector256<float>.Zero), to + i, count);
            }
        });
        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        SpentGradients.Release();
        var saved = ctx.get_saved_variables();
        var (input, width, values) = (saved[0], (int)saved[0].shape[0], saved[0].shape[1]);
        using var gradient = grad_output.contiguous();
        var (inputGradient, weightGradient, shiftGradient) = (empty(input.shape), empty(width), empty(width));
        var from = Lanes.Of(input);
        var g = Lanes.Of(gradient);
        var to = Lanes.Of(inputGradient);
        var gw = Lanes.Of(weightGradient);
        var gb = Lanes.Of(shiftGradient);
        var (w, b, m) = (new Values(saved[1]), new Values(saved[2]), new Values(saved[3]));
        Lanes.For(width, channel =>
        {
            var (first, end) = (channel * values, (channel + 1) * values);
            var (mean, deviation) = (Vector256.Create(m[channel]), Vector256.Create(m[width + channel]));
            var (weight, shift) = (Vector256.Create(w[channel]), Vector256.Create(b[channel]));
            var (weightSum, shiftSum) = (0.0, 0.0);
            for (var piece = first; piece < end; piece += Piece)
            {
                var (normalPart, part) = (Vector256<float>.Zero, Vector256<float>.Zero);
                for (var i = piece; i < Math.Min(end, piece + Piece); i += Lanes.Count)
                {
                    var count = (int)Math.Min(Lanes.Count, end - i);
                    var normal = (Lanes.Load(from + i, count) - mean) * deviation;
                    var passed = Passed(normal, weight, shift, Lanes.Load(g + i, count));
                    part += passed;
                    normalPart = Vector256.FusedMultiplyAdd(passed, normal, normalPart);
                }

                weightSum += Vector256.Sum(normalPart);
                shiftSum += Vector256.Sum(part);
            }

            (gw[channel], gb[channel]) = ((float)weightSum, (float)shiftSum);
            var factor = weight * deviation;
            var (meanOfNormal, meanOfAll) = (Vector256.Create((float)(weightSum / values)), Vector256.Create((float)(shiftSum / values)));
            for (var i = first; i < end; i += Lanes.Count)
            {
                var count = (int)Math.Min(Lanes.Count, end - i);
                var normal = (Lanes.Load(from + i, count) - mean) * deviation;
                var passed = Passed(normal, weight, shift, Lanes.Load(g + i, count));
                Lanes.Store(factor * (passed - meanOfAll - normal * meanOfNormal), to + i, count);
            }
        });
        foreach (var tensor in saved) tensor.Dispose();
        grad_output.Dispose();
        List<Tensor?> gradients = [inputGradient, weightGradient, shiftGradient, null];
        SpentGradients.Keep(gradients);
        return gradients!;
    }

    /// <summary>The gradient where the ReLU let something through.</summary>
    private static Vector256<float> Passed(Vector256<float> normal, Vector256<float> weight, Vector256<float> shift, Vector256<float> gradient) =>
        Vector256.GreaterThan(Vector256.FusedMultiplyAdd(normal, weight, shift), Vector256<float>.Zero).AsSingle() & gradient;

    /// <returns>float[2, width]: mean and 1 / standard deviation, the variance with divisor n; the running one gets n - 1.</returns>
    private static Tensor Moments(Tensor input, Tensor runningMean, Tensor runningVariance, float momentum)
    {
        var (width, values) = ((int)input.shape[0], input.shape[1]);
        var moments = empty(2, width);
        var from = Lanes.Of(input);
        var (m, mean, variance) = (new Values(moments), new Values(runningMean), new Values(runningVariance));
        Lanes.For(width, channel =>
        {
            var row = from + channel * values;
            var average = Sum(row, values, 0) / values;
            var spread = Sum(row, values, (float)average, squares: true) / values;
            (m[channel], m[width + channel]) = ((float)average, (float)(1 / Math.Sqrt(spread + Epsilon)));
            mean[channel] += momentum * ((float)average - mean[channel]);
            variance[channel] += momentum * ((float)(spread * values / (values - 1)) - variance[channel]);
        });
        return moments;
    }

    /// <summary>Σ x, or Σ (x - origin)².</summary>
    private static double Sum(float* from, long values, float origin, bool squares = false)
    {
        var sum = 0.0;
        var zero = Vector256.Create(origin);
        for (long piece = 0; piece < values; piece += Piece)
        {
            var part = Vector256<float>.Zero;
            var end = Math.Min(values, piece + Piece);
            for (var i = piece; i < end; i += Lanes.Count)
            {
                var count = (int)Math.Min(Lanes.Count, end - i);
                var value = Lanes.Load(from + i, count);
                if (!squares)
                {
                    part += value;
                    continue;
                }

                value -= zero;
                if (count < Lanes.Count) value = Vector256.ConditionalSelect(Lanes.First(count), value, Vector256<float>.Zero);
                part = Vector256.FusedMultiplyAdd(value, value, part);
            }

            sum += Vector256.Sum(part);
        }

        return sum;
    }


    /// <summary>A small tensor's values, for lambdas.</summary>
    private readonly struct Values(Tensor tensor)
    {
        private readonly float* _first = Lanes.Of(tensor);

        public ref float this[int index] => ref _first[index];
    }
}
