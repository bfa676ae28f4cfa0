namespace EcgData.Sources.Synthesis;

/// <summary>A stream of random numbers that is a pure function of its key: one per record, patient and purpose.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).</remarks>
internal struct RandomStream(ulong state)
{
    private ulong _state = state;

    /// <summary>The stream of one thing: what <paramref name="purpose"/> names, number <paramref name="index"/>, of a source under a seed.</summary>
    public static RandomStream For(ulong seed, string source, string purpose, long index)
    {
        var key = Mix(seed + 0x9E3779B97F4A7C15);
        foreach (var letter in source) key = Mix(key ^ letter);
        key = Mix(key + 0x632BE59BD9B4E019);
        foreach (var letter in purpose) key = Mix(key ^ letter);
        return new RandomStream(Mix(key + (ulong)index * 0xD1342543DE82EF95));
    }

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>Uniform in [0, 1).</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double Between(double low, double high) => low + (high - low) * Unit();

    /// <summary>Uniform in [0, count).</summary>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    public bool Chance(double probability) => Unit() < probability;

    /// <summary>Bell-shaped, mean 0, standard deviation 1, within ±4.9: the sum of eight uniforms needs no logarithm of a C runtime.</summary>
    public double Bell()
    {
        var (first, second) = (Next(), Next());
        long sum = 0;
        for (var shift = 0; shift < 64; shift += 16) sum += (long)(first >> shift & 0xFFFF) + (long)(second >> shift & 0xFFFF);
        return (sum - 4 * 65535L) * (1 / 53510.0);   // 65536 · √(8/12)
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }
}
