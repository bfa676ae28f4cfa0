namespace EcgData.Signals;

/// <summary>The ratio of two sampling frequencies as a reduced fraction: <c>Up</c> output samples for every <c>Down</c> input samples.</summary>
internal readonly record struct SamplingRatio(int Up, int Down)
{
    /// <summary>
    /// Branches a filter may have. Every frequency with two decimals reaches the corpus's 240 Hz with at most 24,000
    /// (999.56 Hz takes 6,000).
    /// </summary>
    public const int LargestUp = 24_000;

    /// <summary>Taps a filter may have over all branches: 64 MiB.</summary>
    public const int LargestTable = 1 << 24;

    /// <summary>Relative error: 1 ms in four months. Two different fractions within <see cref="LargestUp"/> are further apart.</summary>
    private const double Tolerance = 1e-10;

    public bool IsIdentity => Up == Down;

    /// <summary>The fraction of <paramref name="toHz"/> / <paramref name="fromHz"/>, by continued fractions.</summary>
    /// <returns>false where a frequency is no positive number or the fraction's filter would be absurdly large.</returns>
    public static bool TryCreate(double fromHz, double toHz, out SamplingRatio ratio)
    {
        ratio = default;
        if (!double.IsFinite(fromHz) || !double.IsFinite(toHz) || fromHz <= 0 || toHz <= 0) return false;
        var target = fromHz / toHz;
        if (target is > 1e6 or < 1e-6) return false;

        var (down, up, previousDown, previousUp) = (1L, 0L, 0L, 1L);
        var rest = target;
        while (true)
        {
            var whole = Math.Floor(rest);
            if (whole > 1e9) return false;   // the next denominator would be far beyond the bound
            (down, previousDown) = ((long)whole * down + previousDown, down);
            (up, previousUp) = ((long)whole * up + previousUp, up);
            if (up > LargestUp) return false;
            if (up > 0 && down > 0 && Math.Abs((double)down / up - target) <= Tolerance * target) break;
            if (rest == whole) return false;
            rest = 1 / (rest - whole);
        }

        ratio = new SamplingRatio((int)up, (int)down);
        return KaiserSinc.TapsPerBranch(ratio) * up <= LargestTable;
    }

    /// <summary>⌊samples · Up / Down⌋: how many output samples lie within the input.</summary>
    public int OutputCount(int samples) => checked((int)((long)samples * Up / Down));

    /// <summary>The smallest output sample at or after the input sample.</summary>
    public long OutputAtOrAfter(long inputSample) => -FloorDivide(-inputSample * Up, Down);

    /// <summary>The smallest output sample strictly after the input sample.</summary>
    public long OutputAfter(long inputSample) => FloorDivide(inputSample * Up, Down) + 1;

    private static long FloorDivide(long dividend, long divisor)
    {
        var (quotient, remainder) = Math.DivRem(dividend, divisor);
        return remainder < 0 ? quotient - 1 : quotient;
    }
}
