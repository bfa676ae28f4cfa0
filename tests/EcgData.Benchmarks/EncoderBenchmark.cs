using System.Diagnostics;
using EcgData.Models;
using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Benchmarks;

/// <summary>
/// Forward and backward of an encoder on crops of 2.5 s, against a plain matrix product in the same process, turn by turn, so that
/// what else the machine does hits both. The numerator is the study's: 1.741 GFLOP a crop forward, three times that with backward.
/// </summary>
internal static class EncoderBenchmark
{
    private const double ForwardGflopPerCrop = 1.741;
    private const int Side = 2048;

    private static Func<double> Now { get; set; } = () => 0;

    /// <param name="arguments">
    /// Batch sizes, a family, "bidirectional", "turns=N", "threads=N", "fresh" to let freed memory go, and "cpu" to count processor time in place of the clock's, which
    /// on a busy machine says more (with threads=1: threads that wait for each other spin). Default: 16 64 s4 turns=5.
    /// </param>
    public static int Run(string[] arguments)
    {
        var family = Enum.GetValues<EncoderFamily>().FirstOrDefault(item => arguments.Contains(item.ToString(), StringComparer.OrdinalIgnoreCase));
        int[] batches = [.. arguments.Where(item => int.TryParse(item, out _)).Select(int.Parse)];
        if (batches.Length == 0) batches = [16, 64];
        int Number(string name, int otherwise) => arguments.Where(item => item.StartsWith(name + "=", StringComparison.Ordinal))
            .Select(item => int.Parse(item[(name.Length + 1)..])).FirstOrDefault(otherwise);
        var turns = Number("turns", 5);
        if (!arguments.Contains("fresh")) FreedMemory.Keep();
        set_num_threads(Number("threads", get_num_threads()));
        Now = arguments.Contains("cpu") ? () => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds : () => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
        var options = new EncoderOptions { Family = family, Causal = !arguments.Contains("bidirectional") };

        using var encoder = Models.Encoders.Encoders.Create(options, seed: 1);
        using var square = rand(Side, Side);
        Console.WriteLine($"{family}, {(options.Causal ? "causal" : "bidirectional")}, {get_num_threads()} threads; medians of {turns}");
        Console.WriteLine("batch  forward s  backward s  GFLOP/s  matmul GFLOP/s  ratio");
        foreach (var batch in batches)
        {
            using var millivolt = randn(batch, options.Leads, options.Tokens * ConvStem.SamplesPerToken);
            using var cotangent = randn(batch, options.Tokens, options.Width);
            var rows = new List<(double Forward, double Backward, double Matmul)>();
            for (var turn = -1; turn < turns; turn++)   // the first warms up
            {
                var before = Matmul(square);
                var (forward, backward) = Step(encoder, millivolt, cotangent);
                if (turn >= 0) rows.Add((forward, backward, (before + Matmul(square)) / 2));
            }

            var (f, b, m) = (Median(rows.Select(row => row.Forward)), Median(rows.Select(row => row.Backward)), Median(rows.Select(row => row.Matmul)));
            var ratio = Median(rows.Select(row => 3 * ForwardGflopPerCrop * batch / (row.Forward + row.Backward) / row.Matmul));
            Console.WriteLine($"{batch,5}  {f,9:f3}  {b,10:f3}  {3 * ForwardGflopPerCrop * batch / (f + b),7:f1}  {m,14:f1}  {ratio,5:f3}");
        }

        return 0;
    }

    private static (double Forward, double Backward) Step(Encoder encoder, Tensor millivolt, Tensor cotangent)
    {
        using var scope = NewDisposeScope();
        var start = Now();
        var tokens = encoder.forward(millivolt);
        var middle = Now();
        tokens.backward([cotangent]);
        return (middle - start, Now() - middle);
    }

    /// <summary>GFLOP/s of three products.</summary>
    private static double Matmul(Tensor square)
    {
        const int Products = 3;
        var start = Now();
        for (var i = 0; i < Products; i++)
        {
            using var product = square.matmul(square);
        }

        return Products * 2.0 * Side * Side * Side / (Now() - start) / 1e9;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
