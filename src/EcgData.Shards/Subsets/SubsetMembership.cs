using System.Numerics;

namespace EcgData.Shards.Subsets;

/// <summary>Which of the available records a rung holds, a bit each.</summary>
internal sealed class SubsetMembership
{
    private readonly ulong[] _bits;

    /// <param name="records">Numbers of the records, below <paramref name="total"/>.</param>
    /// <param name="available">Records that the rung was drawn from.</param>
    public SubsetMembership(string name, ReadOnlySpan<int> records, int total, long available)
    {
        (Name, Count, Available) = (name, records.Length, available);
        _bits = new ulong[(total + 63) / 64];
        foreach (var record in records) _bits[record >> 6] |= 1ul << (record & 63);
    }

    public string Name { get; }

    public long Count { get; }

    public long Available { get; }

    public long Shared(SubsetMembership other)
    {
        long shared = 0;
        for (var word = 0; word < _bits.Length; word++) shared += BitOperations.PopCount(_bits[word] & other._bits[word]);
        return shared;
    }
}
