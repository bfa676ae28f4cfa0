using System.Diagnostics;
using EcgData.Models.Encoders;
using EcgData.Models.Encoders.Fused;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Benchmarks;

/// <summary>
/// The ways to a long convolution, forward and backward: Fourier transform, [tokens, tokens] matrix of each channel, direct sums; and
/// the other parts of an S4 block beside them. One thread, processor time: other work on the machine then counts little.
/// </summary>
internal static class ConvolutionBenchmark
{
    private const int Width = 512;
    private const int Tokens = 300;

    /// <param name="arguments">Batch sizes, "turns=N"; default 16 and 3.</param>
    public static int Run(string[] arguments)
    {
        set_num_threads(1);
        var turns = arguments.Where(item => item.StartsWith("turns=", StringComparison.Ordinal)).Select(item => int.Parse(item[6..])).FirstOrDefault(3);
        int[] batches = [.. arguments.Where(item => int.TryParse(item, out _)).Select(int.Parse)];
        Console.WriteLine($"ms of processor time, one thread, medians of {turns}; width {Width}, {Tokens} tokens");
        foreach (var batch in batches.Length == 0 ? [16] : batches)
        {
            foreach (var causal in (bool[])[true, false]) Compare(batch, causal, turns);
        }

        return 0;
    }

    private static void Compare(int batch, bool causal, int turns)
    {
        using var scope = NewDisposeScope();
        var input = randn(Width, batch, Tokens).requires_grad_();
        var kernels = (randn(Width, causal ? 1 : 2, Tokens) / 17).requires_grad_();
        var cotangent = randn(Width, batch, Tokens);
        Console.WriteLine($"batch {batch}, {(causal ? "causal" : "bidirectional")}");
        Graph("  Fourier transform", () => LongConvolution.Apply(input, kernels, causal), cotangent, turns);
        Graph("  matrix of each channel", () => ByMatrix(input, kernels, causal), cotangent, turns);

        using var noGradient = no_grad();
        var (state, activated, skip) = (empty(Width, batch, Tokens), empty(Width, batch, Tokens), randn(1, Width));
        var (stream, kernelGradient, skipGradient) = (zeros(Width, batch, Tokens), empty(kernels.shape), empty(1, Width));
        var operandsOfFirst = new ConvolutionPass.Operands(input, kernels, skip, null);
        Print(
            "  direct, with skip, GELU",
            Time(turns, () => ConvolutionPass.Forward(operandsOfFirst, state, activated)),
            Time(turns, () => ConvolutionPass.Backward(operandsOfFirst, state, cotangent, stream, kernelGradient, skipGradient)));

        var (weight, flat) = (randn(2 * Width, Width), activated.view(Width, -1));
        var doubled = weight.mm(flat);
        var operands = new GatePass.Operands(input, doubled, randn(2 * Width), null, randn(Width), randn(Width));
        var (output, moments, gradients, doubledGradient) = (empty(input.shape), empty(2, batch * Tokens), empty(4, Width), empty_like(doubled));
        Print(
            "  gate, residual, norm",
            Time(turns, () => GatePass.Forward(operands, output, moments, null)),
            Time(turns, () => GatePass.Backward(operands, moments, cotangent, stream, doubledGradient, gradients)));
        Print(
            "  linear map",
            Time(turns, () => weight.mm(flat).Dispose()),
            Time(turns, () =>
            {
                using var inner = NewDisposeScope();
                doubledGradient.mm(flat.t());
                weight.t().mm(doubledGradient);
            }));
        var (width, values) = (Width, batch * Tokens);
        Print(
            $"  the same at the rate of 2048³: {RateGflop(turns):f1} GFLOP/s", 2e-6 * 2 * width * width * values / RateGflop(1), 4e-6 * 2 * width * width * values / RateGflop(1));
    }

    /// <summary>y_h = T_h u_h, where T_h holds the kernel along its diagonals.</summary>
    private static Tensor ByMatrix(Tensor input, Tensor kernels, bool causal)
    {
        using var scope = NewDisposeScope();
        var back = kernels.select(1, 0);
        var ahead = causal ? zeros(Width, Tokens - 1) : kernels.select(1, 1).narrow(1, 0, Tokens - 1);
        var line = cat([ahead.flip(1), back], 1);                                        // lags 1 - tokens to tokens - 1
        var matrix = line.unfold(1, Tokens, 1).flip(2);                                  // [width, to, from]
        return input.matmul(matrix.transpose(1, 2)).MoveToOuterDisposeScope();
    }

    private static void Graph(string what, Func<Tensor> forward, Tensor cotangent, int turns)
    {
        var (forwards, backwards) = (new List<double>(), new List<double>());
        for (var turn = -1; turn < turns; turn++)
        {
            using var scope = NewDisposeScope();
            Tensor? output = null;
            var first = Time(1, () => output = forward());
            var second = Time(1, () => output!.backward([cotangent]));
            if (turn < 0) continue;
            forwards.Add(first);
            backwards.Add(second);
        }

        Print(what, Median(forwards), Median(backwards));
    }

    private static double RateGflop(int turns)
    {
        const int Side = 2048;
        using var square = randn(Side, Side);
        return 2e-6 * Side * Side * Side / Time(turns, () => square.mm(square).Dispose());
    }

    private static double Time(int turns, Action action)
    {
        if (turns > 1) action();
        var times = new List<double>();
        for (var turn = 0; turn < turns; turn++)
        {
            var start = Process.GetCurrentProcess().TotalProcessorTime;
            action();
            times.Add((Process.GetCurrentProcess().TotalProcessorTime - start).TotalMilliseconds);
        }

        return Median(times);
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static void Print(string what, double forward, double backward) => Console.WriteLine($"{what,-60} {forward,8:f0} {backward,8:f0}");
}
