using EcgData.Models.Encoders;
using EcgData.Models.Objectives;

namespace EcgData.Training;

/// <summary>A pretraining run: objective × encoder × subset × schedule. The defaults are the study's. Schema: pretrain-recipe.schema.json.</summary>
public sealed record PretrainRecipe
{
    /// <summary>The corpus, a folder; the command line may name another. No part of the run's identity: the version is.</summary>
    public string? Corpus { get; init; }

    /// <summary>Id of the corpus version; null: the current one.</summary>
    public string? Version { get; init; }

    /// <summary>A subset manifest; null: all rows of the version. No part of the run's identity: the subset's digest is.</summary>
    public string? Subset { get; init; }

    /// <summary>Decides starting weights, order, crops, masks, negatives and dropout.</summary>
    public ulong Seed { get; init; } = 1;

    public ObjectiveOptions Objective { get; init; } = new();

    /// <summary>Its tokens follow from the length of a crop, and it is made causal where the objective needs that.</summary>
    public EncoderOptions Encoder { get; init; } = new();

    /// <summary>Length of a crop in seconds.</summary>
    public double CropSeconds { get; init; } = 2.5;

    /// <summary>Crops of a step; an epoch's last batch is left out where it would be short.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Passes over the training records, one crop of each per pass.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Steps after which the run ends even within an epoch; null: none.</summary>
    public long? Steps { get; init; }

    /// <summary>Row groups that the reading order mixes, see <c>OrderOptions.OpenRowGroups</c>.</summary>
    public int OpenRowGroups { get; init; } = 64;

    public OptimiserOptions Optimiser { get; init; } = new();

    public RateScheduleOptions Schedule { get; init; } = new();

    public ValidationOptions Validation { get; init; } = new();

    public StopRules StopRules { get; init; } = new();

    public CheckpointOptions Checkpoints { get; init; } = new();

    /// <summary>Steps from one line of metrics to the next.</summary>
    public long LogEverySteps { get; init; } = 10;
}

/// <summary>AdamW and its three groups.</summary>
public sealed record OptimiserOptions
{
    /// <summary>Of the objective's head.</summary>
    public double HeadRate { get; init; } = 3e-3;

    /// <summary>Of the backbone and the mask vector: the study's published code has a tenth of the head's.</summary>
    public double BackboneRate { get; init; } = 3e-4;

    /// <summary>Of the stem: a hundredth.</summary>
    public double StemRate { get; init; } = 3e-5;

    /// <summary>On every parameter, norms and biases too.</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>Largest norm of all gradients together; null: they are not clipped.</summary>
    public double? GradientNorm { get; init; }
}

public enum ValidationFolds
{
    /// <summary>The last fold that each source has among the rows, as in the study.</summary>
    Largest,

    /// <summary>Every fold trains; there is no validation loss.</summary>
    None,
}

/// <summary>The loss on records that are not trained on: after every epoch, on all crops that do not overlap, in stored order.</summary>
public sealed record ValidationOptions
{
    public ValidationFolds Folds { get; init; } = ValidationFolds.Largest;

    /// <summary>Batches at most: a share of the fold where it is large. 0: all of it.</summary>
    public int LargestBatches { get; init; } = 256;

    /// <summary>Besides the end of each epoch, after every so many steps; 0: not.</summary>
    public long EverySteps { get; init; }
}

/// <summary>
/// When a run is stopped because it has collapsed. Rank and variance are those of the encoder's output on the first validation batch (of the
/// training rows where no fold validates), looked at with every validation.
/// </summary>
public sealed record StopRules
{
    /// <summary>Least effective rank of the tokens.</summary>
    public double LeastRank { get; init; } = 1.5;

    /// <summary>Least variance of the tokens, mean over the width.</summary>
    public double LeastVariance { get; init; } = 1e-6;

    /// <summary>Least perplexity of a codebook, mean over the validation's batches.</summary>
    public double LeastPerplexity { get; init; } = 1.5;

    /// <summary>Greatest distance of an averaged teacher's weights from the student's, over the student's norm.</summary>
    public double GreatestTeacherGap { get; init; } = 2;

    /// <summary>Looks in a row that have to be bad; 0: nothing but a loss that is no number stops the run.</summary>
    public int Patience { get; init; } = 3;
}

public sealed record CheckpointOptions
{
    /// <summary>Steps from one to the next; there is one at the end of every epoch too. 0: only there.</summary>
    public long EverySteps { get; init; } = 1000;

    /// <summary>How many of the latest are kept; the one of the least validation loss is kept besides.</summary>
    public int KeepLast { get; init; } = 2;
}
