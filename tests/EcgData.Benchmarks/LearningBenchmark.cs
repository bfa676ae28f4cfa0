using System.Diagnostics;
using EcgData.Evaluation.Tests;
using EcgData.Models.Objectives;
using TorchSharp;

namespace EcgData.Benchmarks;

/// <summary>What each objective makes a small encoder know of a corpus whose labels no untrained encoder tells: <see cref="LearnableTask"/>.</summary>
internal static class LearningBenchmark
{
    /// <param name="arguments">Objectives, and seeds as numbers. Default: all five, and 1, 2, 3.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        torch.set_num_threads(1);
        ObjectiveKind[] named = [.. Enum.GetValues<ObjectiveKind>().Where(kind => arguments.Contains(kind.ToString(), StringComparer.OrdinalIgnoreCase))];
        ulong[] seeds = [.. arguments.Where(item => ulong.TryParse(item, out _)).Select(ulong.Parse)];
        using var corpus = await LearnableTask.CreateCorpusAsync();
        Console.WriteLine("macro AUROC of a linear probe, one thread");
        Console.WriteLine("objective       seed  random  untrained  pretrained  last loss  seconds");
        foreach (var objective in named.Length > 0 ? named : Enum.GetValues<ObjectiveKind>())
        {
            foreach (var seed in seeds.Length > 0 ? seeds : [1, 2, 3])
            {
                var time = Stopwatch.StartNew();
                var (random, untrained, pretrained, loss) = await LearnableTask.RunAsync(corpus, objective, seed);
                Console.WriteLine($"{objective,-14}  {seed,4}  {random,6:0.000}  {untrained,9:0.000}  {pretrained,10:0.000}  {loss,9:g4}  {time.Elapsed.TotalSeconds,7:0.0}");
            }
        }

        return 0;
    }
}
