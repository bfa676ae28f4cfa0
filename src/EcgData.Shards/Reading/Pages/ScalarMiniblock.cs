using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EcgData.Shards.Reading.Pages;

/// <summary>Value by value, on any machine; also what the vector paths leave out: widths above 16, and the last bytes of a page.</summary>
internal readonly struct ScalarMiniblock : IMiniblock
{
    /// <summary>Widest difference of 32-bit values.</summary>
    public const int LargestWidth = 32;

    public static Vector512<short> Unpack(ref byte source, int width) =>
        Unpack(MemoryMarshal.CreateReadOnlySpan(ref source, Vector512<byte>.Count), width, Vector512<short>.Count);

    public static Vector512<short> Accumulate(Vector512<short> differences)
    {
        Unsafe.SkipInit(out Vector512<short> sums);
        ref var values = ref Unsafe.As<Vector512<short>, short>(ref differences);
        short sum = 0;
        for (var index = 0; index < Vector512<short>.Count; index++)
        {
            sum += Unsafe.Add(ref values, index);
            Unsafe.Add(ref Unsafe.As<Vector512<short>, short>(ref sums), index) = sum;
        }

        return sums;
    }

    /// <summary>The low 16 bits of values of any width; values beyond <paramref name="count"/> are 0.</summary>
    /// <param name="source">At least <paramref name="count"/> values.</param>
    /// <param name="width">0 to 32 bits.</param>
    public static Vector512<short> Unpack(ReadOnlySpan<byte> source, int width, int count)
    {
        Span<short> values = stackalloc short[Vector512<short>.Count];
        values.Clear();
        var mask = (1UL << width) - 1;
        for (var index = 0; index < count; index++)
        {
            var bit = index * width;
            values[index] = (short)(Load(source, bit >> 3) >> (bit & 7) & mask);
        }

        return Vector512.Create<short>(values);
    }

    /// <summary>Eight bytes, as far as there are any.</summary>
    private static ulong Load(ReadOnlySpan<byte> source, int offset)
    {
        if (source.Length - offset >= sizeof(ulong)) return BinaryPrimitives.ReadUInt64LittleEndian(source[offset..]);
        ulong value = 0;
        for (var index = source.Length - 1; index >= offset; index--) value = value << 8 | source[index];
        return value;
    }
}
