using EcgData.Benchmarks;
using EcgData.Shards.Reading;

namespace EcgData.Shards.Tests.Reading;

/// <summary>How the order mixes a million records, and what it takes at 11 million: counts, the same on every machine.</summary>
public sealed class LargeOrderTests
{
    private const int LargeRecords = 11_000_000;

    private static readonly Lazy<RowGroupIndex> Large = new(() => LargeCorpus.Create(LargeRecords, 2048));

    [Fact]
    public void Shuffle_OfAMillionRecords_MixesAsWellAsAUniformPermutation()
    {
        var index = LargeCorpus.Create(1 << 20, 2048);

        var quality = Quality(index);

        Assert.InRange(quality.NextEntropy, 0.999, 1.001);
        Assert.InRange(quality.DistinctPerBatch, 63.9, 64);
        Assert.InRange(quality.FirstPercentile, 63, 64);
        Assert.InRange(quality.DistinctPer16Batches, 75, 1024);   // 64 open row groups of 64 rows: the window is the price
    }

    [Fact]
    public void Shuffle_OfShardsThatDifferInSize_HasNoThinTail()
    {
        var builder = new RowGroupIndex.Builder(240);
        for (var shard = 0; shard < 300; shard++)
        {
            builder.BeginShard($"shards/a/{shard:x64}.parquet", "a");
            foreach (var rows in ShardWriter.RowGroupSizes(500 + shard * 7919 % 3000)) builder.Add(rows, 4, 1000, 0, [2400], [], []);
        }

        var quality = Quality(builder.Build());

        Assert.InRange(quality.DistinctPerBatch, 63, 64);   // two slots share the shard across their border
        Assert.InRange(quality.FirstPercentile, 60, 64);
    }

    [Fact]
    public void Shuffle_OfFewSmallShards_UsesMostOfThem()
    {
        var quality = Quality(LargeCorpus.Create(80 * 256, 256));

        Assert.InRange(quality.DistinctPerBatch, 55, 64);   // a uniform permutation: 44.3
        Assert.InRange(quality.FirstPercentile, 50, 64);
    }

    [Theory]
    [InlineData(18_000, 2.5)]
    [InlineData(45_000, 1.5)]
    [InlineData(106_000, 1.5)]
    [InlineData(753_000, 1.5)]
    public void Rung_OfTheDefaultLadder_ReadsLittleMoreThanItsOwnBytes(int records, double limit)
    {
        var (selection, rows, rowsRead) = LargeCorpus.Subset(Large.Value, records / (double)LargeRecords);

        var order = new ReadingOrder(Large.Value, selection, new OrderOptions());

        Assert.Equal(rows, order.Items);
        Assert.InRange(rows, records * 0.98, records * 1.02);
        Assert.InRange(rowsRead / (double)rows, 1, limit);
    }

    [Fact]
    public void Slots_OfALargeCorpus_OpenEveryRowGroupAboutOnce()
    {
        var order = new ReadingOrder(LargeCorpus.Create(1 << 20, 2048), null, new OrderOptions());
        var (cursor, visits) = (order.Seek(0), 0);
        while (cursor.MoveNext(out _)) visits += cursor.LeavesGroup ? 1 : 0;

        Assert.InRange(visits / (double)order.Index.Groups, 1, 1.01);
    }

    [Fact]
    public void Slots_OfALargeCorpus_DoNotAllGoOnAtOnce()
    {
        var order = new ReadingOrder(LargeCorpus.Create(1 << 20, 2048), null, new OrderOptions());
        var (cursor, changes) = (order.Seek(0), new int[order.Items / order.Slots]);
        for (var position = 0; cursor.MoveNext(out _); position++) changes[position / order.Slots] += cursor.LeavesGroup ? 1 : 0;

        Assert.InRange(changes[..^1].Max(), 1, 12);   // 64 slots that change every 58 rounds: 1.1 a round
    }

    /// <summary>Positions are written into checkpoints: what is at one must not change with the code.</summary>
    [Fact]
    public void Order_OfAGivenTable_IsPinned()
    {
        var order = new ReadingOrder(LargeCorpus.Create(1 << 16, 2048), null, new OrderOptions { Seed = 7, Epoch = 3 });

        Assert.Equal(Pinned, new[] { 0L, 1, 2, 1000, 65_535 }.Select(order.Locate));
    }

    private static readonly ItemPlace[] Pinned = [new(1005, 44, 1553), new(1090, 59, 626), new(343, 8, 794), new(1090, 44, 327), new(1007, 43, 654)];

    private static ShuffleQuality Quality(RowGroupIndex index)
    {
        var shards = Enumerable.Range(0, index.Groups).SelectMany(group => Enumerable.Repeat(index.ShardOf(group), index.RowsOf(group))).ToArray();
        return ShuffleQuality.Of(LargeCorpus.StoredPlaces(new ReadingOrder(index, null, new OrderOptions())), place => shards[place]);
    }
}
