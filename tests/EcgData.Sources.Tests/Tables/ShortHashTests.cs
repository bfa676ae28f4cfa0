using EcgData.Sources.Tables;

namespace EcgData.Sources.Tests.Tables;

public sealed class ShortHashTests
{
    /// <summary>Evenly distributed, few different ones, the same in the leading bits, in order, in reverse order, all the same.</summary>
    public static TheoryData<int, string> Numbers
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach (var count in new[] { 0, 1, 2, 24, 25, 26, 300, 20_000 })
                foreach (var kind in new[] { "even", "few", "low", "rising", "falling", "same" })
                    data.Add(count, kind);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Sort_AnyNumbers_ComeInOrderWithWhatBelongsToThem(int count, string kind)
    {
        var hashes = Enumerable.Range(0, count).Select(index => kind switch
        {
            "even" => ShortHash.Of((ulong)index),
            "few" => ShortHash.Of((ulong)index % 3),
            "low" => ShortHash.Of((ulong)index) >> 50,
            "rising" => (ulong)index << 40,
            "falling" => ulong.MaxValue - (ulong)index,
            _ => 7UL,
        }).ToArray();
        var (sorted, alone, items) = (hashes.ToArray(), hashes.ToArray(), Enumerable.Range(0, count).ToArray());
        ShortHash.Sort<int>(sorted, items);
        ShortHash.Sort<int>(alone, []);
        Assert.Equal(hashes.Order(), sorted);
        Assert.Equal(sorted, alone);
        Assert.Equal(sorted, items.Select(item => hashes[item]));
        Assert.Equal(Enumerable.Range(0, count), items.Order());
    }

    [Fact]
    public void Of_BytesThatDifferInOnePlaceOrInLength_AreTenThousandHashes()
    {
        var hashes = new HashSet<ulong>();
        var count = 0;
        for (var length = 0; length < 70; length++)
        {
            var bytes = new byte[length];
            hashes.Add(ShortHash.Of(bytes));
            count++;
            for (var bit = 0; bit < 8 * length; bit++, count++)
            {
                bytes[bit / 8] ^= (byte)(1 << bit % 8);
                hashes.Add(ShortHash.Of(bytes));
                bytes[bit / 8] = 0;
            }
        }

        Assert.Equal(count, hashes.Count);
    }
}
