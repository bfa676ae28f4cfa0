namespace EcgData.Shards.Reading;

/// <summary>
/// Draws that are a function of a key and a counter: none depends on which others were made, so a position can be looked up alone.
/// </summary>
/// <remarks>SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17.</remarks>
internal static class KeyedDraw
{
    private const ulong Increment = 0x9e3779b97f4a7c15;

    /// <summary>One key from two; the order of the two matters.</summary>
    public static ulong Combine(ulong key, ulong value) => Mix(Mix(key + Increment) ^ value);

    /// <summary>The key of a text: FNV-1a over its UTF-16 code units.</summary>
    public static ulong KeyOf(ReadOnlySpan<char> text)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var unit in text) hash = (hash ^ unit) * 0x100000001b3;
        return Mix(hash);
    }

    /// <summary>Uniform in [0, <paramref name="end"/>); the bias is below end / 2⁶⁴.</summary>
    public static int Below(ulong key, ulong counter, int end) => (int)Math.BigMul(Mix(key + (counter + 1) * Increment), (ulong)end, out _);

    /// <summary>Puts the values into keyed order.</summary>
    /// <remarks>Durstenfeld, Algorithm 235, CACM 1964.</remarks>
    public static void Shuffle<T>(Span<T> values, ulong key)
    {
        for (var last = values.Length - 1; last > 0; last--)
        {
            var other = Below(key, (ulong)last, last + 1);
            (values[last], values[other]) = (values[other], values[last]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
}
