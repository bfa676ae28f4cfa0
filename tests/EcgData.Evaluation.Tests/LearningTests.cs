using EcgData.Models.Objectives;

namespace EcgData.Evaluation.Tests;

/// <summary>
/// Pretraining brings an encoder to know what its labels would have told it, and what it does not know untrained.
/// ECGDATA_LEARNING_SEEDS sets how many seeds are tried; the harness <c>learning</c> of EcgData.Benchmarks prints all objectives.
/// </summary>
public sealed class LearningTests
{
    private static int Seeds => int.Parse(Environment.GetEnvironmentVariable("ECGDATA_LEARNING_SEEDS") ?? "1");

    [Fact]
    public async Task Cpc_OrderOfWaves_IsToldAfterPretrainingAndNotBefore()
    {
        using var corpus = await LearnableTask.CreateCorpusAsync();
        for (ulong seed = 1; seed <= (ulong)Seeds; seed++)
        {
            var (random, untrained, pretrained, _) = await LearnableTask.RunAsync(corpus, ObjectiveKind.Cpc, seed);
            Assert.True(random < 0.9 && untrained < 0.9, $"seed {seed}: untrained already {random:0.000} and {untrained:0.000}");
            Assert.True(pretrained > Math.Max(random, untrained) + 0.1, $"seed {seed}: {pretrained:0.000} pretrained, {random:0.000} and {untrained:0.000} untrained");
        }
    }
}
