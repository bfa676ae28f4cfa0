namespace EcgData.Shards.Parquet;

/// <summary>Reads Parquet's RLE / bit-packed hybrid.</summary>
/// <remarks>Parquet format, Encodings, "Run Length Encoding / Bit-Packing Hybrid".</remarks>
internal static class RunLengthReader
{
    /// <param name="values">Filled: as many as there are to be.</param>
    /// <param name="bitWidth">0 to 31.</param>
    /// <returns>false where <paramref name="bytes"/> hold fewer.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, Span<int> values, int bitWidth)
    {
        if (bitWidth is < 0 or > 31) return false;
        var valueBytes = (bitWidth + 7) / 8;
        while (!values.IsEmpty)
        {
            if (!TryReadVarint(ref bytes, out var header)) return false;
            if ((header & 1) == 0)
            {
                var count = (int)Math.Min(header >> 1, (ulong)values.Length);
                if (count == 0 || bytes.Length < valueBytes) return false;
                var value = 0;
                for (var index = 0; index < valueBytes; index++) value |= bytes[index] << (8 * index);
                values[..count].Fill(value);
                values = values[count..];
                bytes = bytes[valueBytes..];
                continue;
            }

            var groups = header >> 1;
            if (groups == 0 || bitWidth > 0 && groups > (ulong)(bytes.Length / bitWidth)) return false;
            var packed = (int)Math.Min(groups * 8, (ulong)values.Length);
            Unpack(bytes, values[..packed], bitWidth);
            values = values[packed..];
            if (bitWidth > 0) bytes = bytes[((int)groups * bitWidth)..];
        }

        return true;
    }

    private static void Unpack(ReadOnlySpan<byte> bytes, Span<int> values, int bitWidth)
    {
        var mask = (1ul << bitWidth) - 1;
        var (buffer, filled, next) = (0ul, 0, 0);
        for (var index = 0; index < values.Length; index++)
        {
            for (; filled < bitWidth; filled += 8) buffer |= (ulong)bytes[next++] << filled;
            values[index] = (int)(buffer & mask);
            buffer >>= bitWidth;
            filled -= bitWidth;
        }
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var index = 0; index < 9 && index < bytes.Length; index++)
        {
            value |= (ulong)(bytes[index] & 0x7F) << (7 * index);
            if (bytes[index] >= 0x80) continue;
            bytes = bytes[(index + 1)..];
            return true;
        }

        return false;
    }
}
