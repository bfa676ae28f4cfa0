using System.Globalization;
using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>
/// Where the catalogue of a source is cut into row groups: at shards whose digest is the smallest among those near them. A cut depends on the
/// shards near it and on nothing else, so that a shard that changes changes the row group it lies in, and its neighbour at most.
/// </summary>
internal static class CatalogueCuts
{
    /// <summary>
    /// Records on either side among which a shard that starts a row group is the smallest. The night's cost is a row group at some 20 us a
    /// record, a reader's is its footer, some 3 KB a row group. A shard of the default size, 2,048 records, is a row group.
    /// </summary>
    private const int RadiusRecords = 1024;

    /// <param name="shards">The shards of one source in the order of the plan: input digest and records.</param>
    /// <returns>Indices of the shards that start a row group, the first being 0; none for no shards.</returns>
    public static List<int> Find(IReadOnlyList<(string Digest, int Records)> shards)
    {
        List<int> starts = [];
        if (shards.Count == 0) return starts;
        starts.Add(0);
        var firsts = new long[shards.Count + 1];
        for (var index = 0; index < shards.Count; index++) firsts[index + 1] = firsts[index] + shards[index].Records;
        for (var index = 1; index < shards.Count; index++)
        {
            var isTooLong = firsts[index + 1] - firsts[starts[^1]] > CatalogueTableWriter.RowGroupRows;
            if (isTooLong || IsSmallest(shards, firsts, index)) starts.Add(index);
        }

        return starts;
    }

    private static bool IsSmallest(IReadOnlyList<(string Digest, int Records)> shards, long[] firsts, int index)
    {
        // a source's ends have no whole neighbourhood: small sources, and the last night's records, would otherwise break into crumbs
        if (firsts[index] < RadiusRecords || firsts[^1] - firsts[index] < RadiusRecords) return false;
        var hash = HashOf(shards[index].Digest);
        for (var other = index - 1; other >= 0 && firsts[index] - firsts[other] <= RadiusRecords; other--)
        {
            if (HashOf(shards[other].Digest) <= hash) return false;
        }

        for (var other = index + 1; other < shards.Count && firsts[other] - firsts[index] <= RadiusRecords; other++)
        {
            if (HashOf(shards[other].Digest) < hash) return false;
        }

        return true;
    }

    private static ulong HashOf(string digest) => ulong.Parse(digest.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
