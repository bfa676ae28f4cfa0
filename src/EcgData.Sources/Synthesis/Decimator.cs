namespace EcgData.Sources.Synthesis;

/// <summary>Takes every fifth sample behind a linear-phase low pass: the 100 Hz edition of a 500 Hz record.</summary>
internal static class Decimator
{
    public const int Factor = 5;

    private const int Side = 25;   // taps on each side: 0.1 s in all, -6 dB at 42 Hz, more than 50 dB down from 58 Hz on

    private static readonly double[] Taps = Design();

    /// <param name="leads">double[leads, samples].</param>
    /// <param name="decimated">double[leads, samples / 5].</param>
    public static void Decimate(ReadOnlySpan<double> leads, int samples, Span<double> decimated)
    {
        var kept = samples / Factor;
        for (var lead = 0; lead * samples < leads.Length; lead++)
        {
            var row = leads.Slice(lead * samples, samples);
            var target = decimated.Slice(lead * kept, kept);
            for (var index = 0; index < kept; index++)
            {
                var middle = index * Factor;
                var sum = Taps[0] * row[middle];
                if (middle >= Side && middle + Side < samples)
                {
                    for (var tap = 1; tap <= Side; tap++) sum += Taps[tap] * (row[middle - tap] + row[middle + tap]);
                }
                else
                {
                    // The edge sample stands for what lies beyond it.
                    for (var tap = 1; tap <= Side; tap++)
                        sum += Taps[tap] * (row[Math.Max(0, middle - tap)] + row[Math.Min(samples - 1, middle + tap)]);
                }

                target[index] = sum;
            }
        }
    }

    /// <summary>A sinc under a Hamming window, gain 1 at 0 Hz: the middle tap and one side.</summary>
    private static double[] Design()
    {
        const double Cycles = 42.0 / 500;
        var taps = new double[Side + 1];
        taps[0] = 2 * Cycles;
        var total = taps[0];
        for (var tap = 1; tap <= Side; tap++)
        {
            var window = 0.54 + 0.46 * PortableMath.Cos(Math.PI * tap / (Side + 1));
            taps[tap] = window * PortableMath.Sin(2 * Math.PI * Cycles * tap) / (Math.PI * tap);
            total += 2 * taps[tap];
        }

        for (var tap = 0; tap <= Side; tap++) taps[tap] /= total;
        return taps;
    }
}
