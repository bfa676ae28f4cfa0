using System.Buffers;

namespace EcgData.Shards.Parquet;

/// <summary>The footer of a shard: schema, row groups, key-value metadata.</summary>
/// <remarks>parquet.thrift, FileMetaData and what it holds; lists in the three-level form of LogicalTypes, "Lists".</remarks>
internal static class Footer
{
    private const int FormatVersion = 2;   // logical types and delta encoding belong to it
    private const int Required = 0;
    private const int Optional = 1;
    private const int Repeated = 2;
    private const int Uncompressed = 0;
    private const int ConvertedUtf8 = 0;
    private const int ConvertedList = 3;
    private const int ConvertedInt16 = 16;

    /// <param name="createdBy">In Parquet's form: <c>application version X</c>.</param>
    public static void Write(
        ArrayBufferWriter<byte> output, IReadOnlyList<ShardColumn> columns, IReadOnlyList<RowGroup> rowGroups,
        IReadOnlyList<KeyValuePair<string, string>> metadata, string createdBy)
    {
        var thrift = new ThriftCompactWriter(output);
        thrift.BeginElement();
        thrift.I32(1, FormatVersion);
        WriteSchema(thrift, columns);
        thrift.I64(3, rowGroups.Sum(group => (long)group.Rows));
        thrift.List(4, ThriftCompactWriter.TypeStruct, rowGroups.Count);
        for (var index = 0; index < rowGroups.Count; index++) WriteRowGroup(thrift, columns, rowGroups[index], index);
        thrift.List(5, ThriftCompactWriter.TypeStruct, metadata.Count);
        foreach (var (key, value) in metadata)
        {
            thrift.BeginElement();
            thrift.Text(1, key);
            thrift.Text(2, value);
            thrift.EndStruct();
        }

        thrift.Text(6, createdBy);
        thrift.List(7, ThriftCompactWriter.TypeStruct, columns.Count);
        foreach (var _ in columns)
        {
            thrift.BeginElement();
            thrift.EmptyStruct(1);   // each type's own order: without it readers ignore the bounds
            thrift.EndStruct();
        }

        thrift.EndStruct();
    }

    private static void WriteSchema(ThriftCompactWriter thrift, IReadOnlyList<ShardColumn> columns)
    {
        thrift.List(2, ThriftCompactWriter.TypeStruct, 1 + columns.Sum(column => column.IsList ? 3 : 1));
        thrift.BeginElement();
        thrift.Text(4, "schema");
        thrift.I32(5, columns.Count);
        thrift.EndStruct();
        foreach (var column in columns)
        {
            var repetition = column.IsNullable ? Optional : Required;
            if (column.IsList)
            {
                thrift.BeginElement();
                thrift.I32(3, repetition);
                thrift.Text(4, column.Name);
                thrift.I32(5, 1);
                thrift.I32(6, ConvertedList);
                thrift.BeginStruct(10);
                thrift.EmptyStruct(3);
                thrift.EndStruct();
                thrift.EndStruct();

                thrift.BeginElement();
                thrift.I32(3, Repeated);
                thrift.Text(4, "list");
                thrift.I32(5, 1);
                thrift.EndStruct();
            }

            WriteLeaf(thrift, column, column.IsList ? "element" : column.Name, column.IsList ? Required : repetition);
        }
    }

    private static void WriteLeaf(ThriftCompactWriter thrift, ShardColumn column, string name, int repetition)
    {
        thrift.BeginElement();
        thrift.I32(1, (int)column.Physical);
        thrift.I32(3, repetition);
        thrift.Text(4, name);
        if (column.Logical == LogicalType.Text)
        {
            thrift.I32(6, ConvertedUtf8);
            thrift.BeginStruct(10);
            thrift.EmptyStruct(1);
            thrift.EndStruct();
        }
        else if (column.Logical == LogicalType.Int16)
        {
            thrift.I32(6, ConvertedInt16);
            thrift.BeginStruct(10);
            thrift.BeginStruct(10);
            thrift.I8(1, 16);
            thrift.Boolean(2, true);
            thrift.EndStruct();
            thrift.EndStruct();
        }

        thrift.EndStruct();
    }

    private static void WriteRowGroup(ThriftCompactWriter thrift, IReadOnlyList<ShardColumn> columns, RowGroup group, int index)
    {
        var size = group.Columns.Sum(chunk => chunk.SizeBytes);
        thrift.BeginElement();
        thrift.List(1, ThriftCompactWriter.TypeStruct, columns.Count);
        for (var column = 0; column < columns.Count; column++) WriteChunk(thrift, columns[column], group.Columns[column]);
        thrift.I64(2, size);
        thrift.I64(3, group.Rows);
        thrift.I64(5, group.Columns[0].Offset);
        thrift.I64(6, size);
        if (index <= short.MaxValue) thrift.I16(7, (short)index);
        thrift.EndStruct();
    }

    private static void WriteChunk(ThriftCompactWriter thrift, ShardColumn column, ColumnChunk chunk)
    {
        thrift.BeginElement();
        thrift.I64(2, 0);   // no copy of the metadata outside the footer
        thrift.BeginStruct(3);
        thrift.I32(1, (int)column.Physical);
        var hasDictionary = chunk.Encoding == PageEncoding.RleDictionary;
        thrift.List(2, ThriftCompactWriter.TypeI32, hasDictionary ? 3 : 2);
        thrift.I32Element((int)chunk.Encoding);
        thrift.I32Element((int)PageEncoding.Rle);
        if (hasDictionary) thrift.I32Element((int)PageEncoding.Plain);
        thrift.List(3, ThriftCompactWriter.TypeBinary, column.IsList ? 3 : 1);
        thrift.TextElement(column.Name);
        if (column.IsList)
        {
            thrift.TextElement("list");
            thrift.TextElement("element");
        }

        thrift.I32(4, Uncompressed);
        thrift.I64(5, chunk.Values);
        thrift.I64(6, chunk.SizeBytes);
        thrift.I64(7, chunk.SizeBytes);
        thrift.I64(9, chunk.DataOffset);
        if (hasDictionary) thrift.I64(11, chunk.Offset);
        if (chunk.Statistics is { } statistics)
        {
            thrift.BeginStruct(12);
            thrift.I64(3, statistics.NullCount);
            if (statistics.Maximum is not null) thrift.Binary(5, statistics.Maximum);
            if (statistics.Minimum is not null) thrift.Binary(6, statistics.Minimum);
            thrift.EndStruct();
        }

        thrift.EndStruct();
        thrift.EndStruct();
    }
}
