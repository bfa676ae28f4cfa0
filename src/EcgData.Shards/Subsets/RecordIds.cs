using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace EcgData.Shards.Subsets;

/// <summary>
/// Record ids in UTF-8, numbered from 0. They are looked up in the order of ranks, that is at random, so an id costs two cache lines: its
/// place, and its bytes behind their length.
/// </summary>
internal sealed class RecordIds
{
    /// <summary>Bytes of an id at most, as its length takes two.</summary>
    public const int LongestBytes = ushort.MaxValue;

    private const int ChunkBits = 26;
    private const int ChunkBytes = 1 << ChunkBits;   // 64 MiB: the last chunk is half empty on average
    private const int Alignment = 4;                 // so that 32 bits reach 16 GiB, ids of 200 million records

    private readonly List<byte[]> _chunks = [];
    private uint[] _places = new uint[1 << 12];
    private int _used = ChunkBytes;

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int record]
    {
        get
        {
            var place = (long)_places[record] * Alignment;
            var chunk = _chunks[(int)(place >> ChunkBits)];
            var start = (int)(place & (ChunkBytes - 1));
            return chunk.AsSpan(start + sizeof(ushort), BinaryPrimitives.ReadUInt16LittleEndian(chunk.AsSpan(start)));
        }
    }

    /// <exception cref="InvalidDataException">An id longer than <see cref="LongestBytes"/>.</exception>
    public void Add(ReadOnlySpan<byte> id)
    {
        if (id.Length > LongestBytes) throw new InvalidDataException($"A record id of {id.Length} bytes; expected {LongestBytes} at most.");
        if (ChunkBytes - _used < id.Length + sizeof(ushort))
        {
            _chunks.Add(GC.AllocateUninitializedArray<byte>(ChunkBytes));
            _used = 0;
        }

        if (Count == _places.Length) Array.Resize(ref _places, (int)Math.Min(Count * 3L / 2, Array.MaxLength));
        var chunk = _chunks[^1];
        _places[Count++] = (uint)((((long)_chunks.Count - 1) * ChunkBytes + _used) / Alignment);
        BinaryPrimitives.WriteUInt16LittleEndian(chunk.AsSpan(_used), (ushort)id.Length);
        id.CopyTo(chunk.AsSpan(_used + sizeof(ushort)));
        _used = (_used + sizeof(ushort) + id.Length + Alignment - 1) & ~(Alignment - 1);
    }

    /// <summary>Asks for the place of an id that will be looked up soon.</summary>
    public unsafe void PrefetchPlace(int record)
    {
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref _places[record]));   // a hint: an array that moves meanwhile does no harm
    }

    /// <summary>Asks for the bytes of an id that will be looked up soon, whose place is there.</summary>
    public unsafe void PrefetchBytes(int record)
    {
        if (!Sse.IsSupported) return;
        var place = (long)_places[record] * Alignment;
        var start = (int)(place & (ChunkBytes - 1));
        var chunk = _chunks[(int)(place >> ChunkBits)];
        Sse.Prefetch0(Unsafe.AsPointer(ref chunk[start]));
        Sse.Prefetch0(Unsafe.AsPointer(ref chunk[Math.Min(start + 64, ChunkBytes - 1)]));
    }

    /// <summary>What stands for an id where ids are joined: no two ids of a corpus share it but by a chance of 10^-24.</summary>
    public static UInt128 HashOf(ReadOnlySpan<byte> id) => XxHash128.HashToUInt128(id);
}
