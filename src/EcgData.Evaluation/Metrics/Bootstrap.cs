using EcgData.Models;

namespace EcgData.Evaluation.Metrics;

/// <summary>A score with its interval.</summary>
/// <param name="Undefined">Resamples in which the score is not defined; they are left out of the interval.</param>
public readonly record struct Interval(double Point, double Low, double High, int Undefined);

/// <summary>A function of how often each row counts; empty: once.</summary>
public delegate double WeightedScore(ReadOnlySpan<int> weights);

/// <summary>Percentile bootstrap of whole clusters: patients, not records, are what a study has drawn.</summary>
/// <remarks>
/// Efron and Tibshirani, "An introduction to the bootstrap", 1993, section 13.3. Equal to point + percentile(resampled − point), which the
/// study's code computes. A difference of two models is paired by giving both the same weights: one score that subtracts.
/// </remarks>
public static class Bootstrap
{
    public const int Resamples = 1000;   // the study's
    public const double Level = 0.95;

    /// <param name="clusters">The cluster of each row, any numbers: rows of a cluster are drawn together.</param>
    /// <returns>For each resample how often each row counts. One array, overwritten from resample to resample.</returns>
    public static IEnumerable<int[]> Draw(IReadOnlyList<int> clusters, ulong seed, int resamples = Resamples)
    {
        var names = clusters.Distinct().ToList();
        var places = names.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        var rows = clusters.Select(cluster => places[cluster]).ToArray();
        var drawn = new int[names.Count];
        var weights = new int[rows.Length];
        for (var resample = 0; resample < resamples; resample++)
        {
            var random = new KeyedRandom(KeyedRandom.Combine(seed, (ulong)resample));
            Array.Clear(drawn);
            for (var draw = 0; draw < drawn.Length; draw++) drawn[random.NextIndex(drawn.Length)]++;
            for (var row = 0; row < rows.Length; row++) weights[row] = drawn[rows[row]];
            yield return weights;
        }
    }

    /// <param name="weights">Of each resample, from <see cref="Draw"/> or given.</param>
    public static Interval Of(WeightedScore score, IEnumerable<int[]> weights, double level = Level)
    {
        var values = weights.Select(resample => score(resample)).ToArray();
        var tail = (1 - level) / 2 * 100;
        return new Interval(score([]), Percentile(values, tail), Percentile(values, 100 - tail), values.Count(double.IsNaN));
    }

    /// <summary>Linear between order statistics, at position (n − 1) · percent / 100; NaN are left out.</summary>
    public static double Percentile(IEnumerable<double> values, double percent)
    {
        var sorted = values.Where(value => !double.IsNaN(value)).Order().ToArray();
        if (sorted.Length == 0) return double.NaN;
        var position = (sorted.Length - 1) * percent / 100;
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
