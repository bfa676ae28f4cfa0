namespace EcgData.Shards.Parquet;

/// <summary>What a reader needs of a page header.</summary>
/// <param name="Type">0 a data page of version 1, 2 a dictionary page.</param>
/// <param name="Bytes">Of the page when unpacked.</param>
/// <param name="CompressedBytes">That follow the header.</param>
/// <param name="Encoding">0 PLAIN, 2 and 8 indices into a dictionary.</param>
internal readonly record struct ReadPageHeader(int Type, int Bytes, int CompressedBytes, int Values, int Encoding);

/// <summary>Reads page headers: structures in Thrift's compact protocol.</summary>
/// <remarks>Parquet format, parquet.thrift: PageHeader, DataPageHeader, DictionaryPageHeader.</remarks>
internal ref struct PageHeaderReader
{
    private const int Integer = 5;
    private const int Structure = 12;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    private PageHeaderReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Takes the header that <paramref name="chunk"/> begins with.</summary>
    /// <exception cref="InvalidDataException">It is cut short, or no header.</exception>
    public static ReadPageHeader Read(ref ReadOnlySpan<byte> chunk)
    {
        var reader = new PageHeaderReader(chunk);
        var (type, bytes, compressed, values, encoding) = (-1, -1, -1, -1, -1);
        var field = 0;
        while (reader.NextField(ref field) is var kind and not 0)
        {
            if (kind == Integer && field == 1) type = reader.ReadInteger();
            else if (kind == Integer && field == 2) bytes = reader.ReadInteger();
            else if (kind == Integer && field == 3) compressed = reader.ReadInteger();
            else if (kind == Structure && field is 5 or 7) (values, encoding) = reader.ReadInner();
            else reader.Skip(kind, 0);
        }

        chunk = chunk[reader._position..];
        return new ReadPageHeader(type, bytes, compressed, values, encoding);
    }

    private (int Values, int Encoding) ReadInner()
    {
        var (values, encoding) = (-1, -1);
        var field = 0;
        while (NextField(ref field) is var kind and not 0)
        {
            if (kind == Integer && field == 1) values = ReadInteger();
            else if (kind == Integer && field == 2) encoding = ReadInteger();
            else Skip(kind, 1);
        }

        return (values, encoding);
    }

    /// <returns>The kind of the next field, 0 at the end of the structure.</returns>
    private int NextField(ref int field)
    {
        var header = ReadByte();
        if (header == 0) return 0;
        field = header >> 4 == 0 ? ReadInteger() : field + (header >> 4);
        return header & 0x0F;
    }

    private void Skip(int kind, int depth)
    {
        if (depth > 8) throw Damaged();
        switch (kind)
        {
            case 1 or 2:   // booleans: the kind is the value
                break;
            case 3:
                SkipBytes(1);
                break;
            case 4 or 5 or 6:
                ReadVarint();
                break;
            case 7:
                SkipBytes(8);
                break;
            case 8:
                SkipBytes(ReadVarint());
                break;
            case Structure:
                var field = 0;
                while (NextField(ref field) is var inner and not 0) Skip(inner, depth + 1);
                break;
            default:
                throw Damaged();   // lists, sets and maps do not occur in page headers
        }
    }

    private int ReadInteger()
    {
        var zigzag = ReadVarint();
        var value = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Damaged();
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = ReadByte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw Damaged();
    }

    private byte ReadByte() => _position < _bytes.Length ? _bytes[_position++] : throw Damaged();

    private void SkipBytes(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _position)) throw Damaged();
        _position += (int)count;
    }

    private static InvalidDataException Damaged() =>
        new("A page header is not whole. Verify the file's checksum, and build it again if it differs.");
}
