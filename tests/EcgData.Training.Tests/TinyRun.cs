using System.Security.Cryptography;
using EcgData.Models.Checkpoints;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using TorchSharp;

namespace EcgData.Training.Tests;

/// <summary>Runs of seconds: width 8 or 16 and crops of 1.25 s.</summary>
internal static class TinyRun
{
    public static PretrainRecipe Recipe(ObjectiveKind objective = ObjectiveKind.Cpc, EncoderFamily family = EncoderFamily.S4, int width = 8) => new()
    {
        Objective = new ObjectiveOptions { Kind = objective },
        Encoder = new EncoderOptions
        {
            Family = family,
            Width = width,
            S4 = new S4Options { Layers = 2 },
            Transformer = new TransformerOptions { Layers = 2, Heads = 2 },
            Net1d = new Net1dOptions { FirstDivisor = 2, StageDivisors = [2, 1], StageBlocks = [1, 1], GroupWidth = 4 },
        },
        CropSeconds = 1.25,
        Batch = 4,
        Epochs = 2,
        OpenRowGroups = 4,
        Checkpoints = new CheckpointOptions { EverySteps = 7 },
        LogEverySteps = 1,
    };

    public static async Task<PretrainResult> RunAsync(
        TinyCorpus corpus, PretrainRecipe recipe, string folder, IProgress<PretrainStep>? progress = null, CancellationToken cancel = default)
    {
        var rows = await TrainingRows.LoadAsync(corpus.Corpus, corpus.Version, subset: null, recipe.Validation.Folds, cancel: CancellationToken.None);
        var plan = PretrainPlan.Create(recipe, rows.Index.SamplingFrequencyHz, corpus.Version.Id, subset: null, certificate: null);
        using var run = new RunFolder(corpus[folder], plan);
        return PretrainRun.Run(plan, rows, run, torch.CPU, TimeProvider.System, progress, cancel);
    }

    /// <summary>SHA-256 over every tensor of the latest checkpoint: weights, teacher, codebooks, moments.</summary>
    public static string Digest(TinyCorpus corpus, string folder)
    {
        using var file = SafetensorsFile.Open(new CheckpointFolder(Path.Join(corpus[folder], "checkpoints"), 2).Latest()!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in file.Header.Entries)
        {
            using var tensor = file.Read(entry.Name);
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(entry.Name));
            hash.AppendData(tensor.bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string Metrics(TinyCorpus corpus, string folder) => File.ReadAllText(Path.Join(corpus[folder], "metrics.jsonl"));
}

/// <summary>What was reported, and a hand on the run after each step.</summary>
internal sealed class Steps : List<PretrainStep>, IProgress<PretrainStep>
{
    public Action<PretrainStep>? After { get; init; }

    public void Report(PretrainStep value)
    {
        Add(value);
        After?.Invoke(value);
    }
}
