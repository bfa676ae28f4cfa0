using System.Runtime.CompilerServices;
using global::Parquet.Schema;

namespace EcgData.Shards;

/// <summary>What an encoder makes of a crop.</summary>
/// <param name="Segment">Index of the segment in its record.</param>
/// <param name="StartSample">First sample of the crop in its segment.</param>
/// <param name="Values">float[width]: mean over the crop's tokens.</param>
public sealed record EmbeddingRow(string RecordId, int Segment, int StartSample, IReadOnlyList<float> Values);

/// <summary>Writes and reads tables of embeddings: plain Parquet, a row per crop.</summary>
public static class EmbeddingTable
{
    /// <summary>Rows per row group: 16 MB at width 512.</summary>
    public const int RowGroupRows = 8192;

    private static readonly string[] Columns = ["record_id String", "segment Int32", "start_sample Int32", "embedding/list/element Single?[]"];

    /// <param name="stream">Written front to back and left open.</param>
    /// <returns>Rows that were written.</returns>
    public static async Task<long> WriteAsync(Stream stream, IAsyncEnumerable<EmbeddingRow> rows, CancellationToken cancel = default)
    {
        var schema = new ParquetSchema(
            new DataField<string>("record_id", false), new DataField<int>("segment"), new DataField<int>("start_sample"), ParquetTable.List<float>("embedding"));
        await using var table = await ParquetTable.CreateAsync(schema, stream, ["record_id"], cancel);
        var written = 0L;
        await foreach (var part in rows.Chunk(RowGroupRows).WithCancellation(cancel))
        {
            var group = table.BeginRowGroup();
            await group.AddAsync([.. part.Select(row => row.RecordId)]);
            await group.AddAsync<int>([.. part.Select(row => row.Segment)], cancel);
            await group.AddAsync<int>([.. part.Select(row => row.StartSample)], cancel);
            await group.AddListsAsync(part.Select(row => row.Values), value => value, cancel);
            group.Complete();
            written += part.Length;
        }

        return written;
    }

    /// <param name="stream">Seekable.</param>
    /// <exception cref="InvalidDataException">Not a table of embeddings, or damaged.</exception>
    public static async IAsyncEnumerable<EmbeddingRow> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var reader = await ParquetFile.OpenAsync(stream, "a table of embeddings", cancel);
        ParquetFile.CheckColumns(reader, Columns, "table of embeddings");
        for (var index = 0; index < reader.RowGroupCount; index++)
        {
            var columns = new RowGroupColumns(reader, index, cancel);
            var (ids, segments, starts, values) = await ParquetFile.GuardAsync($"row group {index}", async () => (
                await columns.TextsAsync("record_id"), await columns.NumbersAsync<int>("segment"), await columns.NumbersAsync<int>("start_sample"),
                await columns.ListsAsync<float>("embedding/list/element")));
            for (var row = 0; row < ids.Length; row++) yield return new EmbeddingRow(ids[row]!, segments[row], starts[row], values[row] ?? []);
        }
    }
}
