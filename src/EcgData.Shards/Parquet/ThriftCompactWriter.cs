using System.Buffers;
using System.Text;

namespace EcgData.Shards.Parquet;

/// <summary>Writes structures in Thrift's compact protocol, the language of Parquet's page headers and footer.</summary>
/// <remarks>Thrift compact protocol specification: field header = id delta and type in a byte, zigzag varints.</remarks>
internal sealed class ThriftCompactWriter(ArrayBufferWriter<byte> output)
{
    public const int TypeI32 = 5;
    public const int TypeBinary = 8;
    public const int TypeStruct = 12;

    private const int TypeTrue = 1;
    private const int TypeFalse = 2;
    private const int TypeI8 = 3;
    private const int TypeI16 = 4;
    private const int TypeI64 = 6;
    private const int TypeList = 9;

    private readonly Stack<int> _outer = new();
    private int _lastField;

    /// <summary>Begins a structure that is a field of the current one; <see cref="EndStruct"/> ends it.</summary>
    public void BeginStruct(int field)
    {
        Field(field, TypeStruct);
        BeginElement();
    }

    /// <summary>Begins a structure that is an element of a list, or the outermost one.</summary>
    public void BeginElement()
    {
        _outer.Push(_lastField);
        _lastField = 0;
    }

    public void EndStruct()
    {
        Byte(0);
        _lastField = _outer.Pop();
    }

    /// <summary>A union member or marker that is an empty structure.</summary>
    public void EmptyStruct(int field)
    {
        BeginStruct(field);
        EndStruct();
    }

    public void Boolean(int field, bool value) => Field(field, value ? TypeTrue : TypeFalse);

    public void I8(int field, byte value)
    {
        Field(field, TypeI8);
        Byte(value);
    }

    public void I16(int field, short value)
    {
        Field(field, TypeI16);
        Varint(ZigZag(value));
    }

    public void I32(int field, int value)
    {
        Field(field, TypeI32);
        Varint(ZigZag(value));
    }

    public void I64(int field, long value)
    {
        Field(field, TypeI64);
        Varint(ZigZag(value));
    }

    public void Text(int field, string value)
    {
        Field(field, TypeBinary);
        TextElement(value);
    }

    public void Binary(int field, ReadOnlySpan<byte> value)
    {
        Field(field, TypeBinary);
        Varint((ulong)value.Length);
        output.Write(value);
    }

    /// <summary>Begins a list; its elements follow, of the type given.</summary>
    public void List(int field, int elementType, int count)
    {
        Field(field, TypeList);
        if (count < 15)
        {
            Byte((byte)(count << 4 | elementType));
            return;
        }

        Byte((byte)(0xF0 | elementType));
        Varint((ulong)count);
    }

    /// <summary>A field whose value is encoded already.</summary>
    /// <param name="type">Thrift's number of its type; a boolean's is its value.</param>
    public void Raw(int field, int type, ReadOnlySpan<byte> value)
    {
        Field(field, type);
        output.Write(value);
    }

    public void I32Element(int value) => Varint(ZigZag(value));

    public void TextElement(string value)
    {
        Varint((ulong)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, output);
    }

    private static ulong ZigZag(long value) => (ulong)(value << 1 ^ value >> 63);

    private void Field(int field, int type)
    {
        var delta = field - _lastField;
        if (delta is > 0 and <= 15)
        {
            Byte((byte)(delta << 4 | type));
        }
        else
        {
            Byte((byte)type);
            Varint(ZigZag(field));
        }

        _lastField = field;
    }

    private void Byte(byte value)
    {
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    private void Varint(ulong value) => output.Advance(Parquet.Varint.Write(output.GetSpan(10), value));
}
