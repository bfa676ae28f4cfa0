using EcgData.Evaluation.Probes;
using EcgData.Evaluation.Tasks;
using EcgData.Models;
using EcgData.Models.Encoders;
using EcgData.Shards;
using EcgData.Training.Tests;
using TorchSharp;

namespace EcgData.Evaluation.Tests;

public sealed class LinearEvaluationTests
{
    private static readonly EncoderOptions Shape = new() { Width = 16, Tokens = 150, S4 = new S4Options { Layers = 1 } };

    private static readonly EvaluationOptions Options = new() { CropSeconds = 1.25, Resamples = 50, Probe = new ProbeOptions { Epochs = 30, Rate = 1e-2 } };

    private static readonly LabelTask Task = new() { Name = "some", Source = "some", LabelPrefix = "is:" };

    /// <summary>Upright or inverted beats are told by any encoder; labels that a coin has thrown, by none.</summary>
    [Fact]
    public async Task Run_PolarityAndACoin_TellsTheOneAndNotTheOther()
    {
        using var corpus = await TinyCorpus.CreateAsync([.. Enumerable.Range(0, 200).Select(number => Beats(number, $"is:{(number / 10 % 2 == 0 ? "upright" : "inverted")}", Coin(number)))]);
        var result = await RunAsync(corpus, Task, seed: 3);

        Assert.Equal((160, 20, 20, 0), (result.TrainingRecords, result.ValidationRecords, result.TestRecords, result.WithoutCrop));
        Assert.Equal(["is:heads", "is:inverted", "is:tails", "is:upright"], result.Pretrained.Classes.Select(one => one.Name));
        foreach (var one in new[] { result.Pretrained, result.Random })
        {
            Assert.Equal(10, one.Classes[1].Positives);
            Assert.Equal(1, one.Classes[1].Auroc);
            Assert.InRange(one.Classes[0].Auroc!.Value, 0.2, 0.8);
            Assert.Equal(one.Classes.Average(score => score.Auroc!.Value), one.MacroAuroc.Point!.Value, 1e-12);
            Assert.InRange(one.MacroAuroc.Point.Value, one.MacroAuroc.Low!.Value - 0.1, one.MacroAuroc.High!.Value + 0.1);
            Assert.InRange(one.Epoch, 1, Options.Probe.Epochs);
        }

        Assert.Equal(result.Pretrained.MacroAuroc.Point!.Value - result.Random.MacroAuroc.Point!.Value, result.Difference.Point!.Value, 1e-12);
    }

    [Fact]
    public async Task Run_TheControlItself_DiffersByNothing()
    {
        using var corpus = await TinyCorpus.CreateAsync([.. Enumerable.Range(0, 60).Select(number => Beats(number, Coin(number)))]);
        var result = await RunAsync(corpus, Task with { LeastRecords = 2 }, KeyedRandom.Combine(Options.Probe.Seed, KeyedRandom.KeyOf("control")));
        Assert.Equal(result.Random.MacroAuroc, result.Pretrained.MacroAuroc);
        Assert.Equal(result.Random.Classes, result.Pretrained.Classes);
        Assert.Equal(new ScoreInterval(0, 0, 0), result.Difference);
    }

    [Fact]
    public async Task Run_Twice_SaysTheSame()
    {
        using var corpus = await TinyCorpus.CreateAsync([.. Enumerable.Range(0, 60).Select(number => Beats(number, Coin(number)))]);
        var (one, two) = (await RunAsync(corpus, Task, seed: 3), await RunAsync(corpus, Task, seed: 3));
        Assert.Equal((one.Pretrained.MacroAuroc, one.Pretrained.MicroAuroc, one.Difference), (two.Pretrained.MacroAuroc, two.Pretrained.MicroAuroc, two.Difference));
        Assert.Equal(one.Pretrained.Classes, two.Pretrained.Classes);
    }

    [Fact]
    public async Task Run_RecordsShorterThanACrop_AreCountedAndLeftOut()
    {
        using var corpus = await TinyCorpus.CreateAsync([.. Enumerable.Range(0, 60).Select(number => Beats(number, Coin(number), seconds: number < 5 ? 1 : 5))]);
        var result = await RunAsync(corpus, Task, seed: 3);
        Assert.Equal((5, 55), (result.WithoutCrop, result.TrainingRecords + result.ValidationRecords + result.TestRecords));
    }

    [Theory]
    [InlineData("another", "is:", 1, "three folds or more")]
    [InlineData("some", "was:", 1, "no class has")]
    [InlineData("some", "is:", 1000, "no class has")]
    public async Task Run_TaskThatTheCorpusDoesNotHave_SaysWhatIsMissing(string source, string prefix, int least, string complaint)
    {
        using var corpus = await TinyCorpus.CreateAsync([.. Enumerable.Range(0, 30).Select(number => Beats(number, Coin(number)))]);
        var error = await Assert.ThrowsAsync<InvalidDataException>(
            () => RunAsync(corpus, Task with { Source = source, LabelPrefix = prefix, LeastRecords = least }, seed: 3));
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NamedClassesAndFolds_AreThose()
    {
        using var corpus = await TinyCorpus.CreateAsync([.. Enumerable.Range(0, 60).Select(number => Beats(number, Coin(number)))]);
        var task = Task with
        {
            Classes = new Dictionary<string, IReadOnlyList<string>> { ["thrown"] = ["is:heads", "is:nothing"] },
            ValidationFolds = [1],
            TestFolds = [2, 3],
        };
        var result = await RunAsync(corpus, task, seed: 3);
        Assert.Equal((42, 6, 12), (result.TrainingRecords, result.ValidationRecords, result.TestRecords));
        Assert.Equal("thrown", Assert.Single(result.Pretrained.Classes).Name);
    }

    private static async Task<LinearResult> RunAsync(TinyCorpus corpus, LabelTask task, ulong seed)
    {
        using var encoder = Encoders.Create(Shape, seed);
        encoder.eval();
        return await LinearEvaluation.RunAsync(corpus.Corpus, corpus.Version, task, encoder, Shape, InputScaling.Millivolt, Options, torch.CPU);
    }

    private static string Coin(int number) => new KeyedRandom(KeyedRandom.Combine(99, (ulong)number)).NextIndex(2) == 0 ? "is:heads" : "is:tails";

    private static StoredSegment Beats(int number, string label, string? second = null, double seconds = 5)
    {
        var made = Some.Segment(number, seconds);
        return made with
        {
            Leads = label == "is:inverted" ? [.. made.Leads.Select(lead => lead!.Select(value => (short)-value).ToArray())] : made.Leads,
            Labels = second is null ? [label] : [label, second],
            LabelWeights = second is null ? [1] : [1, 1],
            Fold = 1 + number % 10,
        };
    }
}
