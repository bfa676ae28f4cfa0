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

    // A bucket of a cache line or two is sorted as it is; more leading bits than this would make buckets that no cache holds.
    private const int MostInserted = 24;
    private const int BitsBelow = 3;
    private const int MostBits = 16;

    /// <summary>Of bytes, eight at a time.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Golden ^ (ulong)bytes.Length;
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

    /// <summary>Sorts hashes, and what belongs to them along with them, in place.</summary>
    /// <param name="hashes">Best evenly distributed, which makes this several times as fast as comparing; any numbers are sorted.</param>
    /// <param name="items">As many, or none.</param>
    public static void Sort<T>(Span<ulong> hashes, Span<T> items)
    {
        var bits = Math.Min(BitOperations.Log2((uint)hashes.Length | 1) - BitsBelow, MostBits);
        if (bits <= 0)
        {
            SortBucket(hashes, items);
            return;
        }

        // McIlroy, Bostic and McIlroy 1993, "Engineering radix sort": the American flag, by the leading bits.
        var shift = 64 - bits;
        var ends = new int[1 << bits];
        foreach (var hash in hashes) ends[hash >> shift]++;
        var next = new int[ends.Length];
        for (var (bucket, start) = (0, 0); bucket < ends.Length; bucket++)
        {
            next[bucket] = start;
            ends[bucket] = start += ends[bucket];
        }

        for (var (bucket, start) = (0, 0); bucket < ends.Length; start = ends[bucket++])
        {
            for (; next[bucket] < ends[bucket]; next[bucket]++)
            {
                ref var here = ref hashes[next[bucket]];
                for (var home = (int)(here >> shift); home != bucket; home = (int)(here >> shift))
                {
                    var place = next[home]++;
                    (hashes[place], here) = (here, hashes[place]);
                    if (!items.IsEmpty) (items[place], items[next[bucket]]) = (items[next[bucket]], items[place]);
                }
            }

            SortBucket(hashes[start..ends[bucket]], items.IsEmpty ? items : items[start..ends[bucket]]);
        }
    }

    private static void SortBucket<T>(Span<ulong> hashes, Span<T> items)
    {
        if (hashes.Length > MostInserted)
        {
            if (items.IsEmpty) hashes.Sort();
            else hashes.Sort(items);
            return;
        }

        for (var index = 1; index < hashes.Length; index++)
        {
            var hash = hashes[index];
            var place = index;
            while (place > 0 && hashes[place - 1] > hash) place--;
            if (place == index) continue;
            hashes[place..index].CopyTo(hashes[(place + 1)..]);
            hashes[place] = hash;
            if (items.IsEmpty) continue;
            var item = items[index];
            items[place..index].CopyTo(items[(place + 1)..]);
            items[place] = item;
        }
    }

    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, Golden, out var low);
        return high ^ low;
    }
}
