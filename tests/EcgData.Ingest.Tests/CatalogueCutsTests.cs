using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EcgData.Ingest.Tests;

public sealed class CatalogueCutsTests
{
    [Theory]
    [InlineData(250)]
    [InlineData(2048)]
    public void Find_ManyShards_CutsIntoSomeThousandsOfRecords(int records)
    {
        var shards = Shards(2000, records);
        int[] starts = [.. CatalogueCuts.Find(shards), shards.Length];
        var sizes = starts.Zip(starts.Skip(1), (first, end) => (end - first) * records).ToArray();
        Assert.Equal(0, starts[0]);
        Assert.InRange(sizes.Average(), 2_000, 4_500);
        Assert.All(sizes, size => Assert.InRange(size, 1024, 16_384));
    }

    [Fact]
    public void Find_OneShardIsAnother_MovesAtMostTheCutsBesideIt()
    {
        var shards = Shards(400, 250);
        var before = CatalogueCuts.Find(shards);
        for (var changed = 0; changed < shards.Length; changed += 7)
        {
            var other = shards.ToArray();
            other[changed].Digest = Digest(-changed);
            var moved = CatalogueCuts.Find(other).Except(before).Concat(before.Except(CatalogueCuts.Find(other)));
            Assert.All(moved, cut => Assert.InRange(cut, changed - 9, changed + 9));
        }
    }

    [Fact]
    public void Find_ShardsAreAppended_LeavesTheCutsBefore()
    {
        var shards = Shards(400, 250);
        var before = CatalogueCuts.Find(shards[..390]);
        Assert.Equal(before, CatalogueCuts.Find(shards).Take(before.Count));
    }

    [Fact]
    public void Find_ShardsThatNeverCut_AreCutWhereARowGroupIsFull()
    {
        var shards = Enumerable.Repeat((Digest(1), 1000), 40).ToArray();
        Assert.Equal([0, 16, 32], CatalogueCuts.Find(shards));
    }

    [Fact]
    public void Find_NoShards_IsEmpty() => Assert.Empty(CatalogueCuts.Find([]));

    private static (string Digest, int Records)[] Shards(int count, int records) =>
        [.. Enumerable.Range(0, count).Select(index => (Digest(index), records))];

    private static string Digest(int number) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture))));
}
