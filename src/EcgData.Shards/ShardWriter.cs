namespace EcgData.Shards;

/// <summary>Writes a shard: a plain Parquet file in the geometry that <see cref="RowGroupSizes"/> gives.</summary>
public static class ShardWriter
{
    /// <summary>Version of the bytes that this writer makes of given rows; part of every input digest.</summary>
    public const int WriterVersion = 1;

    /// <summary>Rows of the row groups: 8, 8, 16, 32 and then 64, so that a small subset is a cheap prefix.</summary>
    public static IEnumerable<int> RowGroupSizes(int rows)
    {
        int[] first = [8, 8, 16, 32];
        for (var index = 0; rows > 0; index++)
        {
            var size = Math.Min(rows, index < first.Length ? first[index] : 64);
            yield return size;
            rows -= size;
        }
    }

    /// <summary>Writes the rows, which stand in the order of <see cref="ShardRow.Compare"/>, and closes nothing.</summary>
    /// <param name="stream">Written front to back; need not seek.</param>
    /// <exception cref="ArgumentException">Rows out of order.</exception>
    public static ShardContent Write(Stream stream, IReadOnlyList<ShardRow> rows, ShardFileMetadata metadata) =>
        throw new NotSupportedException();
}

/// <summary>What goes into the file's key-value metadata.</summary>
public sealed record ShardFileMetadata(int SchemaVersion, string RecipeHash, int ProcessingVersion);

/// <summary>What a shard holds, as its writer saw it.</summary>
/// <param name="Sha256">Of the whole file, lower-case hex: the shard's name.</param>
public sealed record ShardContent(string Sha256, long SizeBytes, int Rows, IReadOnlyList<RowGroupEntry> RowGroups, LeadSums Sums);

/// <summary>A row group of a shard; a row of <c>rowgroups.parquet</c>.</summary>
/// <param name="Index">From 0, in its shard.</param>
/// <param name="FirstRow">Index of its first row in the shard.</param>
/// <param name="OffsetBytes">Where its first page begins in the file.</param>
/// <param name="SizeBytes">Bytes of all its pages, which follow each other without a hole.</param>
/// <param name="ColumnOffsets">long[columns]: where each column chunk begins in the file, in the schema's order of leaf columns.</param>
/// <param name="Digest">XxHash128 of its bytes, hex: what a reader of a byte range checks.</param>
public sealed record RowGroupEntry(
    int Index, int FirstRow, int Rows, long OffsetBytes, long SizeBytes, IReadOnlyList<long> ColumnOffsets, string Digest,
    long MinimumRank, long MaximumRank);
