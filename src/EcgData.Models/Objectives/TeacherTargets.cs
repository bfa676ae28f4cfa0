using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>How a teacher's features become targets. The defaults are the study's.</summary>
public sealed record TargetOptions
{
    /// <summary>Each feature of a crop brought to mean 0 and variance 1 over time, first.</summary>
    public bool NormaliseOverTime { get; init; }

    /// <summary>Each token brought to mean 0 and variance 1 over its width.</summary>
    public bool NormaliseOverWidth { get; init; } = true;
}

/// <summary>Targets from a teacher's features, and the error of a prediction of them.</summary>
public static class TeacherTargets
{
    private const double Epsilon = 1e-5;   // of PyTorch's norms

    /// <param name="features">Taps, each float[batch, tokens, width].</param>
    /// <returns>Mean of the normalised taps, float[batch, tokens, width], owned by the caller.</returns>
    public static Tensor Of(IReadOnlyList<Tensor> features, TargetOptions options)
    {
        using var scope = NewDisposeScope();
        Tensor? sum = null;
        foreach (var feature in features)
        {
            var target = options.NormaliseOverTime ? OverTime(feature) : feature;
            if (options.NormaliseOverWidth) target = OverWidth(target);
            sum = sum is null ? target : sum + target;
        }

        return (sum! / features.Count).MoveToOuterDisposeScope();
    }

    /// <summary>Rows of mean 0 and variance 1: layer normalisation without parameters.</summary>
    public static Tensor OverWidth(Tensor features) => nn.functional.layer_norm(features, [features.shape[^1]], eps: Epsilon);

    /// <summary>Squared error up to <paramref name="beta"/>, then linear; at beta 0 the squared error itself, as in data2vec's code.</summary>
    /// <returns>As <paramref name="predicted"/>, owned by the caller.</returns>
    public static Tensor Error(Tensor predicted, Tensor target, double beta)
    {
        using var scope = NewDisposeScope();
        var error = beta == 0
            ? (predicted - target).square()
            : nn.functional.smooth_l1_loss(predicted, target, nn.Reduction.None, beta);
        return error.MoveToOuterDisposeScope();
    }

    private static Tensor OverTime(Tensor features)
    {
        using var scope = NewDisposeScope();
        var centred = features - features.mean([1], keepdim: true);
        return (centred / (centred.square().mean([1], keepdim: true) + Epsilon).sqrt()).MoveToOuterDisposeScope();
    }
}
