namespace EcgData.Shards;

/// <summary>Reads the rows of a shard in stored order, row group by row group, through Parquet.Net.</summary>
public static class ShardReader
{
    /// <param name="stream">A shard; seekable.</param>
    /// <param name="firstRowGroup">Index of the first row group to read.</param>
    /// <exception cref="InvalidDataException">Not a shard of a schema version that is known, or damaged.</exception>
    public static IAsyncEnumerable<StoredSegment> ReadAsync(Stream stream, int firstRowGroup = 0, CancellationToken cancel = default) =>
        throw new NotSupportedException();
}
