namespace EcgData.Signals;

/// <summary>The low-pass filter of the resampler: a sinc of the lower Nyquist frequency under a Kaiser window, cut into branches.</summary>
/// <remarks>
/// Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974. Only + − × ÷ in double go into it, in a
/// fixed order: the tables are the same bits on every machine, whatever its mathematics library. The transition band reaches
/// from 0.9 to 1.1 of the lower Nyquist frequency, −6 dB in its middle.
/// </remarks>
internal static class KaiserSinc
{
    /// <summary>Trades transition width for attenuation: 9.5 gives −94 dB.</summary>
    private const double Beta = 9.5;

    /// <summary>Zero crossings of the sinc on each side, in quarters: 30.25, that is 1,513 taps for 500 → 240 Hz.</summary>
    private const int QuarterCrossings = 121;

    private const int BesselTerms = 32;   // the next term is below 1e-25 of the sum

    private static readonly double[] BesselCoefficients = CreateBesselCoefficients();

    /// <summary>Input samples before the one at or before an output sample that the filter reaches.</summary>
    public static int Reach(SamplingRatio ratio) => (int)(HalfWidth(ratio) / ratio.Up);

    /// <summary>Input samples that make an output sample.</summary>
    public static long TapsPerBranch(SamplingRatio ratio) => Reach(ratio) + (HalfWidth(ratio) + ratio.Up - 1) / ratio.Up + 1;

    /// <summary>One branch: the weights of the input samples around an output that lies phase/Up after the input sample before it.</summary>
    /// <param name="taps">double[TapsPerBranch]; tap j belongs to the input sample j − Reach from the one before. Their sum is 1.</param>
    public static void Branch(SamplingRatio ratio, int phase, Span<double> taps)
    {
        var (halfWidth, reach) = (HalfWidth(ratio), Reach(ratio));
        var sum = 0d;
        for (var j = 0; j < taps.Length; j++)
        {
            var distance = Math.Abs(phase - (long)(j - reach) * ratio.Up);
            taps[j] = distance > halfWidth ? 0 : Tap(distance, Math.Max(ratio.Up, ratio.Down));
            sum += taps[j];
        }

        foreach (ref var tap in taps) tap /= sum;
    }

    /// <summary>sin(π · numerator / denominator), reduced in whole numbers before anything is rounded.</summary>
    public static double SinOfPi(long numerator, long denominator)
    {
        var rest = numerator % (2 * denominator);
        var sign = rest >= denominator ? -1 : 1;
        if (rest >= denominator) rest -= denominator;
        if (2 * rest > denominator) rest = denominator - rest;
        var angle = Math.PI * rest / denominator;
        var square = angle * angle;
        var sum = 0d;
        for (var k = 27; k >= 3; k -= 2) sum = (1 + sum) * -square / (k * (k - 1));   // Taylor, innermost term first
        return sign * angle * (1 + sum);
    }

    private static long HalfWidth(SamplingRatio ratio) => (long)QuarterCrossings * Math.Max(ratio.Up, ratio.Down) / 4;

    private static double Tap(long distance, int crossing)
    {
        var sinc = distance == 0 ? 1 : SinOfPi(distance, crossing) / (Math.PI * distance / crossing);
        var place = 4d * distance / ((double)QuarterCrossings * crossing);   // 0 in the middle of the window, 1 at its end
        return sinc * Bessel(Beta * Beta * (1 - place * place) / 4);
    }

    /// <summary>I0(x) as a series in x²/4, so that the window's square root is never drawn; its constant factor falls to the sum.</summary>
    private static double Bessel(double quarterSquare)
    {
        var sum = 0d;
        for (var k = BesselTerms; k >= 0; k--) sum = sum * quarterSquare + BesselCoefficients[k];
        return sum;
    }

    private static double[] CreateBesselCoefficients()
    {
        var coefficients = new double[BesselTerms + 1];
        coefficients[0] = 1;
        for (var k = 1; k <= BesselTerms; k++) coefficients[k] = coefficients[k - 1] / ((double)k * k);
        return coefficients;
    }
}
