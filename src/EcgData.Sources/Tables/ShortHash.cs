using System.Numerics;
using System.Runtime.InteropServices;

namespace EcgData.Sources.Tables;

/// <summary>64-bit hashes for finding things in memory, and their order. No output hangs on them, and what two of one hash are is compared.</summary>
public static class ShortHash
{
    // Odd numbers of many changes between 0 and 1: the golden ratio, and the constants of MurmurHash3's finalizer.
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong First = 0xFF51AFD7ED558CCD;
    private const ulong Second = 0xC4CEB9FE1A85EC53;

    private const int HashBits = 64;
    private const int MostInserted = 24;   // are sorted by comparing
    private const int MostBits = 8;        // at a time: more buckets than this, and their ends no longer lie in the nearest cache

    /// <summary>Of bytes, eight at a time.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Golden * (ulong)(bytes.Length + 1);
        var rest = bytes;
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..]) hash = Fold(hash ^ MemoryMarshal.Read<ulong>(rest));
        if (rest.Length == 0) return Of(hash);
        ulong last = 0;
        if (bytes.Length >= sizeof(ulong)) last = MemoryMarshal.Read<ulong>(bytes[^sizeof(ulong)..]);
        else
            foreach (var next in rest) last = last << 8 | next;
        return Of(Fold(hash ^ last));
    }

    /// <summary>Of a number; no two numbers have the same.</summary>
    public static ulong Of(ulong number)
    {
        number = (number ^ number >> 33) * First;
        number = (number ^ number >> 33) * Second;
        return number ^ number >> 33;
    }

    /// <summary>Sorts hashes, and what belongs to them along with them, in place. Several times as fast as comparing.</summary>
    /// <param name="items">As many as hashes, or none.</param>
    /// <remarks>McIlroy, Bostic and McIlroy 1993, "Engineering radix sort": the American flag. Equal hashes come in any order.</remarks>
    public static void Sort<T>(Span<ulong> hashes, Span<T> items) => Sort(hashes, items, HashBits);

    /// <param name="bitsLeft">Bits that are not the same in all hashes for certain.</param>
    private static void Sort<T>(Span<ulong> hashes, Span<T> items, int bitsLeft)
    {
        if (hashes.Length <= MostInserted)
        {
            Insert(hashes, items);
            return;
        }

        var bits = Math.Min(Math.Min(MostBits, bitsLeft), BitOperations.Log2((uint)hashes.Length) - 2);   // buckets of a few, not of one
        var shift = bitsLeft - bits;
        var mask = (1UL << bits) - 1;
        Span<int> ends = stackalloc int[1 << bits];
        Span<int> next = stackalloc int[1 << bits];
        ends.Clear();
        foreach (var hash in hashes) ends[(int)(hash >> shift & mask)]++;
        for (var (bucket, start) = (0, 0); bucket < ends.Length; bucket++)
        {
            next[bucket] = start;
            ends[bucket] = start += ends[bucket];
        }

        for (var bucket = 0; bucket < ends.Length; bucket++)
        {
            for (var here = next[bucket]; here < ends[bucket]; here++)
            {
                var hash = hashes[here];
                for (var home = (int)(hash >> shift & mask); home != bucket; home = (int)(hash >> shift & mask))
                {
                    var place = next[home]++;
                    (hashes[place], hash) = (hash, hashes[place]);
                    if (!items.IsEmpty) (items[place], items[here]) = (items[here], items[place]);
                }

                hashes[here] = hash;
            }
        }

        if (shift == 0) return;
        for (var (bucket, start) = (0, 0); bucket < ends.Length; start = ends[bucket++])
            if (ends[bucket] - start > 1) Sort(hashes[start..ends[bucket]], items.IsEmpty ? items : items[start..ends[bucket]], shift);
    }

    private static void Insert<T>(Span<ulong> hashes, Span<T> items)
    {
        for (var index = 1; index < hashes.Length; index++)
        {
            var (hash, place) = (hashes[index], index);
            var item = items.IsEmpty ? default : items[index];
            for (; place > 0 && hashes[place - 1] > hash; place--)
            {
                hashes[place] = hashes[place - 1];
                if (!items.IsEmpty) items[place] = items[place - 1];
            }

            hashes[place] = hash;
            if (!items.IsEmpty) items[place] = item!;
        }
    }

    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, Golden, out var low);
        return high ^ low;
    }
}
