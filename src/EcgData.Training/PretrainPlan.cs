using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using EcgData.Shards;

namespace EcgData.Training;

/// <summary>
/// A recipe with everything filled in and the data pinned: what a run is a function of, and so what it is named by. Paths are no part of
/// it; a corpus may move.
/// </summary>
/// <param name="Recipe">Resolved: encoder and length fit each other and the objective; no paths.</param>
/// <param name="Version">Id of the corpus version.</param>
/// <param name="Subset">Digest of the subset manifest; null: all rows.</param>
/// <param name="Certificate">Digest of the certificate that evaluation patients were left out; null: there is none.</param>
public sealed record PretrainPlan(PretrainRecipe Recipe, string Version, string? Subset, string? Certificate)
{
    /// <summary>SHA-256, hex, of the plan as one line of JSON.</summary>
    [JsonIgnore]
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(this, CorpusJson.Compact)));

    /// <summary>Name of its folder below <c>runs/</c>, <c>cpc-s4-0123456789ab</c>.</summary>
    [JsonIgnore]
    public string RunId => $"{Recipe.Objective.Kind}-{Recipe.Encoder.Family}-{Hash[..12]}".ToLowerInvariant();

    /// <param name="samplingFrequencyHz">Of the corpus.</param>
    /// <exception cref="ArgumentException">A value that is not possible; the message names its key.</exception>
    public static PretrainPlan Create(PretrainRecipe recipe, int samplingFrequencyHz, string version, string? subset, string? certificate)
    {
        Check(recipe);
        var samples = (int)Math.Round(recipe.CropSeconds * samplingFrequencyHz);
        var encoder = recipe.Encoder with
        {
            Tokens = (samples + ConvStem.SamplesPerToken - 1) / ConvStem.SamplesPerToken,
            Causal = recipe.Encoder.Causal || Objectives.NeedsCausalEncoder(recipe.Objective),
        };
        return new PretrainPlan(recipe with { Corpus = null, Version = null, Subset = null, Encoder = encoder }, version, subset, certificate);
    }

    private static void Check(PretrainRecipe recipe)
    {
        Hold(recipe.CropSeconds is > 0 and <= 600, "cropSeconds", recipe.CropSeconds, "more than 0, and 600 at most");
        Hold(recipe.Batch is >= 1 and <= 65536, "batch", recipe.Batch, "1 to 65536");
        Hold(recipe.Epochs >= 1, "epochs", recipe.Epochs, "1 or more");
        Hold(recipe.Steps is null or >= 1, "steps", recipe.Steps ?? 0, "1 or more, or null");
        Hold(recipe.LogEverySteps >= 1, "logEverySteps", recipe.LogEverySteps, "1 or more");
        Hold(recipe.OpenRowGroups >= 1, "openRowGroups", recipe.OpenRowGroups, "1 or more");
        Hold(recipe.Checkpoints.KeepLast >= 1, "checkpoints.keepLast", recipe.Checkpoints.KeepLast, "1 or more");
        Hold(recipe.Checkpoints.EverySteps >= 0, "checkpoints.everySteps", recipe.Checkpoints.EverySteps, "0 or more");
        Hold(recipe.Validation.EverySteps >= 0, "validation.everySteps", recipe.Validation.EverySteps, "0 or more");
        Hold(recipe.Validation.LargestBatches >= 0, "validation.largestBatches", recipe.Validation.LargestBatches, "0 or more");
        var optimiser = recipe.Optimiser;
        Hold(optimiser.HeadRate >= 0, "optimiser.headRate", optimiser.HeadRate, "0 or more");
        Hold(optimiser.BackboneRate >= 0, "optimiser.backboneRate", optimiser.BackboneRate, "0 or more");
        Hold(optimiser.StemRate >= 0, "optimiser.stemRate", optimiser.StemRate, "0 or more");
        Hold(optimiser.WeightDecay >= 0, "optimiser.weightDecay", optimiser.WeightDecay, "0 or more");
        Hold(optimiser.GradientNorm is null or > 0, "optimiser.gradientNorm", optimiser.GradientNorm ?? 0, "more than 0, or null");
        Hold(recipe.Schedule.WarmUpSteps >= 0, "schedule.warmUpSteps", recipe.Schedule.WarmUpSteps, "0 or more");
        Hold(recipe.Schedule.End is >= 0 and <= 1, "schedule.end", recipe.Schedule.End, "0 to 1");
        Hold(recipe.Schedule.Cycles is >= 1 and <= 1_000_000, "schedule.cycles", recipe.Schedule.Cycles, "1 to 1000000");
    }

    private static void Hold(bool holds, string key, double found, string expected)
    {
        if (!holds) throw new ArgumentException($"The recipe's key {key} is {found}; expected {expected}. Correct it in the recipe or by --set.");
    }
}
