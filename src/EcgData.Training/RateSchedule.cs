namespace EcgData.Training;

/// <summary>What the rates do behind the warm-up: the shapes of the study's code, of which its recipes run the first.</summary>
public enum RateShape
{
    /// <summary>The study's.</summary>
    Constant,

    /// <summary>Half a cosine from the full rate to <see cref="RateScheduleOptions.End"/> of it at the last step.</summary>
    Cosine,

    /// <summary><see cref="RateScheduleOptions.Cycles"/> half cosines one after the other, each from the full rate to 0.</summary>
    CosineRestarts,

    /// <summary>A straight line from the full rate to <see cref="RateScheduleOptions.End"/> of it at the last step.</summary>
    Linear,

    /// <summary>√(warm-up / step), whatever the length of the run.</summary>
    InverseSquareRoot,
}

/// <summary>How the rates move over a run, all groups alike.</summary>
public sealed record RateScheduleOptions
{
    public RateShape Shape { get; init; } = RateShape.Constant;

    /// <summary>
    /// Steps n in which the rates rise in a straight line: from 1/(n + 1) of themselves to all, which they have at step n. With restarts from 0,
    /// as in the study's code. Default: none, as in the study.
    /// </summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Share of the full rate at the end of a cosine or a line.</summary>
    public double End { get; init; }

    /// <summary>Half cosines of <see cref="RateShape.CosineRestarts"/>.</summary>
    public int Cycles { get; init; } = 1;
}

/// <summary>The height of the rates at a step.</summary>
public static class RateSchedule
{
    /// <param name="step">From 0.</param>
    /// <param name="steps">Of the whole run.</param>
    /// <returns>Factor in [0, 1] on every group's rate.</returns>
    public static double HeightAt(long step, long steps, RateScheduleOptions options)
    {
        var (warmUp, restarts) = (options.WarmUpSteps, options.Shape == RateShape.CosineRestarts);
        if (step < warmUp) return restarts ? step / (double)warmUp : (step + 1.0) / (warmUp + 1);
        var share = Math.Min(1, (step - warmUp) / Math.Max(1.0, steps - warmUp));
        return options.Shape switch
        {
            RateShape.Constant => 1,
            RateShape.Cosine => Between(HalfCosine(share), options.End),
            RateShape.CosineRestarts => share < 1 ? HalfCosine(options.Cycles * share % 1) : 0,
            RateShape.Linear => Between(1 - share, options.End),
            RateShape.InverseSquareRoot => Math.Sqrt(Math.Max(1.0, warmUp) / Math.Max(1, step)),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Shape, "Expected one of the names of RateShape."),
        };

        static double HalfCosine(double share) => (1 + Math.Cos(Math.PI * share)) / 2;

        static double Between(double height, double end) => end + (1 - end) * height;
    }
}
