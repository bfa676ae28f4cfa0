using System.Buffers.Binary;
using System.Text;

namespace EcgData.Consumers.Arrow;

/// <summary>
/// Writes one FlatBuffer, back to front: what is referred to is written before what refers to it. No more of the format than
/// Arrow's messages need.
/// </summary>
/// <remarks>FlatBuffers "Internals": little-endian, tables with a vtable, offsets relative to where they stand.</remarks>
internal sealed class FlatBuffer
{
    private const int MaximumFields = 8;

    private readonly int[] _fields = new int[MaximumFields];   // where each field of the open table stands, from the end; 0: default
    private byte[] _bytes = new byte[4096];
    private int _used;   // bytes from the end
    private int _tableEnd;
    private int _fieldCount;
    private int _widest = 1;

    /// <summary>Bytes so far: also the place of what was written last, counted from the end.</summary>
    public int Used => _used;

    public void Clear() => (_used, _widest) = (0, 1);

    /// <summary>A string, zero-terminated.</summary>
    public int String(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Align(sizeof(int), length + 1);
        Encoding.UTF8.GetBytes(text, Room(length + 1));   // the terminator is the zero that Room leaves
        Int32(length);
        return _used;
    }

    /// <summary>A vector of offsets to tables or strings.</summary>
    public int Vector(ReadOnlySpan<int> places)
    {
        Align(sizeof(int), places.Length * sizeof(int));
        for (var index = places.Length - 1; index >= 0; index--) Offset(places[index]);
        Int32(places.Length);
        return _used;
    }

    /// <summary>A vector of structs of two 64-bit numbers, as Arrow's Buffer and FieldNode are.</summary>
    public int Vector(ReadOnlySpan<(long First, long Second)> pairs)
    {
        Align(sizeof(int), pairs.Length * 2 * sizeof(long));
        Align(sizeof(long), pairs.Length * 2 * sizeof(long));
        for (var index = pairs.Length - 1; index >= 0; index--)
        {
            Int64(pairs[index].Second);
            Int64(pairs[index].First);
        }

        Int32(pairs.Length);
        return _used;
    }

    public void BeginTable()
    {
        Array.Clear(_fields);
        _fieldCount = 0;
        _tableEnd = _used;
    }

    public void Byte(int field, byte value)
    {
        Room(1)[0] = value;
        Set(field);
    }

    public void Int16(int field, short value)
    {
        Align(sizeof(short), 0);
        BinaryPrimitives.WriteInt16LittleEndian(Room(sizeof(short)), value);
        Set(field);
    }

    public void Int32(int field, int value)
    {
        Align(sizeof(int), 0);
        Int32(value);
        Set(field);
    }

    public void Int64(int field, long value)
    {
        Align(sizeof(long), 0);
        Int64(value);
        Set(field);
    }

    /// <summary>A field that refers to a table, string or vector.</summary>
    public void Reference(int field, int place)
    {
        Align(sizeof(int), 0);
        Offset(place);
        Set(field);
    }

    /// <summary>Closes the table with its vtable: lengths of both, then where each field stands in the table.</summary>
    public int EndTable()
    {
        Align(sizeof(int), 0);
        Int32(0);   // becomes the distance to the vtable
        var table = _used;
        for (var field = _fieldCount - 1; field >= 0; field--) Int16((short)(_fields[field] == 0 ? 0 : table - _fields[field]));
        Int16((short)(table - _tableEnd));
        Int16((short)((_fieldCount + 2) * sizeof(short)));
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_bytes.Length - table), _used - table);
        return table;
    }

    /// <summary>The finished buffer, whose length is a multiple of 8.</summary>
    /// <param name="root">The root table.</param>
    public ReadOnlySpan<byte> Finish(int root)
    {
        Align(Math.Max(sizeof(long), _widest), sizeof(int));
        Offset(root);
        return _bytes.AsSpan(_bytes.Length - _used);
    }

    private void Set(int field)
    {
        _fields[field] = _used;
        _fieldCount = Math.Max(_fieldCount, field + 1);
    }

    /// <summary>Pads so that what stands after <paramref name="following"/> more bytes is aligned, counted from the end.</summary>
    private void Align(int size, int following)
    {
        _widest = Math.Max(_widest, size);
        var padding = -(_used + following) & (size - 1);
        if (padding > 0) Room(padding);
    }

    private void Offset(int place) => Int32(_used + sizeof(int) - place);

    private void Int16(short value) => BinaryPrimitives.WriteInt16LittleEndian(Room(sizeof(short)), value);

    private void Int32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Room(sizeof(int)), value);

    private void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), value);

    /// <summary>The next bytes towards the front, zero.</summary>
    private Span<byte> Room(int size)
    {
        while (_used + size > _bytes.Length)
        {
            var larger = new byte[_bytes.Length * 2];
            _bytes.CopyTo(larger, larger.Length - _bytes.Length);
            _bytes = larger;
        }

        _used += size;
        var room = _bytes.AsSpan(_bytes.Length - _used, size);
        room.Clear();
        return room;
    }
}
