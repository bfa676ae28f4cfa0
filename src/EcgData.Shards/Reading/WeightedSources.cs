namespace EcgData.Shards.Reading;

/// <summary>
/// Sources in given proportions, exact at every prefix: of the first n units each source gives its share of n, rounded up or down.
/// The sequence is periodic, so that any place of it can be looked up.
/// </summary>
/// <remarks>
/// Unit j of a source of share w belongs into the window [⌊j / w⌋, ⌈(j + 1) / w⌉); taking the unit whose window ends first keeps all
/// windows. Baruah, Cohen, Plaxton, Varvel, "Proportionate progress", Algorithmica 1996.
/// </remarks>
internal sealed class WeightedSources : SourceSchedule
{
    private const int LongestPeriod = 1 << 20;
    private const int Decimals = 10_000;

    private readonly byte[] _period;
    private readonly long[] _shares;

    /// <param name="weights">Share of each source, above 0, with at most four decimals; they need not add up to 1.</param>
    /// <param name="passUnits">Units of one pass over each source.</param>
    /// <exception cref="ArgumentException">Weights that cannot be kept exactly.</exception>
    public WeightedSources(IReadOnlyList<double> weights, ReadOnlySpan<long> passUnits)
    {
        if (weights.Count > byte.MaxValue)
            throw new ArgumentException($"At most {byte.MaxValue} sources are mixed by weight; there are {weights.Count}. Leave some out.", nameof(weights));
        _shares = Shares(weights);
        _period = Period(_shares);
        for (var source = 0; source < _shares.Length; source++) Units = Math.Max(Units, UnitsUntil(source, passUnits[source]));
    }

    /// <summary>Until the source that lasts longest has been read once.</summary>
    public override long Units { get; }

    public override long MemoryBytes => _period.Length;

    public override int SourceAt(long unit) => _period[unit % _period.Length];

    public override long CountBefore(long unit, int source) =>
        unit / _period.Length * _shares[source] + _period.AsSpan(0, (int)(unit % _period.Length)).Count((byte)source);

    /// <summary>Units after which a source has given so many.</summary>
    private long UnitsUntil(int source, long count)
    {
        var (periods, left) = ((count - 1) / _shares[source], (count - 1) % _shares[source] + 1);
        var unit = 0;
        for (; left > 0; unit++)
        {
            if (_period[unit] == source) left--;
        }

        return periods * _period.Length + unit;
    }

    private static long[] Shares(IReadOnlyList<double> weights)
    {
        var shares = new long[weights.Count];
        for (var source = 0; source < shares.Length; source++)
        {
            var scaled = weights[source] * Decimals;
            if (!(scaled is > 0 and <= LongestPeriod * (double)Decimals && Math.Abs(scaled - Math.Round(scaled)) <= 1e-6 * scaled))
                throw new ArgumentException($"A weight is {weights[source]}; a weight is above 0 and has at most four decimals. Round it.", nameof(weights));
            shares[source] = (long)Math.Round(scaled);
        }

        var divisor = shares.Aggregate(GreatestCommonDivisor);
        for (var source = 0; source < shares.Length; source++) shares[source] /= divisor;
        if (shares.Sum() <= LongestPeriod) return shares;
        throw new ArgumentException(
            $"The weights {string.Join(", ", weights)} come out even after {shares.Sum()} items; at most {LongestPeriod} are kept. Round the weights.", nameof(weights));
    }

    private static byte[] Period(long[] shares)
    {
        var length = shares.Sum();
        var period = new byte[length];
        var given = new long[shares.Length];
        for (var unit = 0; unit < length; unit++)
        {
            var (chosen, earliest) = (-1, long.MaxValue);
            for (var source = 0; source < shares.Length; source++)
            {
                if ((unit + 1) * shares[source] <= given[source] * length) continue;   // its window has not begun
                var deadline = ((given[source] + 1) * length + shares[source] - 1) / shares[source];
                if (deadline < earliest) (chosen, earliest) = (source, deadline);
            }

            period[unit] = (byte)chosen;
            given[chosen]++;
        }

        return period;
    }

    private static long GreatestCommonDivisor(long a, long b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
