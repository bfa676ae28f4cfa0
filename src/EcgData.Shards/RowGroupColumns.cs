using System.Buffers;
using EcgData.Shards.Parquet;
using global::Parquet;
using global::Parquet.Schema;

namespace EcgData.Shards;

/// <summary>The columns of one row group, by path, as arrays of one entry per row.</summary>
internal sealed class RowGroupColumns
{
    private readonly Dictionary<string, DataField> _fields;
    private readonly ParquetRowGroupReader _reader;
    private readonly CancellationToken _cancel;

    public RowGroupColumns(ParquetReader reader, int index, CancellationToken cancel)
    {
        _fields = reader.Schema.GetDataFields().ToDictionary(field => string.Join('/', field.Path.ToList()), StringComparer.Ordinal);
        _reader = reader.OpenRowGroupReader(index);
        _cancel = cancel;
        Rows = checked((int)_reader.RowCount);
    }

    public int Rows { get; }

    /// <summary>bool[<see cref="Rows"/>]: the rows that texts and lists are made of from here on, null for all; the others get null or an empty list.</summary>
    public bool[]? Wanted { get; set; }

    public async Task<T[]> NumbersAsync<T>(string path)
        where T : struct
    {
        var column = await ReadAsync<T>(path);
        return column.Values.Length == Rows ? column.Values : throw Contradiction(path, column.Values.Length);
    }

    public async Task<T?[]> OptionalNumbersAsync<T>(string path)
        where T : struct
    {
        var column = await ReadAsync<T>(path);
        return Spread(path, column, value => (T?)value);
    }

    public async Task<string[]> TextsAsync(string path)
    {
        var column = await ReadAsync<ReadOnlyMemory<char>>(path);
        return column.Values.Length == Rows ? ToTexts(column.Values) : throw Contradiction(path, column.Values.Length);
    }

    public async Task<string?[]> OptionalTextsAsync(string path)
    {
        var column = await ReadAsync<ReadOnlyMemory<char>>(path);
        return Spread(path, column, value => (string?)value.ToString());
    }

    /// <summary>Texts as their pages hold them, without a string per row.</summary>
    /// <param name="stream">The file that the reader reads.</param>
    public async Task<ColumnTexts> ColumnTextsAsync(Stream stream, string path)
    {
        var field = _fields[path];
        var column = _reader.GetMetadata(field)!.MetaData!;
        var start = Math.Min(column.DataPageOffset, column.DictionaryPageOffset is > 0 and { } dictionary ? dictionary : long.MaxValue);
        var size = checked((int)column.TotalCompressedSize);   // held against the file at opening
        var chunk = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            stream.Position = start;
            await stream.ReadExactlyAsync(chunk.AsMemory(0, size), _cancel);
            return ColumnTexts.Read(chunk.AsSpan(0, size), column.Codec, Rows, field.MaxDefinitionLevel > 0) ?? throw new InvalidDataException(
                $"Column '{path}' is encoded in a way that is not read here: one data page of version 1, plain or with a dictionary, uncompressed or " +
                "Zstandard, is expected. Build the version again with this release.");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>A list per row; null where the list is.</summary>
    public async Task<T[]?[]> ListsAsync<T>(string path)
        where T : struct => Split(path, await ReadAsync<T>(path));

    /// <summary>A list per row, all in one array; null lists come out empty.</summary>
    public async Task<FlatLists<T>> FlatListsAsync<T>(string path)
        where T : struct
    {
        var column = await ReadAsync<T>(path);
        var (definitions, repetitions) = (column.Definitions!, column.Repetitions!);
        var defined = _fields[path].MaxDefinitionLevel;
        var starts = new int[Rows + 1];
        var (row, used) = (0, 0);
        for (var level = 0; level < definitions.Length; level++)
        {
            if (repetitions[level] == 0)
            {
                if (row == Rows) throw Contradiction(path, row + 1);
                starts[row++] = used;
            }

            if (definitions[level] == defined) used++;
        }

        if (row != Rows || used > column.Values.Length || (Rows > 0 && repetitions[0] != 0)) throw Contradiction(path, row);
        starts[Rows] = used;
        return new FlatLists<T>(column.Values, starts);
    }

    public async Task<string[][]> TextListsAsync(string path)
    {
        var lists = await ListsAsync<ReadOnlyMemory<char>>(path);
        var texts = new string[Rows][];
        for (var row = 0; row < Rows; row++) texts[row] = IsWanted(row) ? ToListTexts(lists[row] ?? throw Contradiction(path, 0)) : [];
        return texts;
    }

    /// <summary>Reads a column chunk: values without nulls (with room behind them where there are nulls) and the levels.</summary>
    private async Task<RawColumn<T>> ReadAsync<T>(string path)
        where T : struct
    {
        var field = _fields[path];
        var count = checked((int)_reader.GetMetadata(field)!.MetaData!.NumValues);   // held against the bytes at opening
        var column = new RawColumn<T>(
            new T[count], field.MaxDefinitionLevel > 0 ? new int[count] : null, field.MaxRepetitionLevel > 0 ? new int[count] : null);
        await _reader.ReadRawAsync<T>(field, column.Values, AsMemory(column.Definitions), AsMemory(column.Repetitions), _cancel);
        return column;

        // A null array would turn into an empty memory, which is not the same to Parquet.Net.
        static Memory<int>? AsMemory(int[]? levels) => levels is null ? default(Memory<int>?) : levels.AsMemory();
    }

    private bool IsWanted(int row) => Wanted is not { } wanted || wanted[row];

    /// <param name="values">One per row.</param>
    private string[] ToTexts(ReadOnlyMemory<char>[] values)
    {
        var texts = new string[values.Length];
        for (var row = 0; row < texts.Length; row++)
            if (IsWanted(row)) texts[row] = values[row].ToString();
        return texts;
    }

    private static string[] ToListTexts(ReadOnlyMemory<char>[] values)
    {
        var texts = new string[values.Length];
        for (var index = 0; index < texts.Length; index++) texts[index] = values[index].ToString();
        return texts;
    }

    private TOut[] Spread<TIn, TOut>(string path, RawColumn<TIn> column, Func<TIn, TOut> present)
    {
        var (values, definitions) = (column.Values, column.Definitions!);
        if (definitions.Length != Rows) throw Contradiction(path, definitions.Length);
        var result = new TOut[Rows];
        var used = 0;
        for (var row = 0; row < Rows; row++)
        {
            if (definitions[row] == 0) continue;
            if (used == values.Length) throw Contradiction(path, used);
            if (IsWanted(row)) result[row] = present(values[used]);
            used++;
        }

        return result;
    }

    private T[]?[] Split<T>(string path, RawColumn<T> column)
    {
        var (values, definitions, repetitions) = (column.Values, column.Definitions!, column.Repetitions!);
        var field = _fields[path];
        var (defined, empty) = (field.MaxDefinitionLevel, field.MaxDefinitionLevel - 1);
        var lists = new T[]?[Rows];
        var (row, used) = (0, 0);
        for (var level = 0; level < definitions.Length; row++)
        {
            var end = level + 1;
            while (end < repetitions.Length && repetitions[end] != 0) end++;
            if (row == Rows || repetitions[level] != 0) throw Contradiction(path, row);
            if (definitions[level] == defined)
            {
                if (end - level > values.Length - used) throw Contradiction(path, row);
                if (IsWanted(row)) lists[row] = values[used..(used + end - level)];
                used += end - level;
            }
            else if (definitions[level] == empty)
            {
                lists[row] = [];
            }

            level = end;
        }

        return row == Rows ? lists : throw Contradiction(path, row);
    }

    private InvalidDataException Contradiction(string path, int found) => new(
        $"Column '{path}': entries for {found} rows; its row group has {Rows}. Verify the file's checksum, and build it again if it differs.");

    private readonly record struct RawColumn<T>(T[] Values, int[]? Definitions, int[]? Repetitions);
}

/// <summary>A list per row: those of row r are the values from Starts[r] to Starts[r + 1].</summary>
internal readonly record struct FlatLists<T>(T[] Values, int[] Starts)
{
    public ReadOnlySpan<T> this[int row] => Values.AsSpan(Starts[row]..Starts[row + 1]);
}
