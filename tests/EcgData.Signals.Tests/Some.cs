namespace EcgData.Signals.Tests;

/// <summary>Valid frames and records to start from.</summary>
internal static class Some
{
    /// <summary>float[count, 16]: <paramref name="value"/>(lane, index) in the first <paramref name="lanes"/> lanes, else 0.</summary>
    public static Frames Frames(int count, Func<int, int, double> value, int lanes = Montage.LeadCount)
    {
        var frames = EcgData.Signals.Frames.Rent(count);
        frames.Values.Clear();
        for (var index = 0; index < count; index++)
        {
            for (var lane = 0; lane < lanes; lane++) frames[index][lane] = (float)value(lane, index);
        }

        return frames;
    }

    /// <summary>Twelve leads of sums of sines, below 2 mV, that obey Einthoven and Goldberger, at rounding to 1 µV.</summary>
    public static double Ecg(int lane, double seconds)
    {
        var i = 0.8 * Math.Sin(2 * Math.PI * 7 * seconds) + 0.2 * Math.Sin(2 * Math.PI * 1.3 * seconds);
        var ii = 0.9 * Math.Sin(2 * Math.PI * 5 * seconds + 1) + 0.3 * Math.Cos(2 * Math.PI * 11 * seconds);
        var value = lane switch
        {
            0 => i,
            1 => ii,
            2 => ii - i,
            3 => -(i + ii) / 2,
            4 => i - ii / 2,
            5 => ii - i / 2,
            _ => Math.Sin(2 * Math.PI * (lane - 2) * seconds + lane),
        };
        return Math.Round(value, 3);
    }

    public static EcgRecord Record(double samplingFrequencyHz = 500, double seconds = 10, LeadSet? leads = null) =>
        Record(Frames((int)Math.Round(seconds * samplingFrequencyHz), (lane, index) =>
            (leads ?? LeadSet.All).Contains((Lead)lane) ? Ecg(lane, index / samplingFrequencyHz) : 0), samplingFrequencyHz, leads);

    public static EcgRecord Record(Frames frames, double samplingFrequencyHz, LeadSet? leads = null) => new()
    {
        RecordId = "some/0001",
        Frames = frames,
        SamplingFrequencyHz = samplingFrequencyHz,
        Leads = leads ?? LeadSet.All,
    };

    public static LeadSet Leads(params Lead[] leads) => leads.Aggregate(LeadSet.None, (set, lead) => set.With(lead));

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014) as numbers in [−1, 1).</summary>
    public static double Noise(ulong index)
    {
        var z = (index + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) / (double)(1L << 52) - 1;
    }
}
