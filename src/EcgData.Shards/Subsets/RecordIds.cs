using System.IO.Hashing;

namespace EcgData.Shards.Subsets;

/// <summary>Record ids in UTF-8, numbered from 0: their bytes and four more for each.</summary>
internal sealed class RecordIds
{
    private readonly List<(int First, byte[] Bytes, int[] Ends)> _blocks = [];
    private int[] _firsts = [];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int record]
    {
        get
        {
            var at = Array.BinarySearch(_firsts, record);
            var (first, bytes, ends) = _blocks[at >= 0 ? at : ~at - 1];
            var start = record == first ? 0 : ends[record - first - 1];
            return bytes.AsSpan(start, ends[record - first] - start);
        }
    }

    /// <param name="bytes">The ids of a block, one behind the other.</param>
    /// <param name="ends">Where each ends.</param>
    public void Add(byte[] bytes, int[] ends)
    {
        if (ends.Length == 0) return;
        _blocks.Add((Count, bytes, ends));
        Count = checked(Count + ends.Length);
    }

    /// <summary>Ids can be looked up once all of them are there.</summary>
    public void Complete() => _firsts = [.. _blocks.Select(block => block.First)];

    /// <summary>What stands for an id where ids are joined: no two ids of a corpus share it but by a chance of 10^-24.</summary>
    public static UInt128 HashOf(ReadOnlySpan<byte> id) => XxHash128.HashToUInt128(id);
}
