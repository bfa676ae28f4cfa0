namespace EcgData.Training;

public enum RateShape
{
    /// <summary>The study's.</summary>
    Constant,

    /// <summary>Half a cosine from the full rate to <see cref="RateScheduleOptions.End"/> of it at the last step.</summary>
    Cosine,
}

/// <summary>How the rates move over a run, all groups alike.</summary>
public sealed record RateScheduleOptions
{
    public RateShape Shape { get; init; } = RateShape.Constant;

    /// <summary>Steps in which the rates rise in a straight line from 1/n to all of themselves. Default: none, as in the study.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Share of the full rate at the end of a cosine.</summary>
    public double End { get; init; }
}

/// <summary>The height of the rates at a step.</summary>
public static class RateSchedule
{
    /// <param name="step">From 0.</param>
    /// <param name="steps">Of the whole run.</param>
    /// <returns>Factor in (0, 1] on every group's rate.</returns>
    public static double HeightAt(long step, long steps, RateScheduleOptions options)
    {
        if (step < options.WarmUpSteps) return (step + 1.0) / options.WarmUpSteps;
        if (options.Shape == RateShape.Constant) return 1;
        var share = (step - options.WarmUpSteps) / Math.Max(1.0, steps - options.WarmUpSteps);
        return options.End + (1 - options.End) * (1 + Math.Cos(Math.PI * Math.Min(1, share))) / 2;
    }
}
