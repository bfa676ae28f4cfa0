using System.Diagnostics;
using System.Globalization;
using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;
using EcgData.Signals;

namespace EcgData.Benchmarks;

/// <summary>How well the reading order mixes, and what it costs at 11 million records. Counts but for the times.</summary>
public static class OrderBenchmark
{
    private const int Records = 1 << 20;
    private const int LargeRecords = 11_000_000;
    private const int ShardRows = 2048;

    public static int Run()
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Console.WriteLine($"Shuffle, {Records:N0} records:");
        Console.WriteLine("  shards of  open row groups  next entropy  shards per batch of 64  1st percentile  per 16 batches");
        foreach (var (shardRows, open) in new[] { (2048, 64), (2048, 128), (2048, 256), (1024, 64), (256, 64) })
        {
            var index = LargeCorpus.Create(Records, shardRows);
            var quality = Quality(index, new OrderOptions { OpenRowGroups = open });
            Console.WriteLine(
                $"  {shardRows,9}  {open,15}  {quality.NextEntropy,12:F5}  {quality.DistinctPerBatch,22:F2}  {quality.FirstPercentile,14}  {quality.DistinctPer16Batches,14:F1}");
        }

        var small = Quality(LargeCorpus.Create(80 * 256, 256), new OrderOptions());
        Console.WriteLine($"  80 shards of 256: {small.DistinctPerBatch:F2} shards per batch of 64, 1st percentile {small.FirstPercentile}");
        Load();
        Large();
        return 0;
    }

    private static void Load()
    {
        using var table = new MemoryStream();
        RowGroupTable.WriteAsync(table, LargeCorpus.Table(LargeRecords, ShardRows)).GetAwaiter().GetResult();
        var version = new VersionManifest
        {
            Id = "0",
            Recipe = new ConditioningOptions(),
            RecipeHash = "",
            ProcessingVersion = 1,
            WriterVersion = 1,
            Sources = [],
            Totals = new VersionTotals(RecordCounts.Zero, 0, 0, 0, 0),
            Catalogue = new ManifestTable("", 0, 0),
            RowGroups = new ManifestTable("", 0, 0),
            Shards = [.. LargeCorpus.Table(LargeRecords, ShardRows).GroupBy(row => row.Shard).Select(shard => new ManifestShard(
                shard.Key, "", 0, shard.Sum(row => row.RowGroup.Rows), "heedb", "", ShardRows))],
        };
        var times = new double[4];
        for (var run = 0; run < times.Length; run++)
        {
            var clock = Stopwatch.StartNew();
            RowGroupIndex.LoadAsync(new MemoryStream(table.ToArray(), writable: false), version, CancellationToken.None).GetAwaiter().GetResult();
            times[run] = clock.Elapsed.TotalMilliseconds;
        }

        Console.WriteLine($"The table of {LargeRecords:N0} records as a file: {Mebi(table.Length)}; read in {times[0]:F0} ms, then {times[1..].Order().ElementAt(1):F0} ms");
    }

    private static void Large()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var index = LargeCorpus.Create(LargeRecords, ShardRows);
        var indexBytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"{LargeRecords:N0} records, {index.Shards:N0} shards, {index.Groups:N0} row groups: the table takes {Mebi(indexBytes)} (counted {Mebi(index.MemoryBytes)})");
        Console.WriteLine("      records  bytes read / own  first open to all seeks, ms  again (median of 9)  order and selection in memory");
        foreach (var records in new[] { 18_000, 45_000, 106_000, 753_000, LargeRecords })
        {
            before = GC.GetTotalMemory(forceFullCollection: true);
            var (selection, rows, read) = LargeCorpus.Subset(index, records / (double)LargeRecords);
            var times = new double[10];
            ReadingOrder order = null!;
            for (var run = 0; run < times.Length; run++) times[run] = OpenAndSeek(index, selection, run, out order);
            var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
            Array.Sort(times, 1, times.Length - 1);
            Console.WriteLine($"  {rows,11:N0}  {read / (double)rows,16:F2}  {times[0],27:F1}  {times[5],19:F1}  {Mebi(bytes)} (counted {Mebi(order.MemoryBytes)})");
            GC.KeepAlive(selection);
        }

        var whole = new ReadingOrder(index, null, new OrderOptions());
        var cursor = whole.Seek(0);
        var clock = Stopwatch.StartNew();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        while (cursor.MoveNext(out _)) { }
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Console.WriteLine($"A whole epoch: {clock.Elapsed.TotalNanoseconds / whole.Items:F1} ns per item, {allocated} bytes of garbage");
    }

    private static double OpenAndSeek(RowGroupIndex index, RowSelection selection, int epoch, out ReadingOrder order)
    {
        var clock = Stopwatch.StartNew();
        order = new ReadingOrder(index, selection, new OrderOptions { Epoch = epoch });
        foreach (var position in new[] { 0, 1, order.Items / 2, order.Items - 1 })
        {
            if (!order.Seek(position).MoveNext(out _)) throw new InvalidOperationException($"Nothing at position {position} of {order.Items}.");
        }

        return clock.Elapsed.TotalMilliseconds;
    }

    private static ShuffleQuality Quality(RowGroupIndex index, OrderOptions options)
    {
        var shards = Enumerable.Range(0, index.Groups).SelectMany(group => Enumerable.Repeat(index.ShardOf(group), index.RowsOf(group))).ToArray();
        return ShuffleQuality.Of(LargeCorpus.StoredPlaces(new ReadingOrder(index, null, options)), place => shards[place]);
    }

    private static string Mebi(long bytes) => $"{bytes / 1048576.0:F1} MiB";
}
