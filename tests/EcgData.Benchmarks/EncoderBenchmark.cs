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

    /// <param name="arguments">Family, batch sizes, "bidirectional", "turns=N"; default S4, 16 and 64, causal, 5.</param>
    public static int Run(string[] arguments)
    {
        var family = arguments.Select(item => Enum.TryParse<EncoderFamily>(item, true, out var known) ? known : default(EncoderFamily?))
            .FirstOrDefault(item => item is not null && !char.IsDigit(arguments[0][0])) ?? EncoderFamily.S4;
        int[] batches = [.. arguments.Where(item => int.TryParse(item, out _)).Select(int.Parse)];
        if (batches.Length == 0) batches = [16, 64];
        var turns = arguments.Where(item => item.StartsWith("turns=", StringComparison.Ordinal)).Select(item => int.Parse(item[6..])).FirstOrDefault(5);
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
        var clock = Stopwatch.StartNew();
        var tokens = encoder.forward(millivolt);
        var forward = clock.Elapsed.TotalSeconds;
        clock.Restart();
        tokens.backward([cotangent]);
        return (forward, clock.Elapsed.TotalSeconds);
    }

    /// <summary>GFLOP/s of three products.</summary>
    private static double Matmul(Tensor square)
    {
        const int Products = 3;
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Products; i++)
        {
            using var product = square.matmul(square);
        }

        return Products * 2.0 * Side * Side * Side / clock.Elapsed.TotalSeconds / 1e9;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
