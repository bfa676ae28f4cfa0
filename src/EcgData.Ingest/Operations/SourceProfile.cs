using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>The distributions of a set of records of one source, as counts and exact sums.</summary>
internal sealed record SourceProfile(
    long Read, long Rejected, IReadOnlyDictionary<string, long> Rejections, IReadOnlyDictionary<string, long> Flags,
    IReadOnlyDictionary<string, long> Labels, IReadOnlyDictionary<string, LeadStatistics> Leads)
{
    public long Kept => Read - Rejected;

    public static SourceProfile Of(SourceSummary source, LabelTally labels) => new(
        source.Records.Read, source.Records.Rejected, source.Rejections, source.Flags, labels.Of(source.Name), source.Statistics);

    /// <summary>What is left when records that are all part of this one are taken out: sums are exact, so the rest is too. Smallest and largest are not known.</summary>
    public SourceProfile Less(SourceProfile part) => new(
        Read - part.Read, Rejected - part.Rejected, Less(Rejections, part.Rejections), Less(Flags, part.Flags), Less(Labels, part.Labels),
        Less(Leads, part.Leads));

    private static Dictionary<string, long> Less(IReadOnlyDictionary<string, long> whole, IReadOnlyDictionary<string, long> part)
    {
        var rest = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (key, count) in whole)
        {
            if (count - part.GetValueOrDefault(key) is > 0 and var left) rest[key] = left;
        }

        return rest;
    }

    private static Dictionary<string, LeadStatistics> Less(IReadOnlyDictionary<string, LeadStatistics> whole, IReadOnlyDictionary<string, LeadStatistics> part)
    {
        var rest = new Dictionary<string, LeadStatistics>(StringComparer.Ordinal);
        foreach (var (lead, sums) in whole)
        {
            var taken = part.GetValueOrDefault(lead) ?? new LeadStatistics(0, 0, 0, 0, 0);
            if (sums.Count > taken.Count)
                rest[lead] = sums with { Count = sums.Count - taken.Count, Sum = sums.Sum - taken.Sum, SumOfSquares = sums.SumOfSquares - taken.SumOfSquares };
        }

        return rest;
    }
}
