using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>How far a version's distributions may move from those of the version before until somebody is told.</summary>
/// <remarks>
/// Where a limit is narrower than what chance alone explains at the given numbers of records (three standard errors), chance is the limit.
/// </remarks>
public sealed record DriftOptions
{
    /// <summary>Sources, and sets of added records, of fewer records are not judged.</summary>
    public int MinimumRecords { get; init; } = 100;

    /// <summary>Relative change of a source's number of records.</summary>
    public double RecordsChange { get; init; } = 0.25;

    /// <summary>Change of the rejected share, in all and for each reason.</summary>
    public double RejectedShareChange { get; init; } = 0.01;

    /// <summary>Change of the share of kept records that have a flag.</summary>
    public double FlagShareChange { get; init; } = 0.05;

    /// <summary>Jensen-Shannon divergence of the labels, bits. For small shifts it is 0.18 of the population stability index, whose customary bound is 0.1.</summary>
    public double LabelDivergenceBits { get; init; } = 0.02;

    /// <summary>Standardised difference of a lead's means; below 0.1 it is customarily called negligible (Austin, Stat. Med. 2009).</summary>
    public double LeadMeanShift { get; init; } = 0.1;

    /// <summary>Natural logarithm of the ratio of a lead's standard deviations; 0.2 is a fifth more or less.</summary>
    public double LeadDeviationLogRatio { get; init; } = 0.2;
}

/// <summary>Holds the distributions of a version against those of the version before, source by source.</summary>
public static class Drift
{
    /// <summary>Labels of which the measure names those that moved most.</summary>
    private const int NamedLabels = 3;

    /// <param name="before">The version before.</param>
    /// <param name="after">The version now.</param>
    /// <param name="labelsBefore">Its labels.</param>
    /// <param name="labelsAfter">Its labels.</param>
    /// <param name="difference">What has changed from one to the other: where a source only has additions, these are judged by themselves too.</param>
    /// <param name="options">The limits.</param>
    public static IReadOnlyList<DriftMeasure> Measure(
        VersionManifest before, VersionManifest after, LabelTally labelsBefore, LabelTally labelsAfter, VersionDifference difference, DriftOptions options)
    {
        var measures = new List<DriftMeasure>();
        foreach (var source in after.Sources)
        {
            if (before.Sources.FirstOrDefault(candidate => candidate.Name == source.Name) is not { } parent) continue;
            if (difference.Sources.FirstOrDefault(candidate => candidate.Name == source.Name) is not { } changes) continue;
            var old = SourceProfile.Of(parent, labelsBefore);
            var now = SourceProfile.Of(source, labelsAfter);
            Compare(measures, source.Name, DriftPopulation.All, old, now, options);
            var onlyAdded = difference.Causes.Count == 0 && changes.Causes.Count == 0 && changes.Records.Keys.All(change => change == RecordChange.Added);
            if (onlyAdded) Compare(measures, source.Name, DriftPopulation.Added, old, now.Less(old), options);
        }

        return measures;
    }

    private static void Compare(
        List<DriftMeasure> measures, string source, DriftPopulation population, SourceProfile old, SourceProfile now, DriftOptions options)
    {
        if (population == DriftPopulation.All && old.Read >= options.MinimumRecords)
            Add(DriftKind.Records, "", old.Read, now.Read, Math.Abs(now.Read - old.Read) / (double)old.Read, options.RecordsChange);
        if (old.Kept < options.MinimumRecords || now.Kept < options.MinimumRecords)
        {
            // what was kept may be too little because everything was rejected, and that is what somebody must hear of
            if (old.Read >= options.MinimumRecords && now.Read >= options.MinimumRecords) Rejections();
            return;
        }

        Rejections();
        foreach (var flag in Keys(old.Flags, now.Flags))
            Share(DriftKind.FlagShare, flag, old.Flags.GetValueOrDefault(flag), old.Kept, now.Flags.GetValueOrDefault(flag), now.Kept, options.FlagShareChange);
        if (Divergence(old.Labels, now.Labels) is { } labels)
            Add(DriftKind.Labels, labels.Moved, null, null, labels.Bits, Math.Max(options.LabelDivergenceBits, labels.ChanceBits));
        foreach (var (lead, a) in old.Leads)
        {
            if (!now.Leads.TryGetValue(lead, out var b)) continue;
            var (meanA, meanB, deviationA, deviationB) = (Mean(a), Mean(b), Deviation(a), Deviation(b));
            var pooled = Math.Sqrt((deviationA * deviationA + deviationB * deviationB) / 2);
            if (pooled == 0) continue;
            Add(DriftKind.LeadMean, lead, meanA, meanB, Math.Abs(meanB - meanA) / pooled, options.LeadMeanShift);
            if (deviationA > 0 && deviationB > 0)
                Add(DriftKind.LeadDeviation, lead, deviationA, deviationB, Math.Abs(Math.Log(deviationB / deviationA)), options.LeadDeviationLogRatio);
        }

        void Rejections()
        {
            Share(DriftKind.RejectedShare, "", old.Rejected, old.Read, now.Rejected, now.Read, options.RejectedShareChange);
            foreach (var reason in Keys(old.Rejections, now.Rejections))
                Share(
                    DriftKind.RejectedShare, reason, old.Rejections.GetValueOrDefault(reason), old.Read, now.Rejections.GetValueOrDefault(reason),
                    now.Read, options.RejectedShareChange);
        }

        void Share(DriftKind kind, string subject, long countA, long ofA, long countB, long ofB, double limit)
        {
            var (a, b) = (countA / (double)ofA, countB / (double)ofB);
            var pooled = (countA + countB) / (double)(ofA + ofB);
            var error = Math.Sqrt(pooled * (1 - pooled) * (1.0 / ofA + 1.0 / ofB));
            Add(kind, subject, a, b, Math.Abs(b - a), Math.Max(limit, 3 * error));
        }

        void Add(DriftKind kind, string subject, double? a, double? b, double value, double limit) => measures.Add(new DriftMeasure(
            source, population, kind, subject, Rounded(a), Rounded(b), Rounded(value)!.Value, Rounded(limit)!.Value, value > limit));
    }

    /// <summary>Jensen-Shannon divergence of two distributions given as counts, bits.</summary>
    /// <returns>The divergence; what chance explains; the labels that moved most. Null where one of the two is empty.</returns>
    /// <remarks>
    /// Lin, "Divergence measures based on the Shannon entropy", 1991, with equal weights. Two samples of n and m draws from one
    /// distribution over k labels differ by (1/n + 1/m)/(8 ln 2) times a chi-square of k - 1 degrees of freedom, to second order;
    /// what chance explains is its mean and three standard deviations. Labels of one record are not independent: a rough bound.
    /// </remarks>
    internal static (double Bits, double ChanceBits, string Moved)? Divergence(IReadOnlyDictionary<string, long> before, IReadOnlyDictionary<string, long> after)
    {
        var (n, m) = ((double)before.Values.Sum(), (double)after.Values.Sum());
        if (n == 0 || m == 0) return null;
        var labels = Keys(before, after);
        var bits = 0.0;
        var moves = new (double Move, string Text)[labels.Count];
        for (var index = 0; index < labels.Count; index++)
        {
            var (p, q) = (before.GetValueOrDefault(labels[index]) / n, after.GetValueOrDefault(labels[index]) / m);
            var middle = (p + q) / 2;
            if (p > 0) bits += p * Math.Log2(p / middle) / 2;
            if (q > 0) bits += q * Math.Log2(q / middle) / 2;
            moves[index] = (-Math.Abs(q - p), $"{labels[index]} {p:P1} to {q:P1}");
        }

        Array.Sort(moves, (a, b) => a.Move != b.Move ? a.Move.CompareTo(b.Move) : string.CompareOrdinal(a.Text, b.Text));
        var freedom = labels.Count - 1;
        var chance = (1 / n + 1 / m) / (8 * Math.Log(2)) * (freedom + 3 * Math.Sqrt(2.0 * freedom));
        return (bits, chance, string.Join(", ", moves.Take(NamedLabels).Select(move => move.Text)));
    }

    private static List<string> Keys(IReadOnlyDictionary<string, long> before, IReadOnlyDictionary<string, long> after) =>
        [.. before.Keys.Union(after.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static double Mean(LeadStatistics lead) => lead.Sum / (double)lead.Count;

    private static double Deviation(LeadStatistics lead) => Math.Sqrt(Math.Max(0, lead.SumOfSquares / (double)lead.Count - Mean(lead) * Mean(lead)));

    private static double? Rounded(double? value) => value is null ? null : Math.Round(value.Value, 6);
}
