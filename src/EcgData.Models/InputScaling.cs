using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models;

/// <summary>
/// What an encoder's input is scaled by, lead by lead: (millivolt − mean) / (deviation + 1e-8) with fixed numbers, never those of the
/// corpus at hand. An encoder has to be given at evaluation what it was given in pretraining, so this belongs to its metadata.
/// </summary>
public enum InputScaling
{
    /// <summary>Millivolt as they are.</summary>
    Millivolt,

    /// <summary>
    /// PTB-XL's numbers as the study's published code applies them: it lists them in an older order of leads (I, II, V1–V6, III, aVR,
    /// aVL, aVF) but applies them by position, so all leads but I and II get another lead's.
    /// </summary>
    PtbXlAsPublished,

    /// <summary>The same numbers, each for the lead that it was measured on.</summary>
    PtbXl,
}

/// <summary>The numbers behind <see cref="InputScaling"/>, in the order I, II, III, aVR, aVL, aVF, V1–V6.</summary>
public static class LeadStatistics
{
    // Keeps a lead without variance from dividing by 0.
    private const double Floor = 1e-8;

    private static readonly double[] PublishedMean =
    [
        -1.84586e-3, -1.30277e-3, 0.17031e-3, -0.91313e-3, -1.48835e-3, -1.74687e-3,
        -0.77071e-3, -2.07407e-3, 0.54329e-3, 1.55546e-3, -1.14379e-3, -0.35649e-3,
    ];

    private static readonly double[] PublishedDeviation =
    [
        0.16401004, 0.1647168, 0.23374124, 0.33767231, 0.33362807, 0.30583013,
        0.2731171, 0.27554379, 0.17128962, 0.14030828, 0.14606956, 0.14656108,
    ];

    // I, II, III, aVR, aVL, aVF, V1–V6 in the order in which the numbers were taken: I, II, V1–V6, III, aVR, aVL, aVF.
    private static readonly int[] PlaceOfLead = [0, 1, 8, 9, 10, 11, 2, 3, 4, 5, 6, 7];

    /// <returns>double[12] in millivolt; empty for <see cref="InputScaling.Millivolt"/>.</returns>
    public static IReadOnlyList<double> Mean(this InputScaling scaling) => Of(scaling, PublishedMean);

    /// <returns>double[12] in millivolt; empty for <see cref="InputScaling.Millivolt"/>.</returns>
    public static IReadOnlyList<double> Deviation(this InputScaling scaling) => Of(scaling, PublishedDeviation);

    /// <param name="millivolt">float[batch, 12, samples].</param>
    /// <returns>float[batch, 12, samples], owned by the caller.</returns>
    /// <exception cref="ArgumentException">Another number of leads than twelve.</exception>
    public static Tensor Apply(this InputScaling scaling, Tensor millivolt)
    {
        if (scaling == InputScaling.Millivolt) return millivolt.alias();
        if (millivolt.shape[1] != PublishedMean.Length)
        {
            throw new ArgumentException(
                $"Input scaling {scaling}: the crops have {millivolt.shape[1]} leads; the statistics are of {PublishedMean.Length}. " +
                $"Give all twelve leads, absent ones as 0, or choose {nameof(InputScaling.Millivolt)}.");
        }

        using var scope = NewDisposeScope();
        var mean = Column(scaling.Mean(), millivolt);                                         // [leads, 1]
        var deviation = Column([.. scaling.Deviation().Select(value => value + Floor)], millivolt);
        return ((millivolt - mean) / deviation).MoveToOuterDisposeScope();
    }

    private static Tensor Column(IReadOnlyList<double> values, Tensor like) =>
        tensor(values.ToArray(), [values.Count, 1], dtype: like.dtype, device: like.device);

    private static double[] Of(InputScaling scaling, double[] published) => scaling switch
    {
        InputScaling.Millivolt => [],
        InputScaling.PtbXlAsPublished => published,
        InputScaling.PtbXl => [.. PlaceOfLead.Select(place => published[place])],
        _ => throw new ArgumentOutOfRangeException(nameof(scaling), scaling, "Expected one of the names of InputScaling."),
    };
}
