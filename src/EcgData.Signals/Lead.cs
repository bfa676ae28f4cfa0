using System.Numerics;

namespace EcgData.Signals;

/// <summary>One of the twelve standard leads; the value is its index on the lead axis everywhere in the corpus.</summary>
public enum Lead
{
    I, II, III, AVR, AVL, AVF, V1, V2, V3, V4, V5, V6,
}

/// <summary>A set of standard leads, one bit each, bit 0 = lead I.</summary>
public readonly record struct LeadSet(int Bits)
{
    /// <summary>No lead.</summary>
    public static LeadSet None => default;

    /// <summary>All twelve.</summary>
    public static LeadSet All => new((1 << Montage.LeadCount) - 1);

    public int Count => BitOperations.PopCount((uint)Bits);

    public bool Contains(Lead lead) => (Bits >> (int)lead & 1) != 0;

    public LeadSet With(Lead lead) => new(Bits | 1 << (int)lead);

    public LeadSet Union(LeadSet other) => new(Bits | other.Bits);

    public LeadSet Except(LeadSet other) => new(Bits & ~other.Bits);

    /// <summary>The standard names, in the montage's order, parted by a blank.</summary>
    public override string ToString()
    {
        var set = this;
        return string.Join(' ', Enum.GetValues<Lead>().Where(set.Contains).Select(lead => Montage.Names[(int)lead]));
    }
}
