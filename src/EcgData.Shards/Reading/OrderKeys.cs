namespace EcgData.Shards.Reading;

/// <summary>A key per purpose, for one pass over the items of one pool: no draw depends on another.</summary>
internal readonly record struct OrderKeys(ulong Shards, ulong Groups, ulong Rounds, ulong Rows, ulong Segments, ulong Crops)
{
    /// <param name="pool">Index of the source whose items the pool holds; -1 where it holds all.</param>
    /// <param name="pass">Counts how often the pool was begun in this epoch, from 0.</param>
    public static OrderKeys Of(ulong seed, int epoch, int pool, long pass)
    {
        var key = KeyedDraw.Combine(KeyedDraw.Combine(EpochKey(seed, epoch), (ulong)pool), (ulong)pass);
        return new OrderKeys(
            KeyedDraw.Combine(key, 1), KeyedDraw.Combine(key, 2), KeyedDraw.Combine(key, 3),
            KeyedDraw.Combine(key, 4), KeyedDraw.Combine(key, 5), KeyedDraw.Combine(key, 6));
    }

    /// <summary>The key of the order in which runs of different sources follow each other.</summary>
    public static ulong OfRuns(ulong seed, int epoch) => KeyedDraw.Combine(EpochKey(seed, epoch), ulong.MaxValue - 1);

    private static ulong EpochKey(ulong seed, int epoch) => KeyedDraw.Combine(KeyedDraw.Combine(0x0e0de2, seed), (ulong)epoch);
}
