using System.Diagnostics;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EcgData.Benchmarks;

/// <summary>
/// A whole training step at the study's size: loss, backward, AdamW with three rates, what follows the step. Beside it a plain matrix
/// product in the same process, turn by turn, so that what else the machine does hits both.
/// </summary>
internal static class StepBenchmark
{
    private const int Side = 2048;

    // The study's estimate for S4, GFLOP a crop: three times the student's path, once the teacher's.
    private static readonly Dictionary<ObjectiveKind, double> GflopPerCrop = new()
    {
        [ObjectiveKind.Cpc] = 6.0,
        [ObjectiveKind.HubertPlusPlus] = 7.8,
        [ObjectiveKind.Data2Vec] = 8.4,
        [ObjectiveKind.DinoSr] = 8.4,
        [ObjectiveKind.Jepa] = 8.4,
    };

    private static Func<double> Now { get; set; } = () => 0;

    /// <param name="arguments">
    /// Batch sizes, objectives, encoder families ("all" of both), "turns=N", "threads=N", and "cpu" to count processor time in place of the
    /// clock's. Default: 16, cpc, s4, turns=3.
    /// </param>
    public static int Run(string[] arguments)
    {
        var turns = Number(arguments, "turns", 3);
        set_num_threads(Number(arguments, "threads", get_num_threads()));
        Now = arguments.Contains("cpu") ? () => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds : () => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

        using var square = rand(Side, Side);
        Console.WriteLine($"{get_num_threads()} threads, {(arguments.Contains("cpu") ? "processor" : "wall-clock")} time, medians of {turns} turns");
        Console.WriteLine("objective       encoder      batch   loss s  backward s  AdamW s  after s   step s  GFLOP/s  matmul  ratio  peak MiB");
        foreach (var objective in Named(arguments, ObjectiveKind.Cpc))
        {
            foreach (var family in Named(arguments, EncoderFamily.S4))
            {
                foreach (var batch in Batches(arguments)) Measure(objective, family, batch, turns, square);
            }
        }

        return 0;
    }

    /// <summary>The values of an enumeration that the arguments name, all of them for "all"; <paramref name="otherwise"/> where they name none.</summary>
    public static T[] Named<T>(string[] arguments, params T[] otherwise)
        where T : struct, Enum
    {
        T[] named = [.. Enum.GetValues<T>().Where(item => arguments.Contains("all") || arguments.Contains(item.ToString(), StringComparer.OrdinalIgnoreCase))];
        return named.Length > 0 ? named : otherwise;
    }

    /// <summary>The numbers among the arguments; 16 where there are none.</summary>
    public static int[] Batches(string[] arguments)
    {
        int[] batches = [.. arguments.Where(item => int.TryParse(item, out _)).Select(int.Parse)];
        return batches.Length > 0 ? batches : [16];
    }

    /// <summary>N of an argument "name=N".</summary>
    public static int Number(string[] arguments, string name, int otherwise) =>
        arguments.Where(item => item.StartsWith(name + "=", StringComparison.Ordinal)).Select(item => int.Parse(item[(name.Length + 1)..]))
            .FirstOrDefault(otherwise);

    private static void Measure(ObjectiveKind kind, EncoderFamily family, int batch, int turns, Tensor square)
    {
        File.WriteAllText("/proc/self/clear_refs", "5");   // the peak from here on
        var options = new ObjectiveOptions { Kind = kind };
        var shape = new EncoderOptions { Family = family, Causal = Objectives.NeedsCausalEncoder(options) };
        using var student = Encoders.Create(shape, seed: 1);
        using var objective = Objectives.Create(options, student, shape, seed: 2);
        using var optimiser = optim.AdamW(
            [
                new AdamW.ParamGroup(objective.HeadParameters(), lr: 3e-3, weight_decay: 1e-3),
                new AdamW.ParamGroup([.. objective.MaskParameters(), .. student.Backbone.parameters()], lr: 3e-4, weight_decay: 1e-3),
                new AdamW.ParamGroup(student.Stem.parameters(), lr: 3e-5, weight_decay: 1e-3),
            ]);
        using var millivolt = 0.2 * randn(batch, shape.Leads, shape.Tokens * ConvStem.SamplesPerToken);
        var rows = new List<Turn>();
        for (var turn = -1; turn < turns; turn++)   // the first warms up, and seeds prototypes
        {
            var before = Matmul(square);
            var row = Step(student, objective, optimiser, millivolt, (ulong)(turn + 1));
            if (turn >= 0) rows.Add(row with { Matmul = (before + Matmul(square)) / 2 });
        }

        double Of(Func<Turn, double> value) => Median(rows.Select(value));
        var flop = family == EncoderFamily.S4 ? GflopPerCrop[kind] * batch : double.NaN;   // the study has no estimate for the others
        Console.WriteLine(
            $"{kind,-14}  {family,-11}  {batch,5}  {Of(row => row.Loss),7:f3}  {Of(row => row.Backward),10:f3}  {Of(row => row.Optimiser),7:f3}  " +
            $"{Of(row => row.After),7:f3}  {Of(row => row.Seconds),7:f3}  {flop / Of(row => row.Seconds),7:f1}  {Of(row => row.Matmul),6:f1}  " +
            $"{Of(row => flop / row.Seconds / row.Matmul),5:f3}  {PeakMebibytes(),8}");
    }

    private static Turn Step(Encoder student, Objective objective, optim.Optimizer optimiser, Tensor millivolt, ulong step)
    {
        using var scope = NewDisposeScope();
        manual_seed((long)step);
        optimiser.zero_grad();
        var start = Now();
        var loss = objective.Loss(student, millivolt, step).Value;
        var forward = Now();
        loss.backward();
        var backward = Now();
        optimiser.step();
        var stepped = Now();
        objective.AfterStep(student);
        return new(forward - start, backward - forward, stepped - backward, Now() - stepped, 0);
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

    private static long PeakMebibytes() => MeasuredProcess.HighWaterMark(Environment.ProcessId) >> 20;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Seconds of the parts of a step; the matrix product beside it in GFLOP/s.</summary>
    private sealed record Turn(double Loss, double Backward, double Optimiser, double After, double Matmul)
    {
        public double Seconds => Loss + Backward + Optimiser + After;
    }
}
