using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>Exact sums over the stored values of each lead, microvolt: adding them up in any order gives the same statistics.</summary>
public sealed class LeadSums
{
    /// <summary>long[12]: values.</summary>
    public long[] Count { get; } = new long[Montage.LeadCount];

    /// <summary>long[12]: sum of values, µV.</summary>
    public long[] Sum { get; } = new long[Montage.LeadCount];

    /// <summary>long[12]: sum of squares, µV²; enough for 10^11 values at the storage bound.</summary>
    public long[] SumOfSquares { get; } = new long[Montage.LeadCount];

    /// <summary>short[12]: smallest value, µV; 0 where there is none.</summary>
    public short[] Minimum { get; } = new short[Montage.LeadCount];

    /// <summary>short[12]: largest value, µV; 0 where there is none.</summary>
    public short[] Maximum { get; } = new short[Montage.LeadCount];

    /// <exception cref="OverflowException">More values than the sums can hold.</exception>
    public void Add(LeadSums other)
    {
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            if (other.Count[lead] == 0) continue;
            Minimum[lead] = Count[lead] == 0 ? other.Minimum[lead] : Math.Min(Minimum[lead], other.Minimum[lead]);
            Maximum[lead] = Count[lead] == 0 ? other.Maximum[lead] : Math.Max(Maximum[lead], other.Maximum[lead]);
            Count[lead] = checked(Count[lead] + other.Count[lead]);
            Sum[lead] = checked(Sum[lead] + other.Sum[lead]);
            SumOfSquares[lead] = checked(SumOfSquares[lead] + other.SumOfSquares[lead]);
        }
    }
}
