using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;

namespace EcgData.Benchmarks;

/// <summary>
/// Pretraining as its user starts it, at the study's size: `ecgdata pretrain` as a whole process on a corpus of synthetic PTB-XL records. How long
/// a step takes with its data, what share of the time it waits for them, and the most memory that the process held.
/// </summary>
internal static class PretrainBenchmark
{
    private const int Records = 2_000;

    private static readonly JsonSerializerOptions AsInRecipes = new() { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <param name="arguments">Batch sizes, objectives, encoder families, "steps=N". Default: 16, all objectives, s4, steps=20.</param>
    public static int Run(string[] arguments)
    {
        var objectives = StepBenchmark.Named(arguments, Enum.GetValues<ObjectiveKind>());
        var families = StepBenchmark.Named(arguments, EncoderFamily.S4);
        var batches = StepBenchmark.Batches(arguments);
        var steps = StepBenchmark.Number(arguments, "steps", 20);
        var work = Directory.CreateTempSubdirectory("ecgdata-bench-").FullName;
        try
        {
            var (tree, corpus) = (Path.Join(work, "tree"), Path.Join(work, "corpus"));
            MeasuredProcess.Run(PublishedProgram.Path, "synth", tree, "--source", "ptb-xl", "--records", $"{Records}", "--defects", "0", "--quiet");
            MeasuredProcess.Run(PublishedProgram.Path, "build", "--corpus", corpus, "--source", $"ptb-xl={tree}", "--quiet");
            Console.WriteLine($"{Environment.ProcessorCount} threads, {steps} steps of a run, {Records} records; no validation");
            Console.WriteLine("objective       encoder      batch   step s  crops/s  waiting  peak MiB  start and end s");
            foreach (var objective in objectives)
            {
                foreach (var family in families)
                {
                    foreach (var batch in batches) Measure(work, corpus, objective, family, batch, steps);
                }
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        return 0;
    }

    private static void Measure(string work, string corpus, ObjectiveKind objective, EncoderFamily family, int batch, int steps)
    {
        var runs = Path.Join(work, $"{objective}-{family}-{batch}");
        string[] arguments =
        [
            "pretrain", "--json", "--quiet", "--corpus", corpus, "--runs", runs, "--threads", $"{Environment.ProcessorCount}",
            "--set", $"objective.kind={Named(objective)}", "--set", $"encoder.family={Named(family)}", "--set", $"batch={batch}",
            "--set", $"steps={steps}", "--set", "epochs=1000", "--set", "validation.folds=none", "--set", "checkpoints.everySteps=0",
        ];
        var run = MeasuredProcess.Run(new ProcessStartInfo(PublishedProgram.Path, arguments), out var printed);
        using var result = JsonDocument.Parse(printed);
        double Of(string name) => result.RootElement.GetProperty(name).GetDouble();
        var seconds = batch / Of("cropsPerSecond");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{objective,-14}  {family,-11}  {batch,5}  {seconds,7:f3}  {Of("cropsPerSecond"),7:f1}  {Of("waitingShare"),7:p2}  " +
            $"{run.PeakMemoryBytes / 1048576.0,8:f0}  {run.Seconds - steps * seconds,15:f1}"));
        Directory.Delete(runs, recursive: true);
    }

    /// <summary>As a recipe writes it.</summary>
    private static string Named<T>(T value)
        where T : struct, Enum => JsonSerializer.SerializeToElement(value, AsInRecipes).GetString()!;
}
