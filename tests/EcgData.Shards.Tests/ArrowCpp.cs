using System.Collections;
using Apache.Arrow;
using ParquetSharp;

namespace EcgData.Shards.Tests;

/// <summary>Reads Parquet files with Arrow C++ (the engine under pyarrow), column by column and as Arrow record batches.</summary>
internal static class ArrowCpp
{
    /// <summary>Every row in the form of <see cref="Some.Text"/>, through the readers of logical values.</summary>
    public static List<string> Rows(byte[] file)
    {
        using var stream = new MemoryStream(file);
        using var input = new ParquetSharp.IO.ManagedRandomAccessFile(stream);
        using var reader = new ParquetFileReader(input);
        var rows = new List<string>();
        for (var index = 0; index < reader.FileMetaData.NumRowGroups; index++)
        {
            using var group = reader.RowGroup(index);
            var count = checked((int)group.MetaData.NumRows);
            string[][] columns = [.. Enumerable.Range(0, group.MetaData.NumColumns).Select(column =>
            {
                using var columnReader = group.Column(column);
                using var logical = columnReader.LogicalReader();
                return logical.Apply(new Texts(count));
            })];
            for (var row = 0; row < count; row++) rows.Add(string.Join('|', columns.Select(column => column[row])));
        }

        return rows;
    }

    /// <summary>Every row in the form of <see cref="Some.Text"/>, through Arrow record batches.</summary>
    public static async Task<List<string>> BatchRowsAsync(byte[] file)
    {
        using var stream = new MemoryStream(file);
        using var reader = new ParquetSharp.Arrow.FileReader(stream);
        using var batches = reader.GetRecordBatchReader();
        var rows = new List<string>();
        while (await batches.ReadNextRecordBatchAsync() is { } batch)
        {
            using (batch)
            {
                for (var row = 0; row < batch.Length; row++)
                    rows.Add(string.Join('|', batch.Arrays.Select(array => Text(array, row))));
            }
        }

        return rows;
    }

    /// <summary>Names and Arrow types of the columns.</summary>
    public static string[] Types(byte[] file)
    {
        using var stream = new MemoryStream(file);
        using var reader = new ParquetSharp.Arrow.FileReader(stream);
        return [.. reader.Schema.FieldsList.Select(field => $"{field.Name} {Name(field.DataType)}{(field.IsNullable ? "?" : "")}")];

        static string Name(Apache.Arrow.Types.IArrowType type) => type is Apache.Arrow.Types.ListType list ? $"list<{list.ValueDataType.Name}>" : type.Name;
    }

    private static string Text(IArrowArray array, int row) => array switch
    {
        _ when array.IsNull(row) => "null",
        ListArray list => string.Join(',', Enumerable.Range(0, list.GetValueLength(row)).Select(index => Text(list.Values, list.ValueOffsets[row] + index))),
        StringArray texts => texts.GetString(row),
        BooleanArray truths => truths.GetValue(row).ToString()!,
        Int16Array numbers => numbers.GetValue(row).ToString()!,
        Int32Array numbers => numbers.GetValue(row).ToString()!,
        Int64Array numbers => numbers.GetValue(row).ToString()!,
        FloatArray numbers => numbers.GetValue(row).ToString()!,
        DoubleArray numbers => numbers.GetValue(row).ToString()!,
        _ => throw new NotSupportedException(array.GetType().Name),
    };

    private sealed class Texts(int rows) : ILogicalColumnReaderVisitor<string[]>
    {
        public string[] OnLogicalColumnReader<TValue>(LogicalColumnReader<TValue> columnReader) =>
            [.. columnReader.ReadAll(rows).Select(value => DuckDb.Text(value is IEnumerable and not string ? ((IEnumerable)value).Cast<object>() : value))];
    }
}
