using System.Text.Json;
using EcgData.Models.Checkpoints;
using EcgData.Models.Objectives;
using EcgData.Tests;

namespace EcgData.Training.Tests;

public sealed class PretrainRunTests
{
    // Past the first epoch, its validation and its checkpoint.
    private const int SettledSteps = 10;

    /// <summary>36 records train and 4 validate: 9 steps an epoch. Stopped in the middle of the first epoch, at its end, and in the second.</summary>
    [Theory]
    [InlineData(ObjectiveKind.Cpc)]
    [InlineData(ObjectiveKind.Data2Vec)]
    [InlineData(ObjectiveKind.DinoSr)]
    [InlineData(ObjectiveKind.Jepa)]
    [InlineData(ObjectiveKind.HubertPlusPlus)]
    public async Task Run_StoppedAndResumed_IsAsIfNeverStopped(ObjectiveKind objective)
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var recipe = TinyRun.Recipe(objective) with { CropSeconds = 2.5 };
        var whole = await TinyRun.RunAsync(corpus, recipe, "whole");
        foreach (var at in (int[])[4, 9, 13])
        {
            using var stop = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => TinyRun.RunAsync(corpus, recipe, "parts", new Steps { After = step => CancelAt(step.Number, at, stop) }, stop.Token));
        }

        var last = await TinyRun.RunAsync(corpus, recipe, "parts");

        Assert.Equal(18, whole.Steps);
        Assert.Equal(2, whole.Epochs);
        Assert.Equal(13, last.ResumedFrom);
        Assert.Equal(whole.Loss, last.Loss);
        Assert.Equal(TinyRun.Digest(corpus, "whole"), TinyRun.Digest(corpus, "parts"));
        Assert.Equal(TinyRun.Metrics(corpus, "whole"), TinyRun.Metrics(corpus, "parts"));
        Assert.Equal(File.ReadAllText(corpus["whole/run.json"]), File.ReadAllText(corpus["parts/run.json"]));
    }

    /// <summary>As a killed process leaves it: nothing is saved after the last checkpoint, and metrics of later steps are there already.</summary>
    [Fact]
    public async Task Run_KilledTwoHundredSteps_IsAsIfNeverKilled()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var recipe = TinyRun.Recipe() with { Epochs = 100, Steps = 200, Schedule = new() { Shape = RateShape.Cosine, WarmUpSteps = 20 }, Optimiser = new() { GradientNorm = 10 } };
        await TinyRun.RunAsync(corpus, recipe, "whole");
        foreach (var at in (int[])[3, 50, 51, 170])
        {
            await Assert.ThrowsAsync<KilledException>(() => TinyRun.RunAsync(corpus, recipe, "parts", new Steps
            {
                After = step =>
                {
                    if (step.Number == at) throw new KilledException();
                },
            }));
        }

        var last = await TinyRun.RunAsync(corpus, recipe, "parts");

        Assert.Equal(200, last.Steps);
        Assert.InRange(last.ResumedFrom, 161, 169);
        Assert.Equal(TinyRun.Digest(corpus, "whole"), TinyRun.Digest(corpus, "parts"));
        Assert.Equal(TinyRun.Metrics(corpus, "whole"), TinyRun.Metrics(corpus, "parts"));
    }

    [Fact]
    public async Task Run_AgainAfterItsEnd_DoesNothing()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var first = await TinyRun.RunAsync(corpus, TinyRun.Recipe(), "run");
        var metrics = TinyRun.Metrics(corpus, "run");
        var again = await TinyRun.RunAsync(corpus, TinyRun.Recipe(), "run");
        Assert.Equal((18, 18, null), (again.Steps, again.ResumedFrom, again.Loss));
        Assert.Equal(first.BestValidationLoss, again.BestValidationLoss);
        Assert.Equal(metrics, TinyRun.Metrics(corpus, "run"));
    }

    [Fact]
    public async Task Run_OtherSeed_IsAnotherRun()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        await TinyRun.RunAsync(corpus, TinyRun.Recipe() with { Steps = 3 }, "one");
        await TinyRun.RunAsync(corpus, TinyRun.Recipe() with { Steps = 3, Seed = 2 }, "two");
        Assert.NotEqual(TinyRun.Digest(corpus, "one"), TinyRun.Digest(corpus, "two"));
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => TinyRun.RunAsync(corpus, TinyRun.Recipe() with { Steps = 4 }, "one"));
        Assert.Contains("another recipe", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Metrics_TellStepsAndValidations()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var steps = new Steps();
        var recipe = TinyRun.Recipe(ObjectiveKind.DinoSr) with { Validation = new() { EverySteps = 5 } };
        var result = await TinyRun.RunAsync(corpus, recipe, "run", steps);
        var lines = TinyRun.Metrics(corpus, "run").TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var training = lines.Where(line => line.TryGetProperty("loss", out _)).ToList();
        Assert.Equal(steps.Select(step => step.Loss), training.Select(line => line.GetProperty("loss").GetDouble()));
        Assert.Equal(Enumerable.Range(1, 18), training.Select(line => line.GetProperty("step").GetInt32()));

        var validations = lines.Except(training).ToList();
        Assert.Equal([5, 9, 10, 15, 18], validations.Select(line => line.GetProperty("step").GetInt32()));
        Assert.Equal(result.BestValidationLoss, validations.Min(line => line.GetProperty("validationLoss").GetDouble()));
        Assert.All(validations, line =>
        {
            var figures = line.GetProperty("figures");
            Assert.InRange(figures.GetProperty("rank").GetDouble(), 1, 8);
            Assert.InRange(figures.GetProperty("perplexity0").GetDouble(), 1, 256);
            Assert.InRange(figures.GetProperty("teacherGap").GetDouble(), 1e-6, 2);
        });
    }

    [Fact]
    public async Task Run_Checkpoints_KeepTheLatestAndTheBest()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        await TinyRun.RunAsync(corpus, TinyRun.Recipe() with { Checkpoints = new() { EverySteps = 5, KeepLast = 3 } }, "run");
        Assert.Equal(
            ["best.safetensors", "step-000000010.safetensors", "step-000000015.safetensors", "step-000000018.safetensors"],
            Directory.EnumerateFiles(corpus["run/checkpoints"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var (encoder, options, input) = EncoderFile.Load(corpus["run/checkpoints/best.safetensors"]);
        using (encoder)
        {
            Assert.True(options.Causal);
            Assert.Equal(150, options.Tokens);
            Assert.False(encoder.training);
            Assert.Equal(Models.InputScaling.Millivolt, input);
        }
    }

    [Fact]
    public async Task Run_ManySteps_KeepsNoTensor()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        foreach (var objective in Enum.GetValues<ObjectiveKind>())
        {
            var steps = new Steps();
            var recipe = TinyRun.Recipe(objective) with { CropSeconds = 2.5, Steps = 60, Epochs = 100, Checkpoints = new() { EverySteps = 20 } };
            await TinyRun.RunAsync(corpus, recipe, $"run-{objective}", steps);
            // The first steps make gradients and pending sums, the first validation a few of its own; from then on each leaves what it found.
            Assert.All(steps.Skip(SettledSteps), step => Assert.Equal(steps[SettledSteps].LiveTensors, step.LiveTensors));
        }
    }

    [Fact]
    public async Task Run_RatesTooHigh_StopsWithReason()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var recipe = TinyRun.Recipe() with { Optimiser = new() { HeadRate = 1e20, BackboneRate = 1e20, StemRate = 1e20 } };
        var result = await TinyRun.RunAsync(corpus, recipe, "run");
        Assert.Contains("diverged", result.Stopped, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_CollapsedByTheRules_StopsForGood()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var recipe = TinyRun.Recipe() with { Epochs = 9, StopRules = new() { LeastRank = 1000, Patience = 2 } };
        var result = await TinyRun.RunAsync(corpus, recipe, "run");
        Assert.Equal((18, 2), (result.Steps, result.Epochs));
        Assert.Contains("rank", result.Stopped, StringComparison.Ordinal);
        var again = await TinyRun.RunAsync(corpus, recipe, "run");
        Assert.Equal((18, result.Stopped), (again.Steps, again.Stopped));
    }

    [Fact]
    public async Task Run_FewerRecordsThanABatch_SaysSo()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => TinyRun.RunAsync(corpus, TinyRun.Recipe() with { Batch = 37 }, "run"));
        Assert.Contains("36 records train", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithoutValidation_TrainsOnAllFolds()
    {
        using var corpus = await TinyCorpus.CreateAsync(40);
        var recipe = TinyRun.Recipe() with { Validation = new() { Folds = ValidationFolds.None } };
        var result = await TinyRun.RunAsync(corpus, recipe, "run");
        Assert.Equal((20, 40, null), (result.Steps, result.CropsPerEpoch, result.BestValidationLoss));
        Assert.False(File.Exists(corpus["run/checkpoints/best.safetensors"]));
    }

    private static void CancelAt(long number, int at, CancellationTokenSource stop)
    {
        if (number == at) stop.Cancel();
    }

    private sealed class KilledException : Exception;
}
