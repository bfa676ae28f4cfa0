using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Benchmarks;

/// <summary>The row-group table of a corpus that need not exist: records of one segment of 10 s in the geometry of the shard writer.</summary>
public static class LargeCorpus
{
    private const int SamplesOf10Seconds = 2400;
    private const int RowBytes = 34 * 1024;
    private const int Columns = 35;
    private const string Source = "heedb";

    /// <param name="shardRows">Rows of each shard, the last but for what is left.</param>
    public static RowGroupIndex Create(int records, int shardRows)
    {
        var builder = new RowGroupIndex.Builder(240);
        foreach (var (path, group) in Table(records, shardRows))
        {
            if (group.Index == 0) builder.BeginShard(path, Source);
            builder.Add(group.Rows, group.OffsetBytes, (int)group.SizeBytes, UInt128.One, [SamplesOf10Seconds], [], []);
        }

        return builder.Build();
    }

    /// <summary>The same as the rows of <c>rowgroups.parquet</c>.</summary>
    public static IEnumerable<RowGroupRow> Table(int records, int shardRows)
    {
        for (var first = 0; first < records; first += shardRows)
        {
            var path = $"shards/{Source}/{Mix((ulong)first):x16}{first:x48}.parquet";
            var (index, row) = (0, 0);
            foreach (var rows in ShardWriter.RowGroupSizes(Math.Min(shardRows, records - first)))
            {
                var offset = 4 + (long)row * RowBytes;
                yield return new RowGroupRow(path, new RowGroupEntry(
                    index, row, rows, offset, rows * RowBytes, [.. Enumerable.Range(0, Columns).Select(column => offset + column * 1000L)],
                    $"{Mix((ulong)(first + row)):x32}", row, row + rows, [SamplesOf10Seconds], [], []));
                row += rows;
                index++;
            }
        }
    }

    /// <summary>A default-seed subset without predicate: the rows of every shard whose rank, a hash, is below one threshold.</summary>
    /// <returns>The selection; how many rows it has; and the rows of all row groups that hold one of them, which have to be read.</returns>
    public static (RowSelection Selection, long Rows, long RowsRead) Subset(RowGroupIndex index, double share)
    {
        var threshold = (ulong)(share * ulong.MaxValue);
        var builder = new RowSelection.Builder();
        var (record, rows, read) = (0UL, 0L, 0L);
        for (var shard = 0; shard < index.Shards; shard++)
        {
            var (first, end) = index.GroupsOf(shard);
            var (left, all) = (0, 0);
            for (var group = first; group < end; group++) all += index.RowsOf(group);
            for (var row = 0; row < all; row++) left += share >= 1 || Mix(record++) < threshold ? 1 : 0;
            rows += left;
            for (var group = first; group < end; group++)
            {
                var count = Math.Min(left, index.RowsOf(group));   // rows lie in rank order
                builder.AddPrefix(count);
                left -= count;
                if (count > 0) read += index.RowsOf(group);
            }
        }

        return (builder.Build(), rows, read);
    }

    /// <summary>Place in stored order of every item of an order, in the order of reading.</summary>
    public static int[] StoredPlaces(ReadingOrder order)
    {
        var firsts = new int[order.Index.Groups];
        for (var group = 1; group < firsts.Length; group++) firsts[group] = firsts[group - 1] + order.Index.RowsOf(group - 1);
        var places = new int[order.Items];
        var cursor = order.Seek(0);
        for (var position = 0; cursor.MoveNext(out var place); position++) places[position] = firsts[place.Group] + place.Row;
        return places;
    }

    private static ulong Mix(ulong z)
    {
        z = (z + 0x9e3779b97f4a7c15 ^ z + 0x9e3779b97f4a7c15 >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
}
