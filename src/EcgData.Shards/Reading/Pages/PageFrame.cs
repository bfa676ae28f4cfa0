using System.Runtime.CompilerServices;
using EcgData.Shards.Parquet;

namespace EcgData.Shards.Reading.Pages;

/// <summary>Kinds of page; the numbers are Parquet's.</summary>
internal enum PageKind
{
    Data = 0,
    Index = 1,
    Dictionary = 2,
    DataV2 = 3,
}

/// <summary>What a page's header says of it.</summary>
/// <param name="HeaderBytes">Where its body begins.</param>
/// <param name="BodyBytes">Levels and values; they are there.</param>
/// <param name="Values">Levels of a data page, entries of a dictionary page.</param>
internal readonly record struct PageFrame(PageKind Kind, int HeaderBytes, int BodyBytes, int Values, PageEncoding Encoding)
{
    private const int DeepestNesting = 8;

    public int EndBytes => HeaderBytes + BodyBytes;

    /// <summary>Reads the header at the beginning of some bytes.</summary>
    /// <exception cref="InvalidDataException">No header, a compressed page, or a body that is not there.</exception>
    /// <remarks>parquet.thrift, PageHeader; Thrift compact protocol. Fields that are not needed (checksum, statistics) are passed over.</remarks>
    public static PageFrame Read(ReadOnlySpan<byte> bytes)
    {
        if (TryReadOurs(bytes, out var ours)) return ours;
        var cursor = new ByteCursor(bytes);
        var (kind, size, compressed, values, encoding) = (-1, -1, -1, -1, -1);
        for (var field = 0; NextField(ref cursor, ref field, out var type);)
        {
            switch (field)
            {
                case 1 when type == ThriftCompactWriter.TypeI32: kind = Int(ref cursor); break;
                case 2 when type == ThriftCompactWriter.TypeI32: size = Int(ref cursor); break;
                case 3 when type == ThriftCompactWriter.TypeI32: compressed = Int(ref cursor); break;
                case 5 or 7 or 8 when type == ThriftCompactWriter.TypeStruct: ReadKind(ref cursor, ref values, ref encoding); break;
                default: Skip(ref cursor, type, 0); break;
            }
        }

        if (kind is < 0 or > (int)PageKind.DataV2 || size < 0 || values < 0)
            throw new InvalidDataException($"No page header: kind {kind}, {size} bytes, {values} values. {ByteCursor.Advice}");
        if (compressed != size) throw new InvalidDataException(
            $"A page of {size} bytes is stored in {compressed}: it is compressed, and shards are not. {ByteCursor.Advice}");
        if (size > cursor.Left) throw Missing(size, cursor.Left);
        return new PageFrame((PageKind)kind, cursor.Position, size, values, (PageEncoding)encoding);
    }

    /// <summary>The one form in which our own writer states a data page; a row group has 768 of them.</summary>
    private static bool TryReadOurs(ReadOnlySpan<byte> bytes, out PageFrame frame)
    {
        frame = default;
        if (bytes.Length < 20 || bytes[0] != 0x15 || bytes[1] != 0x00 || bytes[2] != 0x15) return false;
        var position = 3;
        if (!Short(bytes, ref position, out var size) || bytes[position++] != 0x15 || !Short(bytes, ref position, out var compressed)) return false;
        if (size != compressed || bytes[position++] != 0x2C || bytes[position++] != 0x15 || !Short(bytes, ref position, out var values)) return false;
        if (position + 8 > bytes.Length) return false;
        var rest = bytes.Slice(position, 8);
        if (rest[0] != 0x15 || !rest[2..].SequenceEqual((ReadOnlySpan<byte>)[0x15, 0x06, 0x15, 0x06, 0x00, 0x00])) return false;
        position += rest.Length;
        if (size > bytes.Length - position) throw Missing(size, bytes.Length - position);
        frame = new PageFrame(PageKind.Data, position, size, values, (PageEncoding)(rest[1] >> 1));
        return true;
    }

    /// <summary>A number that is not negative, in at most three bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Short(ReadOnlySpan<byte> bytes, ref int position, out int value)
    {
        value = 0;
        for (var shift = 0; shift < 21; shift += 7)
        {
            var part = bytes[position++];
            value |= (part & 0x7F) << shift;
            if (part >= 0x80) continue;
            var isNegative = (value & 1) != 0;
            value >>= 1;
            return !isNegative;
        }

        return false;
    }

    private static void ReadKind(ref ByteCursor cursor, ref int values, ref int encoding)
    {
        for (var field = 0; NextField(ref cursor, ref field, out var type);)
        {
            // Data page: values, encoding; dictionary page: the same; data page of version 2: values, nulls, rows, encoding.
            if (field == 1 && type == ThriftCompactWriter.TypeI32) values = Int(ref cursor);
            else if (field == 2 && type == ThriftCompactWriter.TypeI32) encoding = Int(ref cursor);
            else Skip(ref cursor, type, 1);
        }
    }

    private static bool NextField(ref ByteCursor cursor, ref int field, out int type)
    {
        var header = cursor.Byte();
        type = header & 0x0F;
        if (header == 0) return false;
        field = header >> 4 != 0 ? field + (header >> 4) : (short)cursor.Signed();
        return true;
    }

    /// <summary>A field's number; one that does not fit is as good as none.</summary>
    private static int Int(ref ByteCursor cursor) => cursor.Signed() is var value and >= 0 and <= int.MaxValue ? (int)value : -1;

    private static void Skip(ref ByteCursor cursor, int type, int depth)
    {
        if (depth > DeepestNesting) throw new InvalidDataException($"A page header nests deeper than {DeepestNesting}. {ByteCursor.Advice}");
        switch (type)
        {
            case 1 or 2: break;   // booleans lie in the field's header
            case 3: cursor.Skip(1); break;
            case 4 or 5 or 6: cursor.Varint(); break;
            case 7: cursor.Skip(sizeof(double)); break;
            case 8: cursor.Skip(cursor.Count(cursor.Left, "Bytes of a text")); break;
            case 9 or 10: SkipList(ref cursor, depth + 1); break;
            case 12:
                for (var field = 0; NextField(ref cursor, ref field, out var inner);) Skip(ref cursor, inner, depth + 1);
                break;
            default: throw new InvalidDataException($"A page header has a field of type {type}. {ByteCursor.Advice}");
        }
    }

    private static void SkipList(ref ByteCursor cursor, int depth)
    {
        var header = cursor.Byte();
        var count = header >> 4;
        if (count == 15) count = cursor.Count(cursor.Left, "Elements of a list");
        for (var index = 0; index < count; index++)
        {
            if ((header & 0x0F) is 1 or 2) cursor.Skip(1);   // in a list a boolean takes a byte
            else Skip(ref cursor, header & 0x0F, depth);
        }
    }

    private static InvalidDataException Missing(int size, int left) =>
        new($"A page of {size} bytes, of which {left} are there. {ByteCursor.Advice}");
}
