namespace EcgData.Sources.Synthesis;

/// <summary>What electrodes and recorder add: baseline wander, mains, muscle. The levels give the coded size of genuine records.</summary>
internal static class RecorderNoise
{
    /// <summary>No sum of the three is larger, in practice: what a record is scaled for.</summary>
    public const double BoundMicrovolt = 600;

    private const double MuscleMicrovolt = 18;

    /// <param name="leads">double[8, samples] in microvolt that the noise is added to.</param>
    public static void Add(Span<double> leads, int samples, int samplingFrequencyHz, ref RandomStream random)
    {
        var level = Math.Clamp(1 + 0.38 * random.Bell(), 0.4, 2.3);
        var mains = random.Chance(0.5) ? 50 : 60;
        var hum = random.Chance(0.35) ? random.Between(2, 9) : random.Between(0, 2);
        var wander = Math.Clamp(1 + 0.5 * random.Bell(), 0.25, 2.5);
        for (var lead = 0; lead < EcgSynthesiser.LeadCount; lead++)
        {
            var row = leads.Slice(lead * samples, samples);
            var low = Sine.Draw(ref random, samplingFrequencyHz, 0.05, 0.2, wander * random.Between(8, 32));
            var middle = Sine.Draw(ref random, samplingFrequencyHz, 0.2, 0.35, wander * random.Between(8, 32));
            var high = Sine.Draw(ref random, samplingFrequencyHz, 0.35, 0.5, wander * random.Between(8, 32));
            var line = Sine.Draw(ref random, samplingFrequencyHz, mains, mains, hum * random.Between(0.4, 1));
            // Four recurrences side by side: each waits for its own last sample only.
            for (var index = 0; index < row.Length; index++)
                row[index] += low.Step() + middle.Step() + (high.Step() + line.Step());
            AddMuscle(row, samplingFrequencyHz, level * random.Between(0.7, 1.3) * MuscleMicrovolt, ref random);
        }
    }

    /// <summary>Muscle activity: white noise through two first-order low passes at 45 Hz, so that it falls off as in genuine records.</summary>
    private static void AddMuscle(Span<double> row, int samplingFrequencyHz, double size, ref RandomStream random)
    {
        var pass = 1 - PortableMath.Exp(-2 * Math.PI * 45 / samplingFrequencyHz);
        // Two equal one-pole filters leave this share of the variance of white noise.
        var keep = 1 - pass;
        var share = pass * pass * pass * pass * (1 + keep * keep) / ((1 - keep * keep) * (1 - keep * keep) * (1 - keep * keep));
        var scale = size / (26754 * Math.Sqrt(share));   // 26754: standard deviation of the sum of two uniform 16-bit numbers
        var (first, second) = (0.0, 0.0);
        for (var index = 0; index < row.Length; index += 2)
        {
            var bits = random.Next();
            for (var half = 0; half < 2 && index + half < row.Length; half++, bits >>= 32)
            {
                var white = ((int)(bits & 0xFFFF) + (int)(bits >> 16 & 0xFFFF) - 65535) * scale;
                first += pass * (white - first);
                second += pass * (first - second);
                row[index + half] += second;
            }
        }
    }

    /// <summary>A sine by recurrence: one rotation per sample.</summary>
    private struct Sine
    {
        private double _real, _imaginary, _cosine, _sine;

        public static Sine Draw(ref RandomStream random, int samplingFrequencyHz, double lowHz, double highHz, double size)
        {
            var turn = 2 * Math.PI * random.Between(lowHz, highHz) / samplingFrequencyHz;
            var phase = random.Between(0, 2 * Math.PI);
            return new Sine
            {
                _real = size * PortableMath.Cos(phase),
                _imaginary = size * PortableMath.Sin(phase),
                _cosine = PortableMath.Cos(turn),
                _sine = PortableMath.Sin(turn),
            };
        }

        public double Step()
        {
            var value = _imaginary;
            (_real, _imaginary) = (_real * _cosine - _imaginary * _sine, _real * _sine + _imaginary * _cosine);
            return value;
        }
    }
}
