namespace EcgData.Evaluation.Metrics;

/// <summary>Errors of a model that predicts numbers, some of which are missing.</summary>
/// <param name="predictions">double[rows, targets].</param>
/// <param name="targets">double[rows, targets], NaN where missing.</param>
public sealed class RegressionScores(double[,] predictions, double[,] targets)
{
    public int Rows => targets.GetLength(0);

    public int Targets => targets.GetLength(1);

    /// <summary>Mean absolute error of a target; NaN where no row has it.</summary>
    /// <param name="weights">How often each row counts; empty: once.</param>
    public double MeanAbsoluteError(int target, ReadOnlySpan<int> weights = default)
    {
        var (sum, count) = Sum(target, weights);
        return count == 0 ? double.NaN : sum / count;
    }

    /// <summary>Mean of the targets' errors, undefined ones left out: each target counts the same. In the targets' units, so give z-scores.</summary>
    public double MeanOfTargets(ReadOnlySpan<int> weights = default)
    {
        var errors = new List<double>();
        for (var target = 0; target < Targets; target++)
        {
            if (MeanAbsoluteError(target, weights) is var error && !double.IsNaN(error)) errors.Add(error);
        }

        return errors.Count == 0 ? double.NaN : errors.Average();
    }

    /// <summary>Over all pairs of row and target: targets that few rows have count less.</summary>
    public double Pooled(ReadOnlySpan<int> weights = default)
    {
        var (sum, count) = (0.0, 0L);
        for (var target = 0; target < Targets; target++)
        {
            var (ofTarget, rows) = Sum(target, weights);
            (sum, count) = (sum + ofTarget, count + rows);
        }

        return count == 0 ? double.NaN : sum / count;
    }

    private (double Sum, long Count) Sum(int target, ReadOnlySpan<int> weights)
    {
        var (sum, count) = (0.0, 0L);
        for (var row = 0; row < Rows; row++)
        {
            if (double.IsNaN(targets[row, target])) continue;
            var weight = weights.IsEmpty ? 1 : weights[row];
            sum += weight * Math.Abs(predictions[row, target] - targets[row, target]);
            count += weight;
        }

        return (sum, count);
    }
}
