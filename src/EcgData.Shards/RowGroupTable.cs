using System.Runtime.CompilerServices;
using global::Parquet;
using global::Parquet.Schema;

namespace EcgData.Shards;

/// <summary>A row of <c>rowgroups.parquet</c>.</summary>
/// <param name="Shard">Path of the shard in the corpus.</param>
public sealed record RowGroupRow(string Shard, RowGroupEntry RowGroup);

/// <summary>Writes and reads <c>rowgroups.parquet</c>: where every row group of a version lies.</summary>
public static class RowGroupTable
{
    /// <summary>Rows per row group.</summary>
    public const int RowGroupRows = 65_536;

    internal static readonly string[] Columns =
    [
        "shard String", "index Int32", "first_row Int32", "rows Int32", "offset_bytes Int64", "size_bytes Int64",
        "column_offsets/list/element Int64?[]", "digest String", "minimum_rank Int64", "maximum_rank Int64",
        "row_samples/list/element Int32?[]", "row_segments/list/element Int32?[]", "record_segments/list/element Int32?[]",
    ];

    /// <param name="stream">Written front to back and left open.</param>
    public static async Task WriteAsync(Stream stream, IEnumerable<RowGroupRow> rows, CancellationToken cancel = default)
    {
        var schema = new ParquetSchema(
            new DataField<string>("shard", false),
            new DataField<int>("index"),
            new DataField<int>("first_row"),
            new DataField<int>("rows"),
            new DataField<long>("offset_bytes"),
            new DataField<long>("size_bytes"),
            ParquetTable.List<long>("column_offsets"),
            new DataField<string>("digest", false),
            new DataField<long>("minimum_rank"),
            new DataField<long>("maximum_rank"),
            ParquetTable.List<int>("row_samples"),
            ParquetTable.List<int>("row_segments"),
            ParquetTable.List<int>("record_segments"));
        await using var table = await ParquetTable.CreateAsync(schema, stream, ["shard"], cancel);
        foreach (var chunk in rows.Chunk(RowGroupRows))
        {
            var group = table.BeginRowGroup();
            await group.AddAsync([.. chunk.Select(row => row.Shard)]);
            await group.AddAsync(Numbers(chunk, entry => entry.Index), cancel);
            await group.AddAsync(Numbers(chunk, entry => entry.FirstRow), cancel);
            await group.AddAsync(Numbers(chunk, entry => entry.Rows), cancel);
            await group.AddAsync(Numbers(chunk, entry => entry.OffsetBytes), cancel);
            await group.AddAsync(Numbers(chunk, entry => entry.SizeBytes), cancel);
            await group.AddListsAsync(chunk.Select(row => row.RowGroup.ColumnOffsets), offset => offset, cancel);
            await group.AddAsync([.. chunk.Select(row => row.RowGroup.Digest)]);
            await group.AddAsync(Numbers(chunk, entry => entry.MinimumRank), cancel);
            await group.AddAsync(Numbers(chunk, entry => entry.MaximumRank), cancel);
            await group.AddListsAsync(chunk.Select(row => row.RowGroup.RowSamples), samples => samples, cancel);
            await group.AddListsAsync(chunk.Select(row => row.RowGroup.RowSegments), segment => segment, cancel);
            await group.AddListsAsync(chunk.Select(row => row.RowGroup.RecordSegments), count => count, cancel);
            group.Complete();
        }
    }

    /// <param name="stream">A <c>rowgroups.parquet</c>; seekable.</param>
    /// <exception cref="InvalidDataException">Not a row-group table, or damaged.</exception>
    public static async IAsyncEnumerable<RowGroupRow> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var reader = await ParquetFile.OpenAsync(stream, "a row-group table", cancel);
        ParquetFile.CheckColumns(reader, Columns, "row-group table");
        for (var index = 0; index < reader.RowGroupCount; index++)
        {
            var group = index;
            foreach (var row in await ParquetFile.GuardAsync($"row group {index}", () => ReadRowGroupAsync(reader, group, cancel)))
            {
                cancel.ThrowIfCancellationRequested();
                yield return row;
            }
        }
    }

    private static async Task<RowGroupRow[]> ReadRowGroupAsync(ParquetReader reader, int index, CancellationToken cancel)
    {
        var columns = new RowGroupColumns(reader, index, cancel);
        var shards = await columns.TextsAsync("shard");
        var indices = await columns.NumbersAsync<int>("index");
        var firstRows = await columns.NumbersAsync<int>("first_row");
        var counts = await columns.NumbersAsync<int>("rows");
        var offsets = await columns.NumbersAsync<long>("offset_bytes");
        var sizes = await columns.NumbersAsync<long>("size_bytes");
        var columnOffsets = await columns.ListsAsync<long>("column_offsets/list/element");
        var digests = await columns.TextsAsync("digest");
        var minima = await columns.NumbersAsync<long>("minimum_rank");
        var maxima = await columns.NumbersAsync<long>("maximum_rank");
        var samples = await columns.ListsAsync<int>("row_samples/list/element");
        var segments = await columns.ListsAsync<int>("row_segments/list/element");
        var recordSegments = await columns.ListsAsync<int>("record_segments/list/element");

        // A shard's path stands on some thirty rows: keep it once.
        for (var row = 1; row < shards.Length; row++)
        {
            if (shards[row] == shards[row - 1]) shards[row] = shards[row - 1];
        }

        return
        [
            .. Enumerable.Range(0, columns.Rows).Select(row => new RowGroupRow(shards[row], new RowGroupEntry(
                indices[row], firstRows[row], counts[row], offsets[row], sizes[row], columnOffsets[row] ?? [], digests[row], minima[row], maxima[row],
                samples[row] ?? [], segments[row] ?? [], recordSegments[row] ?? []))),
        ];
    }

    private static T[] Numbers<T>(RowGroupRow[] rows, Func<RowGroupEntry, T> value) => [.. rows.Select(row => value(row.RowGroup))];
}
