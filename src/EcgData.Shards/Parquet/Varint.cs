namespace EcgData.Shards.Parquet;

/// <summary>Unsigned LEB128, as Thrift, run lengths and delta headers use it.</summary>
internal static class Varint
{
    /// <returns>Bytes written, at most 10.</returns>
    public static int Write(Span<byte> destination, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }
}
