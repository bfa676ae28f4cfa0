using System.Buffers.Binary;

namespace EcgData.Shards.Reading.Pages;

/// <summary>Levels or dictionary indices in Parquet's RLE / bit-packed hybrid, run by run.</summary>
/// <remarks>Parquet format, Encodings, "Run Length Encoding / Bit-Packing Hybrid".</remarks>
internal ref struct LevelRuns
{
    private readonly int _bitWidth;
    private ByteCursor _cursor;
    private int _left;
    private ReadOnlySpan<byte> _packed;
    private int _packedIndex;
    private int _packedCount;

    /// <param name="bytes">The runs.</param>
    /// <param name="bitWidth">0 to 32.</param>
    /// <param name="count">Values that are to come.</param>
    public LevelRuns(ReadOnlySpan<byte> bytes, int bitWidth, int count)
    {
        _cursor = new ByteCursor(bytes);
        _bitWidth = bitWidth;
        _left = count;
        _packed = [];
    }

    /// <summary>The levels at the beginning of a data page of version 1: their length in bytes, then the runs.</summary>
    /// <returns>The runs; the page behind them is left in <paramref name="page"/>.</returns>
    /// <exception cref="InvalidDataException">The page ends before they do.</exception>
    public static LevelRuns Take(ref ReadOnlySpan<byte> page, int bitWidth, int count)
    {
        var length = page.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(page) : -1;
        if (length < 0 || length > page.Length - sizeof(int))
            throw new InvalidDataException($"Levels of {length} bytes in a page of {page.Length}. {ByteCursor.Advice}");
        var runs = page.Slice(sizeof(int), length);
        page = page[(sizeof(int) + length)..];
        return new LevelRuns(runs, bitWidth, count);
    }

    /// <summary>The next run of one value; a bit-packed value is a run of its own.</summary>
    /// <returns>false where all values have come.</returns>
    /// <exception cref="InvalidDataException">The bytes end before the values do.</exception>
    public bool Next(out int value, out int length)
    {
        (value, length) = (0, 0);
        if (_left == 0) return false;
        if (_packedIndex < _packedCount)
        {
            value = Unpack(_packedIndex++);
            length = 1;
            _left--;
            return true;
        }

        var header = _cursor.Varint();
        if ((header & 1) != 0)
        {
            // Groups of eight values; the last group is padded, and readers take what they need.
            if (header >> 1 == 0) throw Empty();
            var groups = Math.Min(header >> 1, ((ulong)_left + 7) / 8);
            _packed = _cursor.Take((int)Math.Min(groups * (ulong)_bitWidth, int.MaxValue));
            (_packedIndex, _packedCount) = (0, (int)Math.Min(groups * 8, (ulong)_left));
            return Next(out value, out length);
        }

        if (header == 0) throw Empty();
        for (var bits = 0; bits < _bitWidth; bits += 8) value |= _cursor.Byte() << bits;
        if (_bitWidth < 31 && value >> _bitWidth != 0)
            throw new InvalidDataException($"A level or index of {value}; expected {_bitWidth} bits. {ByteCursor.Advice}");
        length = (int)Math.Min(header >> 1, (ulong)_left);
        _left -= length;
        return true;
    }

    private readonly int Unpack(int index)
    {
        long value = 0;
        var bit = (long)index * _bitWidth;
        for (var done = 0; done < _bitWidth;)
        {
            var offset = (int)(bit + done & 7);
            value |= (long)(_packed[(int)(bit + done >> 3)] >> offset) << done;
            done += 8 - offset;
        }

        return (int)(value & (1L << _bitWidth) - 1);
    }

    private static InvalidDataException Empty() => new($"A run of no values among levels. {ByteCursor.Advice}");
}
