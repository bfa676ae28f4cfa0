namespace EcgData.Evaluation.Metrics;

/// <summary>Which mean over the classes is meant where some class has no positive or no negative.</summary>
public enum UndefinedClasses
{
    /// <summary>They count as a coin's throw, 0.5 (AUROC), or as 0 (AUPRC), and in the divisor: what the study reports.</summary>
    CountAsChance,

    /// <summary>They are left out.</summary>
    LeftOut,
}

/// <summary>The scores of a model on rows that may have several labels, one label missing here and there.</summary>
public sealed class MultilabelScores
{
    private const double ChanceAuroc = 0.5;

    private readonly RankedScores[] _classes;
    private readonly RankedScores _pooled;

    /// <param name="scores">double[rows, classes].</param>
    /// <param name="labels">double[rows, classes]: 1, 0, or NaN where it is not known.</param>
    public MultilabelScores(double[,] scores, double[,] labels)
    {
        var (rows, classes) = (scores.GetLength(0), scores.GetLength(1));
        if (labels.GetLength(0) != rows || labels.GetLength(1) != classes)
        {
            throw new ArgumentException(
                $"Scores are [{rows}, {classes}], labels [{labels.GetLength(0)}, {labels.GetLength(1)}]; expected the same. Score the rows that have the labels.");
        }

        Rows = rows;
        IEnumerable<(int, double, double)> Column(int index) => Enumerable.Range(0, rows).Select(row => (row, scores[row, index], labels[row, index]));
        _classes = [.. Enumerable.Range(0, classes).Select(index => new RankedScores(Column(index)))];
        _pooled = new RankedScores(Enumerable.Range(0, classes).SelectMany(Column));
    }

    public int Rows { get; }

    public IReadOnlyList<RankedScores> Classes => _classes;

    /// <param name="weights">How often each row counts; empty: once.</param>
    public double MacroAuroc(UndefinedClasses undefined, ReadOnlySpan<int> weights = default)
    {
        var values = new double[_classes.Length];
        for (var index = 0; index < values.Length; index++) values[index] = _classes[index].Auroc(weights);
        return Mean(values, undefined, ChanceAuroc);
    }

    /// <param name="weights">How often each row counts; empty: once.</param>
    public double MacroAuprc(UndefinedClasses undefined, ReadOnlySpan<int> weights = default)
    {
        var values = new double[_classes.Length];
        for (var index = 0; index < values.Length; index++) values[index] = _classes[index].Auprc(weights);
        return Mean(values, undefined, instead: 0);
    }

    /// <summary>Over all pairs of row and class.</summary>
    public double MicroAuroc(ReadOnlySpan<int> weights = default) => _pooled.Auroc(weights);

    /// <summary>Over all pairs of row and class.</summary>
    public double MicroAuprc(ReadOnlySpan<int> weights = default) => _pooled.Auprc(weights);

    private static double Mean(double[] values, UndefinedClasses undefined, double instead)
    {
        if (undefined == UndefinedClasses.CountAsChance) return values.Average(value => double.IsNaN(value) ? instead : value);
        var defined = values.Where(value => !double.IsNaN(value)).ToList();
        return defined.Count == 0 ? double.NaN : defined.Average();
    }
}
