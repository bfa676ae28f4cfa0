using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EcgData.Shards.Parquet;

/// <summary>DELTA_BINARY_PACKED in blocks of 128 differences, four miniblocks of 32 each: one miniblock is one vector of shorts.</summary>
/// <remarks>
/// Parquet format, Encodings, "Delta Encoding". Values within ±8,191 differ by at most 16,382, and two differences by at most
/// 32,764: 16-bit arithmetic is exact and no miniblock needs more than 15 bits. Nothing here depends on the hardware: where a
/// vector is narrower than 512 bits the runtime takes it apart, and the bytes are the same.
/// </remarks>
internal static class DeltaBinaryPacking
{
    /// <summary>Largest amount that can be stored, microvolt.</summary>
    public const int Bound = 8191;

    public const int BlockValues = 128;
    public const int MiniblockValues = 32;
    public const int Miniblocks = BlockValues / MiniblockValues;

    private const int LargestWidth = 15;

    /// <summary>Bytes that <see cref="Encode"/> may touch for so many values.</summary>
    public static int MaximumBytes(int count) =>
        checked(32 + ((count + BlockValues - 1) / BlockValues * (3 + Miniblocks + BlockValues * LargestWidth / 8)));

    /// <param name="values">short[count], each within ±<see cref="Bound"/>; may be empty.</param>
    /// <param name="destination">At least <see cref="MaximumBytes"/>; its end is used as scratch.</param>
    /// <returns>Bytes written.</returns>
    public static int Encode(ReadOnlySpan<short> values, Span<byte> destination)
    {
        if (destination.Length < MaximumBytes(values.Length))
            throw new ArgumentException($"{destination.Length} bytes for {values.Length} values; needed are {MaximumBytes(values.Length)}.", nameof(destination));
        var position = Varint.Write(destination, BlockValues);
        position += Varint.Write(destination[position..], Miniblocks);
        position += Varint.Write(destination[position..], (ulong)values.Length);
        position += Varint.Write(destination[position..], values.IsEmpty ? 0 : ZigZag(values[0]));
        if (values.Length < 2) return position;

        ref var first = ref MemoryMarshal.GetReference(values);
        ref var output = ref MemoryMarshal.GetReference(destination);
        var deltas = values.Length - 1;
        var done = 0;
        for (; done + BlockValues <= deltas; done += BlockValues)
            position += EncodeBlock(ref Unsafe.Add(ref first, done), ref Unsafe.Add(ref output, position));
        if (done < deltas) position += EncodeLastBlock(values[done..], ref Unsafe.Add(ref output, position));
        return position;
    }

    /// <param name="first">129 values.</param>
    private static int EncodeBlock(ref short first, ref byte output)
    {
        var d0 = Difference(ref first, 0);
        var d1 = Difference(ref first, 1);
        var d2 = Difference(ref first, 2);
        var d3 = Difference(ref first, 3);
        var smallest = Minimum(Vector512.Min(Vector512.Min(d0, d1), Vector512.Min(d2, d3)));
        var position = WriteSmallest(ref output, smallest);
        ref var widths = ref Unsafe.Add(ref output, position);
        position += Miniblocks;
        var reference = Vector512.Create(smallest);
        position += Pack((d0 - reference).AsUInt16(), ref Unsafe.Add(ref output, position), ref widths);
        position += Pack((d1 - reference).AsUInt16(), ref Unsafe.Add(ref output, position), ref Unsafe.Add(ref widths, 1));
        position += Pack((d2 - reference).AsUInt16(), ref Unsafe.Add(ref output, position), ref Unsafe.Add(ref widths, 2));
        position += Pack((d3 - reference).AsUInt16(), ref Unsafe.Add(ref output, position), ref Unsafe.Add(ref widths, 3));
        return position;
    }

    /// <summary>The last block: fewer than 128 differences. Unused places of a begun miniblock are 0, unused miniblocks have width 0.</summary>
    private static int EncodeLastBlock(ReadOnlySpan<short> values, ref byte output)
    {
        var count = values.Length - 1;
        Span<short> differences = stackalloc short[BlockValues];
        var smallest = short.MaxValue;
        for (var index = 0; index < count; index++)
        {
            differences[index] = (short)(values[index + 1] - values[index]);
            smallest = Math.Min(smallest, differences[index]);
        }

        differences[count..].Fill(smallest);
        var position = WriteSmallest(ref output, smallest);
        ref var widths = ref Unsafe.Add(ref output, position);
        position += Miniblocks;
        for (var miniblock = 0; miniblock < Miniblocks; miniblock++)
        {
            var packed = Vector512.Create<short>(differences.Slice(miniblock * MiniblockValues, MiniblockValues)) - Vector512.Create(smallest);
            position += Pack(packed.AsUInt16(), ref Unsafe.Add(ref output, position), ref Unsafe.Add(ref widths, miniblock));
        }

        return position;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Difference(ref short first, nuint miniblock) =>
        Vector512.LoadUnsafe(ref first, miniblock * MiniblockValues + 1) - Vector512.LoadUnsafe(ref first, miniblock * MiniblockValues);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static short Minimum(Vector512<short> vector)
    {
        var half = Vector256.Min(vector.GetLower(), vector.GetUpper());
        var quarter = Vector128.Min(half.GetLower(), half.GetUpper());
        quarter = Vector128.Min(quarter, Vector128.Shuffle(quarter, Vector128.Create((short)4, 5, 6, 7, 0, 1, 2, 3)));
        quarter = Vector128.Min(quarter, Vector128.Shuffle(quarter, Vector128.Create((short)2, 3, 0, 1, 6, 7, 4, 5)));
        quarter = Vector128.Min(quarter, Vector128.Shuffle(quarter, Vector128.Create((short)1, 0, 3, 2, 5, 4, 7, 6)));
        return quarter.ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteSmallest(ref byte output, short smallest)
    {
        var zigZag = ZigZag(smallest);
        if (zigZag < 0x80)
        {
            output = (byte)zigZag;
            return 1;
        }

        return Varint.Write(MemoryMarshal.CreateSpan(ref output, 3), zigZag);
    }

    /// <summary>Packs 32 values at the smallest width that holds them all, first value in the lowest bits.</summary>
    /// <returns>Bytes of the miniblock: 4 · width. Up to 8 more are overwritten.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Pack(Vector512<ushort> values, ref byte output, ref byte widthByte)
    {
        var half = values.GetLower() | values.GetUpper();
        var quarter = (half.GetLower() | half.GetUpper()).AsUInt64();
        var bits = quarter.ToScalar() | quarter.GetElement(1);
        bits |= bits >> 32;
        bits = (bits | bits >> 16) & 0xFFFF;
        var width = 64 - System.Numerics.BitOperations.LeadingZeroCount(bits);
        widthByte = (byte)width;
        if (width == 0) return 0;

        // Neighbours join: two values of 16 bits, then two pairs of 32, until each of the eight lanes holds 4 · width bits.
        var pairs = values.AsUInt32();
        pairs = (pairs & Vector512.Create(0xFFFFu)) | (pairs >>> 16 << width);
        var fours = pairs.AsUInt64();
        fours = (fours & Vector512.Create(0xFFFFFFFFul)) | (fours >>> 32 << (2 * width));

        var lower = fours.GetLower();
        var upper = fours.GetUpper();
        Store(ref output, lower.GetElement(0), lower.GetElement(1), width);
        Store(ref Unsafe.Add(ref output, width), lower.GetElement(2), lower.GetElement(3), width);
        Store(ref Unsafe.Add(ref output, 2 * width), upper.GetElement(0), upper.GetElement(1), width);
        Store(ref Unsafe.Add(ref output, 3 * width), upper.GetElement(2), upper.GetElement(3), width);
        return 4 * width;
    }

    /// <summary>Eight values, width bytes; stores run over into what comes next, which is written later.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref byte output, ulong low, ulong high, int width)
    {
        var shift = 4 * width;   // at most 60
        Unsafe.WriteUnaligned(ref output, LittleEndian(low | high << shift));
        if (width > 8) Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, 8), LittleEndian(high >> (64 - shift)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LittleEndian(ulong value) =>
        BitConverter.IsLittleEndian ? value : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);

    private static ulong ZigZag(int value) => (uint)(value << 1 ^ value >> 31);
}
