using System.Text;

namespace EcgData.Shards.Parquet;

/// <summary>Reads structures in Thrift's compact protocol field by field; what is of no interest is taken as bytes.</summary>
/// <remarks>Every failure is an <see cref="InvalidDataException"/>: the bytes come from files.</remarks>
/// <param name="what">What the bytes are, for the message: a footer.</param>
internal ref struct ThriftCompactReader(ReadOnlySpan<byte> bytes, string what)
{
    public const int TypeI32 = 5;
    public const int TypeI64 = 6;
    public const int TypeList = 9;

    private const int DeepestNesting = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly string _what = what;
    private int _position;

    /// <summary>Bytes that were read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Takes one structure of which nothing is kept, and makes sure that nothing is behind it.</summary>
    public static void CheckWhole(ReadOnlySpan<byte> bytes, string what)
    {
        var reader = new ThriftCompactReader(bytes, what);
        reader.TakeStruct();
        reader.CheckEnd();
    }

    /// <summary>The next field of the structure, or false at its end.</summary>
    /// <param name="field">The id of the field before, 0 at the beginning; becomes this one's.</param>
    public bool ReadField(ref int field, out int type)
    {
        var header = Byte();
        type = header & 0x0F;
        if (header == 0) return false;
        field = header >> 4 == 0 ? ReadInteger() : field + (header >> 4);
        return true;
    }

    /// <summary>The beginning of a list of structures.</summary>
    public int ReadListCount()
    {
        var header = Byte();
        var count = header >> 4 == 15 ? Unsigned() : (ulong)(header >> 4);
        return count <= (ulong)(_bytes.Length - _position) ? (int)count : throw Damaged();   // an element takes at least a byte
    }

    /// <summary>A number in zigzag form.</summary>
    public long ReadVarint()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number in zigzag form of 32 bits.</summary>
    public int ReadInteger() => ReadVarint() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw Damaged();

    public string ReadText() => Encoding.UTF8.GetString(Bytes(Unsigned()));

    /// <summary>The bytes of a value of a field.</summary>
    public ReadOnlySpan<byte> Take(int type)
    {
        var start = _position;
        if (type is not (1 or 2)) Skip(type, 0);   // booleans of fields are all header
        return _bytes[start.._position];
    }

    /// <summary>The bytes of a structure that is an element of a list.</summary>
    public ReadOnlySpan<byte> TakeStruct() => Take(ThriftCompactWriter.TypeStruct);

    public readonly void CheckEnd()
    {
        if (_position != _bytes.Length) throw Damaged();
    }

    private void Skip(int type, int depth)
    {
        if (depth > DeepestNesting) throw Damaged();
        switch (type)
        {
            case 1 or 2 or 3:
                Bytes(1);
                break;
            case 4 or 5 or 6:
                Unsigned();
                break;
            case 7:
                Bytes(8);
                break;
            case 8:
                Bytes(Unsigned());
                break;
            case 9 or 10:
                var element = _position < _bytes.Length ? _bytes[_position] & 0x0F : 0;
                for (var left = ReadListCount(); left > 0; left--) Skip(element, depth + 1);
                break;
            case 12:
                var field = 0;
                while (ReadField(ref field, out var inner))
                {
                    if (inner is not (1 or 2)) Skip(inner, depth + 1);
                }

                break;
            default:
                throw Damaged();
        }
    }

    private byte Byte() => _position < _bytes.Length ? _bytes[_position++] : throw Damaged();

    private ReadOnlySpan<byte> Bytes(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _position)) throw Damaged();
        _position += (int)count;
        return _bytes[(_position - (int)count).._position];
    }

    private ulong Unsigned()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw Damaged();
    }

    private readonly InvalidDataException Damaged() =>
        new($"{_what} is not one whole structure. Verify the file's checksum, and build it again if it differs.");
}
