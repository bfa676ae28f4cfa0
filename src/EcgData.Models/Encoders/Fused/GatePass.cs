using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders.Fused;

/// <summary>
/// The second half of an S4 block: bias and gate of the doubled channels, dropout, residual and layer normalisation over the
/// channels; and its way back. A task is up to 64 tokens of a crop, whose channels fit the second cache.
/// </summary>
internal static unsafe class GatePass
{
    private const int Columns = 64;
    private const float Epsilon = 1e-5f;

    /// <summary>What both ways work on; all contiguous float tensors.</summary>
    /// <param name="Input">float[width, batch, tokens], the residual stream.</param>
    /// <param name="Doubled">float[2 · width, batch · tokens], without its bias.</param>
    /// <param name="Bias">float[2 · width].</param>
    /// <param name="Mask">float[width, batch, 1 or tokens], or null.</param>
    /// <param name="Weight">float[width], of the norm.</param>
    /// <param name="Shift">float[width], of the norm.</param>
    public sealed record Operands(Tensor Input, Tensor Doubled, Tensor Bias, Tensor? Mask, Tensor Weight, Tensor Shift);

    /// <param name="output">float[width, batch, tokens].</param>
    /// <param name="moments">float[2, batch · tokens]: gets each token's mean and 1 / standard deviation.</param>
    /// <param name="tap">float[width, batch, tokens]: gets the gate's output before the dropout, or null.</param>
    public static void Forward(Operands operands, Tensor output, Tensor moments, Tensor? tap)
    {
        var p = new Pointers(operands);
        var to = Lanes.Of(output);
        var means = Lanes.Of(moments);
        var taps = tap is null ? null : Lanes.Of(tap);
        p.ForEachBlock((_, crop, start, columns) =>
        {
            var sums = (float*)NativeMemory.AlignedAlloc((nuint)(p.Width * Columns) * sizeof(float), 64);
            var first = (long)crop * p.Tokens + start;
            var mean = stackalloc Vector256<float>[Columns / Lanes.Count];
            var scale = stackalloc Vector256<float>[Columns / Lanes.Count];
            for (var channel = 0; channel < p.Width; channel++)
            {
                for (var c = 0; c < columns; c += Lanes.Count)
                {
                    var (value, gate) = p.Gate(channel, first + c, columns - c);
                    var z = value * gate;
                    if (taps is not null) Lanes.Store(z, taps + channel * p.Row + first + c, columns - c);
                    var sum = Vector256.FusedMultiplyAdd(z, p.Drop(channel, crop, start + c, columns - c), p.Stream(channel, first + c, columns - c));
                    sum.Store(sums + channel * Columns + c);
                    mean[c / Lanes.Count] += sum;
                }
            }

            for (var c = 0; c < columns; c += Lanes.Count) mean[c / Lanes.Count] /= Vector256.Create((float)p.Width);
            for (var channel = 0; channel < p.Width; channel++)
            {
                for (var c = 0; c < columns; c += Lanes.Count)
                {
                    var deviation = Vector256.Load(sums + channel * Columns + c) - mean[c / Lanes.Count];
                    scale[c / Lanes.Count] = Vector256.FusedMultiplyAdd(deviation, deviation, scale[c / Lanes.Count]);
                }
            }

            for (var c = 0; c < columns; c += Lanes.Count)
            {
                var variance = scale[c / Lanes.Count] / Vector256.Create((float)p.Width);
                scale[c / Lanes.Count] = Vector256<float>.One / Vector256.Sqrt(variance + Vector256.Create(Epsilon));
                Lanes.Store(mean[c / Lanes.Count], means + first + c, columns - c);
                Lanes.Store(scale[c / Lanes.Count], means + p.Row + first + c, columns - c);
            }

            for (var channel = 0; channel < p.Width; channel++)
            {
                var (weight, shift) = (Vector256.Create(p.Weight[channel]), Vector256.Create(p.Shift[channel]));
                for (var c = 0; c < columns; c += Lanes.Count)
                {
                    var normal = (Vector256.Load(sums + channel * Columns + c) - mean[c / Lanes.Count]) * scale[c / Lanes.Count];
                    Lanes.Store(Vector256.FusedMultiplyAdd(normal, weight, shift), to + channel * p.Row + first + c, columns - c);
                }
            }

            NativeMemory.AlignedFree(sums);
        });
    }

    /// <param name="gradient">float[width, batch, tokens], of the output.</param>
    /// <param name="inputGradient">float[width, batch, tokens]: gets the residual stream's.</param>
    /// <param name="doubledGradient">float[2 · width, batch · tokens].</param>
    /// <param name="channelGradients">float[4, width]: gets the bias's (2), the norm weight's and the norm shift's.</param>
    public static void Backward(
        Operands operands, Tensor moments, Tensor gradient, Tensor inputGradient, Tensor doubledGradient, Tensor channelGradients)
    {
        var p = new Pointers(operands);
        var means = Lanes.Of(moments);
        var g = Lanes.Of(gradient);
        var gx = Lanes.Of(inputGradient);
        var gp = Lanes.Of(doubledGradient);
        var width = p.Width;
        using var partial = empty(p.Blocks, 4, width);
        var parts = Lanes.Of(partial);
        p.ForEachBlock((block, crop, start, columns) =>
        {
            var room = (float*)NativeMemory.AlignedAlloc((nuint)(2 * width * Columns) * sizeof(float), 64);
            var normals = room;
            var gates = room + width * Columns;
            var part = parts + (long)block * 4 * width;
            var first = (long)crop * p.Tokens + start;
            var sum = stackalloc Vector256<float>[Columns / Lanes.Count];
            var product = stackalloc Vector256<float>[Columns / Lanes.Count];
            for (var channel = 0; channel < width; channel++)
            {
                var (weightSum, shiftSum) = (Vector256<float>.Zero, Vector256<float>.Zero);
                var weight = Vector256.Create(p.Weight[channel]);
                for (var c = 0; c < columns; c += Lanes.Count)
                {
                    var count = columns - c;
                    var (value, gate) = p.Gate(channel, first + c, count);
                    var total = Vector256.FusedMultiplyAdd(value * gate, p.Drop(channel, crop, start + c, count), p.Stream(channel, first + c, count));
                    var normal = (total - Lanes.Load(means + first + c, count)) * Lanes.Load(means + p.Row + first + c, count);
                    normal.Store(normals + channel * Columns + c);
                    gate.Store(gates + channel * Columns + c);
                    var incoming = Lanes.Load(g + channel * p.Row + first + c, count);
                    shiftSum += incoming;
                    weightSum = Vector256.FusedMultiplyAdd(incoming, normal, weightSum);
                    var weighted = incoming * weight;
                    sum[c / Lanes.Count] += weighted;
                    product[c / Lanes.Count] = Vector256.FusedMultiplyAdd(weighted, normal, product[c / Lanes.Count]);
                }

                part[2 * width + channel] = Vector256.Sum(weightSum);
                part[3 * width + channel] = Vector256.Sum(shiftSum);
            }

            for (var channel = 0; channel < width; channel++)
            {
                var (valueSum, gateSum) = (Vector256<float>.Zero, Vector256<float>.Zero);
                var (weight, bias) = (Vector256.Create(p.Weight[channel]), Vector256.Create(p.Bias[channel]));
                for (var c = 0; c < columns; c += Lanes.Count)
                {
                    var count = columns - c;
                    var normal = Vector256.Load(normals + channel * Columns + c);
                    var gate = Vector256.Load(gates + channel * Columns + c);
                    var weighted = Lanes.Load(g + channel * p.Row + first + c, count) * weight;
                    var mean = (sum[c / Lanes.Count] + normal * product[c / Lanes.Count]) / Vector256.Create((float)width);
                    var stream = (weighted - mean) * Lanes.Load(means + p.Row + first + c, count);
                    Lanes.Store(stream, gx + channel * p.Row + first + c, count);
                    var value = Lanes.Load(p.Doubled + channel * p.Row + first + c, count) + bias;
                    var gated = stream * p.Drop(channel, crop, start + c, count) * gate;
                    var opened = gated * value * (Vector256<float>.One - gate);
                    Lanes.Store(gated, gp + channel * p.Row + first + c, count);
                    Lanes.Store(opened, gp + (width + channel) * p.Row + first + c, count);
                    valueSum += gated;
                    gateSum += opened;
                }

                part[channel] = Vector256.Sum(valueSum);
                part[width + channel] = Vector256.Sum(gateSum);
            }

            NativeMemory.AlignedFree(room);
        });
        using var all = partial.sum([0]);
        channelGradients.copy_(all);
    }

    private sealed class Pointers
    {
        private readonly float* _input;
        private readonly float* _mask;
        private readonly int _batch;
        private readonly int _maskWidth;

        public Pointers(Operands operands)
        {
            (Width, _batch, Tokens) = ((int)operands.Input.shape[0], (int)operands.Input.shape[1], (int)operands.Input.shape[2]);
            Row = (long)_batch * Tokens;
            _input = Lanes.Of(operands.Input);
            Doubled = Lanes.Of(operands.Doubled);
            Bias = Lanes.Of(operands.Bias);
            Weight = Lanes.Of(operands.Weight);
            Shift = Lanes.Of(operands.Shift);
            _mask = operands.Mask is null ? null : Lanes.Of(operands.Mask);
            _maskWidth = operands.Mask is null ? 0 : (int)operands.Mask.shape[2];
        }

        public int Width { get; }

        public int Tokens { get; }

        /// <summary>Values of a channel: batch · tokens.</summary>
        public long Row { get; }

        public float* Doubled { get; }

        public float* Bias { get; }

        public float* Weight { get; }

        public float* Shift { get; }

        public int Blocks => _batch * BlocksOfCrop;

        private int BlocksOfCrop => (Tokens + Columns - 1) / Columns;

        /// <summary>Calls with the block's number, its crop, its first token and its number of tokens, of several threads.</summary>
        public void ForEachBlock(Action<int, int, int, int> body) => Lanes.For(Blocks, block =>
        {
            var (crop, start) = (block / BlocksOfCrop, block % BlocksOfCrop * Columns);
            body(block, crop, start, Math.Min(Columns, Tokens - start));
        });

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public (Vector256<float> Value, Vector256<float> Gate) Gate(int channel, long column, int count)
        {
            var value = Lanes.Load(Doubled + channel * Row + column, count) + Vector256.Create(Bias[channel]);
            var opening = Lanes.Load(Doubled + (Width + channel) * Row + column, count) + Vector256.Create(Bias[Width + channel]);
            return (value, Lanes.Sigmoid(opening));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Stream(int channel, long column, int count) => Lanes.Load(_input + channel * Row + column, count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<float> Drop(int channel, int crop, int token, int count) => _maskWidth switch
        {
            0 => Vector256<float>.One,
            1 => Vector256.Create(_mask[(long)channel * _batch + crop]),
            _ => Lanes.Load(_mask + ((long)channel * _batch + crop) * Tokens + token, count),
        };
    }
}
