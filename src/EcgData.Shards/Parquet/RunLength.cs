using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace EcgData.Shards.Parquet;

/// <summary>
/// Parquet's RLE / bit-packed hybrid, of which only the repeated runs are written: levels and dictionary indices of our columns
/// hardly change, and a group has at most 64 rows.
/// </summary>
/// <remarks>Parquet format, Encodings, "Run Length Encoding / Bit-Packing Hybrid".</remarks>
internal static class RunLength
{
    /// <summary>Appends <paramref name="values"/>, each below 2^<paramref name="bitWidth"/>.</summary>
    public static void Write(ArrayBufferWriter<byte> output, ReadOnlySpan<int> values, int bitWidth)
    {
        while (!values.IsEmpty)
        {
            var length = values.IndexOfAnyExcept(values[0]);
            if (length < 0) length = values.Length;
            output.Advance(WriteRun(output.GetSpan(16), values[0], length, bitWidth));
            values = values[length..];
        }
    }

    /// <summary>Appends levels of a data page of version 1: their length in bytes, then the runs.</summary>
    public static void WriteLevels(ArrayBufferWriter<byte> output, ReadOnlySpan<int> levels, int bitWidth)
    {
        var before = output.WrittenCount;
        output.Write((ReadOnlySpan<byte>)[0, 0, 0, 0]);
        Write(output, levels, bitWidth);
        var written = MemoryMarshal.AsMemory(output.WrittenMemory).Span[before..];
        BinaryPrimitives.WriteInt32LittleEndian(written, written.Length - sizeof(int));
    }

    /// <returns>Bytes written: the run's length as a varint, its value in whole bytes.</returns>
    public static int WriteRun(Span<byte> destination, int value, int length, int bitWidth)
    {
        var position = Varint.Write(destination, (ulong)length << 1);
        for (var bits = 0; bits < bitWidth; bits += 8) destination[position++] = (byte)(value >> bits);
        return position;
    }
}
