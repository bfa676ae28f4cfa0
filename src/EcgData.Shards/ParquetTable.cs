using System.IO.Compression;
using global::Parquet;
using global::Parquet.Schema;

namespace EcgData.Shards;

/// <summary>A small-column Parquet table in the making, through Parquet.Net: a row group at a time, its columns in the schema's order.</summary>
internal sealed class ParquetTable : IAsyncDisposable
{
    private readonly ParquetWriter _writer;
    private readonly DataField[] _fields;

    private ParquetTable(ParquetWriter writer, ParquetSchema schema)
    {
        _writer = writer;
        _fields = schema.GetDataFields();
    }

    public static async Task<ParquetTable> CreateAsync(ParquetSchema schema, Stream stream, IReadOnlyList<string> dictionaryColumns, CancellationToken cancel)
    {
        // Zstandard at level 1: 263 MB/s, where the default level, 19, does 1.3. The codec is managed code: the same bytes everywhere.
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest };
        foreach (var column in dictionaryColumns) options.ColumnEncodingHints[column] = EncodingHint.Dictionary;
        return new ParquetTable(await ParquetWriter.CreateAsync(schema, stream, options, append: false, cancel), schema);
    }

    public static ListField List<T>(string name) => new(name, new DataField<T>(ListField.ElementName, false));

    /// <summary>Begins a row group, which its <see cref="RowGroupColumnsWriter.Complete"/> ends.</summary>
    public RowGroupColumnsWriter BeginRowGroup() => new(_writer.CreateRowGroup(), _fields);

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}

/// <summary>Writes one column after the other.</summary>
internal sealed class RowGroupColumnsWriter(ParquetRowGroupWriter group, DataField[] fields)
{
    private int _next;

    public Task AddAsync(IReadOnlyCollection<string?> values) => group.WriteAsync(fields[_next++], values!);

    public Task AddAsync<T>(T[] values, CancellationToken cancel)
        where T : struct => group.WriteAsync<T>(fields[_next++], values, cancellationToken: cancel);

    public Task AddAsync<T>(T?[] values, CancellationToken cancel)
        where T : struct => group.WriteAsync<T>(fields[_next++], values, cancellationToken: cancel);

    /// <summary>A list per row; empty lists are stored as such.</summary>
    public Task AddListsAsync<TItem, T>(IEnumerable<IReadOnlyList<TItem>> lists, Func<TItem, T> value, CancellationToken cancel)
        where T : struct
    {
        var field = fields[_next++];
        var (values, definitions, repetitions) = (new List<T>(), new List<int>(), new List<int>());
        foreach (var list in lists)
        {
            definitions.Add(list.Count == 0 ? field.MaxDefinitionLevel - 1 : field.MaxDefinitionLevel);
            repetitions.Add(0);
            for (var index = 0; index < list.Count; index++)
            {
                values.Add(value(list[index]));
                if (index == 0) continue;
                definitions.Add(field.MaxDefinitionLevel);
                repetitions.Add(1);
            }
        }

        return group.WriteAllPartsAsync<T>(field, values.ToArray(), definitions.ToArray(), repetitions.ToArray(), cancel);
    }

    /// <summary>Ends the row group: every column has been added.</summary>
    public void Complete()
    {
        group.CompleteValidate();
        group.Dispose();
    }
}
