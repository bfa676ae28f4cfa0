using EcgData.Models.Encoders;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>
/// A pretraining task: its head, mask vector, teacher and codebooks. All that it learns or counts is a parameter or a buffer, so its
/// <c>state_dict</c> is its whole state; all that it draws follows from the step's key, so it has no generator.
/// </summary>
/// <remarks>An objective never asks which encoder it has.</remarks>
public abstract class Objective(string name) : nn.Module(name)
{
    /// <summary>What the objective scales its input by before the student sees it; belongs to the metadata of the encoder that it makes.</summary>
    public abstract InputScaling Input { get; }

    /// <summary>The loss of a batch, and what the step has to remember of it until <see cref="AfterStep"/>.</summary>
    /// <param name="student">Its mode (train or eval) is the objective's too.</param>
    /// <param name="millivolt">float[batch, leads, samples].</param>
    /// <param name="key">Decides every draw: masks, negatives, seeds of codebooks.</param>
    /// <returns>A scalar with gradient, owned by the caller, and figures for the log by name.</returns>
    public abstract ObjectiveLoss Loss(Encoder student, Tensor millivolt, ulong key);

    /// <summary>Moves what follows the student without a gradient, the teacher above all; after the optimiser's step, in training only.</summary>
    public abstract void AfterStep(Encoder student);

    /// <summary>The parameters of the head, which learn at the base rate.</summary>
    public abstract IEnumerable<Parameter> HeadParameters();

    /// <summary>The mask vector, which learns at the backbone's rate; empty where there is none.</summary>
    public abstract IEnumerable<Parameter> MaskParameters();

    /// <summary>The student's mode is the head's too; the teacher's is its own affair.</summary>
    protected void FollowMode(Encoder student)
    {
        if (training != student.training) train(student.training);
    }
}

/// <param name="Value">float scalar with gradient.</param>
/// <param name="Figures">For the log: accuracy, perplexity, masked share and so on, by name.</param>
public sealed record ObjectiveLoss(Tensor Value, IReadOnlyDictionary<string, double> Figures);
