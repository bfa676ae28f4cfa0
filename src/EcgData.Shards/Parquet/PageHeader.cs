using System.Buffers;

namespace EcgData.Shards.Parquet;

/// <summary>How the values of a page are encoded; the numbers are Parquet's.</summary>
internal enum PageEncoding
{
    Plain = 0,
    Rle = 3,
    DeltaBinaryPacked = 5,
    RleDictionary = 8,
}

/// <summary>Headers of the pages that a shard has: data pages of version 1 and dictionary pages, neither compressed.</summary>
/// <remarks>parquet.thrift, PageHeader, DataPageHeader, DictionaryPageHeader.</remarks>
internal static class PageHeader
{
    private const int DataPage = 0;
    private const int DictionaryPage = 2;

    /// <summary>Bytes that the header of a data page takes at most.</summary>
    public const int MaximumDataBytes = 40;

    /// <param name="destination">At least <see cref="MaximumDataBytes"/>.</param>
    /// <param name="bodyBytes">Levels and values.</param>
    /// <param name="valueCount">Levels of the page: a null counts.</param>
    /// <returns>Bytes written.</returns>
    /// <remarks>Spelt out byte by byte, as twelve are written per row: field header, zigzag varint, field header, …</remarks>
    public static int WriteData(Span<byte> destination, int bodyBytes, int valueCount, PageEncoding encoding)
    {
        const byte nextI32 = 1 << 4 | ThriftCompactWriter.TypeI32;
        const byte afterNextStruct = (5 - 3) << 4 | ThriftCompactWriter.TypeStruct;   // field 5 follows field 3
        var position = 0;
        destination[position++] = nextI32;
        destination[position++] = DataPage;
        destination[position++] = nextI32;
        position += Varint.Write(destination[position..], (ulong)bodyBytes << 1);
        destination[position++] = nextI32;
        position += Varint.Write(destination[position..], (ulong)bodyBytes << 1);
        destination[position++] = afterNextStruct;
        destination[position++] = nextI32;
        position += Varint.Write(destination[position..], (ulong)valueCount << 1);
        destination[position++] = nextI32;
        destination[position++] = (byte)((int)encoding << 1);
        destination[position++] = nextI32;
        destination[position++] = (int)PageEncoding.Rle << 1;
        destination[position++] = nextI32;
        destination[position++] = (int)PageEncoding.Rle << 1;
        destination[position++] = 0;
        destination[position++] = 0;
        return position;
    }

    public static void WriteDictionary(ArrayBufferWriter<byte> output, int bodyBytes, int valueCount)
    {
        var thrift = new ThriftCompactWriter(output);
        thrift.BeginElement();
        thrift.I32(1, DictionaryPage);
        thrift.I32(2, bodyBytes);
        thrift.I32(3, bodyBytes);
        thrift.BeginStruct(7);
        thrift.I32(1, valueCount);
        thrift.I32(2, (int)PageEncoding.Plain);
        thrift.EndStruct();
        thrift.EndStruct();
    }
}
