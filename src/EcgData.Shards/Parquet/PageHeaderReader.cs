namespace EcgData.Shards.Parquet;

/// <summary>What a reader needs of a page header.</summary>
/// <param name="Type">0 a data page of version 1, 2 a dictionary page.</param>
/// <param name="Bytes">Of the page when unpacked.</param>
/// <param name="CompressedBytes">That follow the header.</param>
/// <param name="Encoding">0 PLAIN, 2 and 8 indices into a dictionary.</param>
internal readonly record struct ReadPageHeader(int Type, int Bytes, int CompressedBytes, int Values, int Encoding);

/// <summary>Reads page headers: structures in Thrift's compact protocol.</summary>
/// <remarks>Parquet format, parquet.thrift: PageHeader, DataPageHeader, DictionaryPageHeader.</remarks>
internal static class PageHeaderReader
{
    /// <summary>Takes the header that <paramref name="chunk"/> begins with.</summary>
    /// <exception cref="InvalidDataException">It is cut short, or no header.</exception>
    public static ReadPageHeader Read(ref ReadOnlySpan<byte> chunk)
    {
        var reader = new ThriftCompactReader(chunk, "A page header");
        var (type, bytes, compressed, values, encoding) = (-1, -1, -1, -1, -1);
        var field = 0;
        while (reader.ReadField(ref field, out var kind))
        {
            if (kind == ThriftCompactReader.TypeI32 && field == 1) type = reader.ReadInteger();
            else if (kind == ThriftCompactReader.TypeI32 && field == 2) bytes = reader.ReadInteger();
            else if (kind == ThriftCompactReader.TypeI32 && field == 3) compressed = reader.ReadInteger();
            else if (kind == ThriftCompactWriter.TypeStruct && field is 5 or 7) (values, encoding) = ReadInner(ref reader);
            else reader.Take(kind);
        }

        chunk = chunk[reader.Position..];
        return new ReadPageHeader(type, bytes, compressed, values, encoding);
    }

    private static (int Values, int Encoding) ReadInner(ref ThriftCompactReader reader)
    {
        var (values, encoding) = (-1, -1);
        var field = 0;
        while (reader.ReadField(ref field, out var kind))
        {
            if (kind == ThriftCompactReader.TypeI32 && field == 1) values = reader.ReadInteger();
            else if (kind == ThriftCompactReader.TypeI32 && field == 2) encoding = reader.ReadInteger();
            else reader.Take(kind);
        }

        return (values, encoding);
    }
}
