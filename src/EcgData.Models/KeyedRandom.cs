namespace EcgData.Models;

/// <summary>
/// Random numbers that are a function of a key alone: the same on every machine and in every order of work. Torch's own generator
/// is one per process, so anything beside a run that draws from it would change the run.
/// </summary>
/// <remarks>SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17.</remarks>
public struct KeyedRandom(ulong key)
{
    private const ulong Increment = 0x9e3779b97f4a7c15;

    private ulong _state = key;

    /// <summary>The key of a text, for example of a record id: FNV-1a over its UTF-16 code units.</summary>
    public static ulong KeyOf(ReadOnlySpan<char> text)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var unit in text) hash = (hash ^ unit) * 0x100000001b3;
        return hash;
    }

    /// <summary>One key from two; the order of the two matters.</summary>
    public static ulong Combine(ulong first, ulong second) => new KeyedRandom(Mix(first + Increment) ^ second).Next();

    public ulong Next() => Mix(_state += Increment);

    /// <summary>Uniform in [0, <paramref name="end"/>); the bias is below end / 2⁶⁴.</summary>
    public int NextIndex(int end)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(end);
        return (int)Math.BigMul(Next(), (ulong)end, out _);
    }

    /// <summary>Uniform in [0, 1), 24 bits.</summary>
    public float NextSingle() => (Next() >> 40) * (1f / (1 << 24));

    private static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
}
