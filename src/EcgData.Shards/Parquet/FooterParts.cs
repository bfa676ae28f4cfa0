using System.Buffers;
using System.Buffers.Binary;

namespace EcgData.Shards.Parquet;

/// <summary>A footer taken apart as far as it must be to put row groups of one file into another.</summary>
/// <remarks>parquet.thrift, FileMetaData. What is not named here is carried over as it stands.</remarks>
internal sealed class FooterParts
{
    /// <summary>Where the first row group of a file begins, behind the magic.</summary>
    public const int FirstOffset = 4;

    private const int RowsField = 3;
    private const int RowGroupsField = 4;
    private const int MetadataField = 5;

    private readonly List<(int Id, int Type, byte[] Value)> _fields = [];

    private FooterParts()
    {
    }

    /// <summary>Each row group's structure as it stands in the footer.</summary>
    public IReadOnlyList<byte[]> RowGroups { get; private set; } = [];

    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    /// <exception cref="InvalidDataException">The bytes are not one whole footer.</exception>
    public static FooterParts Read(ReadOnlySpan<byte> footer)
    {
        var parts = new FooterParts();
        var reader = new ThriftCompactReader(footer, "The footer");
        var field = 0;
        while (reader.ReadField(ref field, out var type))
        {
            switch (field)
            {
                case RowGroupsField:
                    var groups = new byte[reader.ReadListCount()][];
                    for (var index = 0; index < groups.Length; index++) groups[index] = reader.TakeStruct().ToArray();
                    parts.RowGroups = groups;
                    break;
                case MetadataField:
                    parts.Metadata = ReadMetadata(ref reader);
                    break;
                default:
                    var value = reader.Take(type).ToArray();
                    if (field != RowsField) parts._fields.Add((field, type, value));
                    break;
            }
        }

        reader.CheckEnd();
        return parts;
    }

    /// <summary>The footer at the end of a whole file.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static async Task<(FooterParts Parts, long Offset)> ReadAsync(Stream stream, CancellationToken cancel)
    {
        var tail = new byte[8];
        if (stream.Length < FirstOffset + tail.Length) throw new InvalidDataException($"{stream.Length} bytes are no Parquet file.");
        stream.Seek(-tail.Length, SeekOrigin.End);
        await stream.ReadExactlyAsync(tail, cancel);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        var offset = stream.Length - tail.Length - size;
        if (!tail.AsSpan(4).SequenceEqual("PAR1"u8) || offset < FirstOffset)
            throw new InvalidDataException($"{stream.Length} bytes that do not end in the footer of a Parquet file.");
        var footer = new byte[size];
        stream.Seek(offset, SeekOrigin.Begin);
        await stream.ReadExactlyAsync(footer, cancel);
        return (Read(footer), offset);
    }

    /// <summary>Writes a footer with this one's schema and other row groups.</summary>
    /// <param name="rowGroups">Each as <see cref="Rebase"/> writes it.</param>
    public byte[] Write(long rows, IReadOnlyList<ReadOnlyMemory<byte>> rowGroups, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        var output = new ArrayBufferWriter<byte>();
        var thrift = new ThriftCompactWriter(output);
        thrift.BeginElement();
        foreach (var (id, type, value) in _fields.Where(field => field.Id < RowsField)) thrift.Raw(id, type, value);
        thrift.I64(RowsField, rows);
        thrift.List(RowGroupsField, ThriftCompactWriter.TypeStruct, rowGroups.Count);
        foreach (var group in rowGroups) output.Write(group.Span);
        thrift.List(MetadataField, ThriftCompactWriter.TypeStruct, metadata.Count);
        foreach (var (key, value) in metadata)
        {
            thrift.BeginElement();
            thrift.Text(1, key);
            thrift.Text(2, value);
            thrift.EndStruct();
        }

        foreach (var (id, type, value) in _fields.Where(field => field.Id > MetadataField)) thrift.Raw(id, type, value);
        thrift.EndStruct();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A row group's structure for another place in a file.</summary>
    /// <param name="shift">Bytes by which its pages move.</param>
    /// <param name="ordinal">Its number in the file, from 0.</param>
    /// <exception cref="InvalidDataException">The bytes are not a row group.</exception>
    public static byte[] Rebase(ReadOnlySpan<byte> rowGroup, long shift, int ordinal)
    {
        var output = new ArrayBufferWriter<byte>(rowGroup.Length + 64);
        var thrift = new ThriftCompactWriter(output);
        var reader = new ThriftCompactReader(rowGroup, "A row group in the footer");
        var field = 0;
        thrift.BeginElement();
        while (reader.ReadField(ref field, out var type))
        {
            switch (field)
            {
                case 1 when type == ThriftCompactReader.TypeList:   // columns
                    var count = reader.ReadListCount();
                    thrift.List(1, ThriftCompactWriter.TypeStruct, count);
                    for (var index = 0; index < count; index++) RebaseChunk(ref reader, thrift, shift);
                    break;
                case 5 when type == ThriftCompactReader.TypeI64:    // file_offset
                    thrift.I64(5, Shifted(reader.ReadVarint(), shift));
                    break;
                case 7:                         // ordinal: 16 bits
                    reader.Take(type);
                    if (ordinal <= short.MaxValue) thrift.I16(7, (short)ordinal);
                    break;
                default:
                    thrift.Raw(field, type, reader.Take(type));
                    break;
            }
        }

        thrift.EndStruct();
        reader.CheckEnd();
        return output.WrittenSpan.ToArray();
    }

    private static void RebaseChunk(ref ThriftCompactReader reader, ThriftCompactWriter thrift, long shift)
    {
        var field = 0;
        thrift.BeginElement();
        while (reader.ReadField(ref field, out var type))
        {
            if (field == 3 && type == ThriftCompactWriter.TypeStruct)
            {
                thrift.BeginStruct(3);
                RebaseColumn(ref reader, thrift, shift);
                thrift.EndStruct();
            }
            else if (field is 2 or 4 or 6 && type == ThriftCompactReader.TypeI64)   // file_offset, offset_index_offset, column_index_offset
            {
                thrift.I64(field, Shifted(reader.ReadVarint(), shift));
            }
            else
            {
                thrift.Raw(field, type, reader.Take(type));
            }
        }

        thrift.EndStruct();
    }

    private static void RebaseColumn(ref ThriftCompactReader reader, ThriftCompactWriter thrift, long shift)
    {
        var field = 0;
        while (reader.ReadField(ref field, out var type))
        {
            // data_page_offset, index_page_offset, dictionary_page_offset, bloom_filter_offset
            if (field is 9 or 10 or 11 or 14 && type == ThriftCompactReader.TypeI64) thrift.I64(field, Shifted(reader.ReadVarint(), shift));
            else thrift.Raw(field, type, reader.Take(type));
        }
    }

    /// <summary>0 stands for nowhere.</summary>
    private static long Shifted(long offset, long shift) => offset == 0 ? 0 : offset + shift;

    private static Dictionary<string, string> ReadMetadata(ref ThriftCompactReader reader)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = reader.ReadListCount(); left > 0; left--)
        {
            var (key, value, field) = ("", "", 0);
            while (reader.ReadField(ref field, out var type))
            {
                if (field == 1) key = reader.ReadText();
                else if (field == 2) value = reader.ReadText();
                else reader.Take(type);
            }

            metadata[key] = value;
        }

        return metadata;
    }
}
