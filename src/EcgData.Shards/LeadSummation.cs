using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EcgData.Shards;

/// <summary>Exact sums over one lead, in integers.</summary>
internal static class LeadSummation
{
    // A lane takes two squares a step: 2 · 32 · 8,191² is the most that 32 unsigned bits hold.
    private const int StepsBetweenSpills = 32;

    /// <summary>Writes count, sum, sum of squares, minimum and maximum of a lead that has at least one value.</summary>
    /// <param name="values">short[samples], microvolt; the sums are right within ±8,191, the extremes always.</param>
    public static void Write(ReadOnlySpan<short> values, LeadSums sums, int lead)
    {
        ref var first = ref MemoryMarshal.GetReference(values);
        var width = Vector512<short>.Count;
        var (smallest, largest) = (values[0], values[0]);
        var (sum, squares) = (0L, 0L);
        var index = 0;
        if (values.Length >= width)
        {
            var minimum = Vector512.Create(smallest);
            var maximum = minimum;
            while (index + width <= values.Length)
            {
                var sums32 = Vector512<int>.Zero;
                var squares32 = Vector512<uint>.Zero;
                for (var step = 0; step < StepsBetweenSpills && index + width <= values.Length; step++, index += width)
                {
                    var vector = Vector512.LoadUnsafe(ref first, (nuint)index);
                    minimum = Vector512.Min(minimum, vector);
                    maximum = Vector512.Max(maximum, vector);
                    var (lower, upper) = Vector512.Widen(vector);
                    sums32 += lower + upper;
                    squares32 += (lower * lower + upper * upper).AsUInt32();
                }

                var (lowerSums, upperSums) = Vector512.Widen(sums32);
                sum += Vector512.Sum(lowerSums + upperSums);
                var (lowerSquares, upperSquares) = Vector512.Widen(squares32);
                squares += (long)Vector512.Sum(lowerSquares + upperSquares);
            }

            for (var lane = 0; lane < width; lane++)
            {
                smallest = Math.Min(smallest, minimum[lane]);
                largest = Math.Max(largest, maximum[lane]);
            }
        }

        for (; index < values.Length; index++)
        {
            var value = values[index];
            smallest = Math.Min(smallest, value);
            largest = Math.Max(largest, value);
            sum += value;
            squares += value * value;
        }

        sums.Count[lead] = values.Length;
        sums.Sum[lead] = sum;
        sums.SumOfSquares[lead] = squares;
        sums.Minimum[lead] = smallest;
        sums.Maximum[lead] = largest;
    }
}
