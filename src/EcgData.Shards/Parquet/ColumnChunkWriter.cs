using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace EcgData.Shards.Parquet;

/// <summary>Collects the levels and values of one column chunk after the other and writes each as pages.</summary>
internal sealed class ColumnChunkWriter(ShardOutput output)
{
    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly ArrayBufferWriter<byte> _page = new();
    private readonly ArrayBufferWriter<byte> _header = new();
    private readonly List<int> _definitions = [];
    private readonly List<int> _repetitions = [];
    private readonly List<int> _indices = [];
    private readonly Dictionary<string, int> _dictionary = new(StringComparer.Ordinal);
    private long _chunkOffset = -1;
    private long _chunkValues;

    /// <summary>Plain bytes of a number, or null.</summary>
    public static byte[]? Plain<T>(T? value)
        where T : unmanaged => value is { } number ? PlainBytes(number) : null;

    public void AddLevel(int definition, int repetition = 0)
    {
        _definitions.Add(definition);
        _repetitions.Add(repetition);
    }

    public void AddNumber<T>(T value)
        where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>();
        var span = _values.GetSpan(size)[..size];
        MemoryMarshal.Write(span, value);
        if (!BitConverter.IsLittleEndian) span.Reverse();
        _values.Advance(size);
    }

    public void AddText(string value)
    {
        AddNumber(Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, _values);
    }

    /// <summary>Adds a value of a column that has a dictionary.</summary>
    /// <returns>true where the value is new in this chunk.</returns>
    public bool AddIndex(string value)
    {
        var isNew = !_dictionary.TryGetValue(value, out var index);
        if (isNew)
        {
            index = _dictionary.Count;
            _dictionary.Add(value, index);
            AddText(value);
        }

        _indices.Add(index);
        return isNew;
    }

    /// <summary>Copies a finished page into the file.</summary>
    public void AddPage(ReadOnlySpan<byte> page, int values)
    {
        if (_chunkOffset < 0) _chunkOffset = output.Position;
        output.Write(page);
        _chunkValues += values;
    }

    /// <summary>Ends a chunk of finished pages.</summary>
    public ColumnChunk FinishPages(PageEncoding encoding)
    {
        var chunk = new ColumnChunk(_chunkValues, _chunkOffset, output.Position - _chunkOffset, _chunkOffset, encoding, null);
        (_chunkOffset, _chunkValues) = (-1, 0);
        return chunk;
    }

    /// <summary>Writes what was added as one data page, behind a dictionary page where the encoding has one.</summary>
    public ColumnChunk Finish(ShardColumn column, PageEncoding encoding, byte[]? minimum, byte[]? maximum)
    {
        // Without any value there is no dictionary: readers differ in what they make of an empty one.
        if (_dictionary.Count == 0) encoding = PageEncoding.Plain;
        var offset = output.Position;
        if (encoding == PageEncoding.RleDictionary)
        {
            PageHeader.WriteDictionary(_header, _values.WrittenCount, _dictionary.Count);
            Flush(_values);
        }

        var dataOffset = output.Position;
        if (column.IsList) RunLength.WriteLevels(_page, CollectionsMarshal.AsSpan(_repetitions), bitWidth: 1);
        if (column.IsList || column.IsNullable) RunLength.WriteLevels(_page, CollectionsMarshal.AsSpan(_definitions), bitWidth: 1);
        if (encoding == PageEncoding.RleDictionary)
        {
            var bitWidth = Math.Max(1, BitOperations.Log2((uint)Math.Max(1, _dictionary.Count - 1)) + 1);
            _page.Write((ReadOnlySpan<byte>)[(byte)bitWidth]);
            RunLength.Write(_page, CollectionsMarshal.AsSpan(_indices), bitWidth);
        }
        else
        {
            _page.Write(_values.WrittenSpan);
        }

        _header.Advance(PageHeader.WriteData(_header.GetSpan(PageHeader.MaximumDataBytes), _page.WrittenCount, _definitions.Count, encoding));
        Flush(_page);

        var statistics = column.IsList ? null : new ColumnStatistics(_definitions.Count(level => level == 0), minimum, maximum);
        var chunk = new ColumnChunk(_definitions.Count, offset, output.Position - offset, dataOffset, encoding, statistics);
        _values.ResetWrittenCount();
        _definitions.Clear();
        _repetitions.Clear();
        _indices.Clear();
        _dictionary.Clear();
        return chunk;
    }

    private static byte[] PlainBytes<T>(T number)
        where T : unmanaged
    {
        var bytes = new byte[Unsafe.SizeOf<T>()];
        MemoryMarshal.Write(bytes, number);
        if (!BitConverter.IsLittleEndian) Array.Reverse(bytes);
        return bytes;
    }

    private void Flush(ArrayBufferWriter<byte> body)
    {
        output.Write(_header.WrittenSpan);
        output.Write(body.WrittenSpan);
        _header.ResetWrittenCount();
        body.ResetWrittenCount();
    }
}
