namespace EcgData.Shards;

/// <summary>
/// Walks a structure in Thrift's compact protocol without keeping any of it: Parquet.Net does not always stop at the end of a
/// damaged footer, and its lengths are to be held against the bytes that are there.
/// </summary>
internal ref struct ThriftStructure
{
    private const int DeepestNesting = 32;

    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    private ThriftStructure(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <returns>true where the bytes are exactly one structure.</returns>
    public static bool IsWhole(ReadOnlySpan<byte> bytes)
    {
        var structure = new ThriftStructure(bytes);
        return structure.SkipStruct(0) && structure._position == bytes.Length;
    }

    private bool SkipStruct(int depth)
    {
        while (_position < _bytes.Length)
        {
            var header = _bytes[_position++];
            if (header == 0) return true;
            if (header >> 4 == 0 && !SkipVarint(out _)) return false;
            if ((header & 0x0F) is not (1 or 2) && !Skip(header & 0x0F, depth)) return false;   // 1 and 2 are booleans: no bytes
        }

        return false;
    }

    private bool Skip(int type, int depth) => depth < DeepestNesting && type switch
    {
        1 or 2 or 3 => SkipBytes(1),
        4 or 5 or 6 => SkipVarint(out _),
        7 => SkipBytes(8),
        8 => SkipVarint(out var length) && SkipBytes(length),
        9 or 10 => SkipList(depth + 1),
        12 => SkipStruct(depth + 1),
        _ => false,
    };

    private bool SkipList(int depth)
    {
        if (_position >= _bytes.Length) return false;
        var header = _bytes[_position++];
        var count = (ulong)(header >> 4);
        if (count == 15 && !SkipVarint(out count)) return false;
        if (count > (ulong)(_bytes.Length - _position)) return false;   // an element takes at least a byte
        for (ulong index = 0; index < count; index++)
        {
            if (!Skip(header & 0x0F, depth)) return false;
        }

        return true;
    }

    private bool SkipBytes(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _position)) return false;
        _position += (int)count;
        return true;
    }

    private bool SkipVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && _position < _bytes.Length; shift += 7)
        {
            var part = _bytes[_position++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return true;
        }

        return false;
    }
}
