namespace EcgData.Ingest.Tests;

public class ShardCutsTests
{
    /// <summary>The rule, slow and obvious.</summary>
    private static List<int> Slow(ulong[] hashes, int mean)
    {
        List<int> starts = [0];
        var radius = mean / 2;
        for (var center = radius; center < hashes.Length - radius; center++)
        {
            var smallest = true;
            for (var near = center - radius; near <= center + radius; near++) smallest &= near == center || hashes[near] > hashes[center];
            if (smallest) starts.Add(center);
        }

        return starts;
    }

    private static ulong[] Hashes(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64())];
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(15, 16)]
    [InlineData(500, 16)]
    [InlineData(3000, 40)]
    [InlineData(3000, 41)]
    public void Find_RandomHashes_CutsWhereTheSlowRuleDoes(int records, int mean)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var hashes = Hashes(records, seed);
            Assert.Equal(Slow(hashes, mean), ShardCuts.Find(hashes, mean));
        }
    }

    [Fact]
    public void Find_NoRecords_CutsNothing() => Assert.Empty(ShardCuts.Find([], 100));

    [Fact]
    public void Find_ManyRecords_MeetsTheMean()
    {
        var starts = ShardCuts.Find(Hashes(200_000, 7), 200);
        Assert.InRange(200_000.0 / starts.Count, 180, 230);
        Assert.All(starts.Zip(starts.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 100, 800));
    }

    [Fact]
    public void Find_RisingHashes_CutsAtTheLongest()
    {
        var starts = ShardCuts.Find([.. Enumerable.Range(0, 1000).Select(index => (ulong)index)], 20);
        Assert.All(starts.Append(1000).Zip(starts.Append(1000).Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 81));
    }

    [Fact]
    public void Find_RecordAdded_MovesOnlyTheShardsBesideIt()
    {
        var before = Hashes(20_000, 3);
        for (var place = 500; place < 20_000; place += 1777)
        {
            ulong[] after = [.. before[..place], 0x1234567890UL * (ulong)place, .. before[place..]];
            var old = Shards(before).ToHashSet();
            var changed = Shards(after).Count(shard => !old.Contains(shard));
            Assert.InRange(changed, 1, 3);
        }

        static IEnumerable<(ulong First, ulong Last, int Count)> Shards(ulong[] hashes)
        {
            var starts = ShardCuts.Find(hashes, 100);
            return starts.Append(hashes.Length).Zip(starts.Skip(1).Append(hashes.Length), (start, end) => (start, end))
                .Where(range => range.end > range.start).Select(range => (hashes[range.start], hashes[range.end - 1], range.end - range.start));
        }
    }
}
