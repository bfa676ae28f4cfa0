namespace EcgData.Evaluation.Metrics;

/// <summary>
/// Scores of one class against yes or no, sorted once, so that each of a thousand resamples of the rows is one pass. A row may stand
/// in it several times (all classes pooled); rows whose label is missing (NaN) do not stand in it at all.
/// </summary>
public sealed class RankedScores
{
    private readonly int[] _rows;          // by falling score
    private readonly bool[] _positive;
    private readonly bool[] _endsTie;      // last of those with its score

    /// <param name="pairs">Row, score and label: 1 yes, 0 no, NaN missing.</param>
    /// <exception cref="ArgumentException">A score that is no number, or another label.</exception>
    public RankedScores(IEnumerable<(int Row, double Score, double Label)> pairs)
    {
        var kept = pairs.Where(pair => !double.IsNaN(pair.Label)).OrderByDescending(pair => pair.Score).ToArray();
        foreach (var (row, score, label) in kept)
        {
            if (double.IsNaN(score) || label is not (0 or 1))
            {
                throw new ArgumentException(
                    $"Row {row}: score {score} with label {label}; expected a number with 0, 1 or NaN for a missing label. Look for the diverged model.");
            }
        }

        _rows = [.. kept.Select(pair => pair.Row)];
        _positive = [.. kept.Select(pair => pair.Label == 1)];
        _endsTie = [.. kept.Select((pair, index) => index + 1 == kept.Length || kept[index + 1].Score != pair.Score)];
    }

    public int Positives => _positive.Count(positive => positive);

    public int Negatives => _positive.Length - Positives;

    /// <summary>
    /// Area under the ROC curve by trapezoids, which is the probability that a positive scores higher than a negative, ties half. Counted in
    /// whole numbers, so the only rounding is that of the last division.
    /// </summary>
    /// <param name="weights">How often each row counts, by row; empty: once.</param>
    /// <returns>NaN without positives or without negatives.</returns>
    public double Auroc(ReadOnlySpan<int> weights = default)
    {
        long positives = 0, negatives = 0, tiedPositives = 0, tiedNegatives = 0;
        Int128 twice = 0;   // twice the pairs that are in order
        for (var index = 0; index < _rows.Length; index++)
        {
            var weight = weights.IsEmpty ? 1 : weights[_rows[index]];
            if (_positive[index]) tiedPositives += weight;
            else tiedNegatives += weight;
            if (!_endsTie[index]) continue;
            twice += (Int128)tiedNegatives * (2 * positives + tiedPositives);
            (positives, negatives, tiedPositives, tiedNegatives) = (positives + tiedPositives, negatives + tiedNegatives, 0, 0);
        }

        return positives == 0 || negatives == 0 ? double.NaN : (double)twice / (2.0 * positives * negatives);
    }

    /// <summary>Area under the precision-recall curve without interpolation: Σ (recallᵢ − recallᵢ₋₁) · precisionᵢ over falling thresholds.</summary>
    /// <param name="weights">How often each row counts, by row; empty: once.</param>
    /// <returns>NaN without positives.</returns>
    public double Auprc(ReadOnlySpan<int> weights = default)
    {
        long positives = 0, all = 0, tiedPositives = 0;
        var area = 0.0;   // times all positives, which are known at the end
        for (var index = 0; index < _rows.Length; index++)
        {
            var weight = weights.IsEmpty ? 1 : weights[_rows[index]];
            all += weight;
            if (_positive[index]) tiedPositives += weight;
            if (!_endsTie[index] || tiedPositives == 0) continue;
            positives += tiedPositives;
            area += tiedPositives * ((double)positives / all);
            tiedPositives = 0;
        }

        return positives == 0 ? double.NaN : area / positives;
    }
}
