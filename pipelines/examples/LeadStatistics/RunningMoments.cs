namespace LeadStatistics;

/// <summary>Count, mean and sum of squared deviations of the values so far, millivolt.</summary>
/// <remarks>Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.</remarks>
internal readonly record struct RunningMoments(long Count, double Mean, double SumOfSquares)
{
    /// <summary>Of the population, millivolt.</summary>
    public double StandardDeviation => Count == 0 ? 0 : Math.Sqrt(SumOfSquares / Count);

    /// <summary>Adds the samples whose gap flag is not set.</summary>
    public RunningMoments Add(ReadOnlySpan<float> values, ReadOnlySpan<byte> gaps)
    {
        var (count, sum, squares) = (0L, 0.0, 0.0);
        for (var index = 0; index < values.Length; index++)
        {
            if (gaps[index] != 0) continue;
            count++;
            sum += values[index];
        }

        if (count == 0) return this;
        var mean = sum / count;
        for (var index = 0; index < values.Length; index++)
        {
            if (gaps[index] == 0) squares += (values[index] - mean) * (values[index] - mean);
        }

        var (total, difference) = (Count + count, mean - Mean);
        return new RunningMoments(
            total, Mean + difference * count / total, SumOfSquares + squares + difference * difference * Count * count / total);
    }
}
