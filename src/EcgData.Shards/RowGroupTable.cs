namespace EcgData.Shards;

/// <summary>A row of <c>rowgroups.parquet</c>.</summary>
/// <param name="Shard">Path of the shard in the corpus.</param>
public sealed record RowGroupRow(string Shard, RowGroupEntry RowGroup);

/// <summary>Writes and reads <c>rowgroups.parquet</c>: where every row group of a version lies.</summary>
public static class RowGroupTable
{
    public static Task WriteAsync(Stream stream, IEnumerable<RowGroupRow> rows, CancellationToken cancel = default) =>
        throw new NotSupportedException();

    public static IAsyncEnumerable<RowGroupRow> ReadAsync(Stream stream, CancellationToken cancel = default) =>
        throw new NotSupportedException();
}
