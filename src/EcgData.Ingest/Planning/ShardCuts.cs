namespace EcgData.Ingest;

/// <summary>
/// Where the records of a source are cut into shards: at records whose hash is the smallest among their neighbours. A cut
/// depends on the records near it and on nothing else, so what is added or edited elsewhere moves no shard.
/// </summary>
/// <remarks>
/// Content-defined chunking by local minima (Bjørner, Blass and Gurevich, "Content-dependent chunking for differential
/// compression, the local maximum approach", 2010), over records in place of bytes. A record needs its whole neighbourhood
/// within its folder to start a shard: shards are then never shorter than half the mean, but for folders that are.
/// </remarks>
internal static class ShardCuts
{
    /// <summary>A shard this many times longer than the mean is cut whatever the hashes say, so that memory stays bounded.</summary>
    private const int LongestInMeans = 4;

    /// <param name="hashes">ulong[records]: a hash of each record of one folder, in the order of the plan.</param>
    /// <param name="meanRecords">Records per shard on average.</param>
    /// <returns>Indices of the records that start a shard, the first being 0; none for no records.</returns>
    public static List<int> Find(ReadOnlySpan<ulong> hashes, int meanRecords)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(meanRecords, 1);
        List<int> starts = [];
        if (hashes.IsEmpty) return starts;
        starts.Add(0);
        var radius = meanRecords / 2;
        if (radius == 0)
        {
            for (var index = 1; index < hashes.Length; index++) starts.Add(index);
            return starts;
        }

        // the candidates for the smallest of the last 2·radius + 1 records, in rising order of their hashes
        var window = new int[Math.Min(hashes.Length, 2 * radius + 2)];
        var (begin, end) = (0, 0);   // of the candidates; places in the window are these numbers in its length
        for (var last = 0; last < hashes.Length; last++)
        {
            while (end > begin && hashes[window[(end - 1) % window.Length]] > hashes[last]) end--;
            window[end++ % window.Length] = last;
            var center = last - radius;
            if (window[begin % window.Length] < center - radius) begin++;
            if (center < radius) continue;
            var longest = LongestInMeans * meanRecords;
            while (center - starts[^1] > longest) starts.Add(starts[^1] + longest);
            if (window[begin % window.Length] == center) starts.Add(center);
        }

        while (hashes.Length - starts[^1] > LongestInMeans * meanRecords) starts.Add(starts[^1] + LongestInMeans * meanRecords);
        return starts;
    }
}
