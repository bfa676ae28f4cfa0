namespace EcgData.Shards.Parquet;

/// <summary>Parquet's physical types; the numbers are Parquet's.</summary>
internal enum PhysicalType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Single = 4,
    Double = 5,
    ByteArray = 6,
}

/// <summary>What the bytes of a physical type mean.</summary>
internal enum LogicalType
{
    None,
    Text,
    Int16,
}

/// <summary>Bounds of a column chunk, values plainly encoded; null where there is no value.</summary>
internal sealed record ColumnStatistics(long NullCount, byte[]? Minimum, byte[]? Maximum);

/// <summary>A column chunk as the footer describes it.</summary>
/// <param name="Values">Levels: a null and an empty list count as one.</param>
/// <param name="Offset">Of its first page in the file.</param>
/// <param name="SizeBytes">All its pages, headers included.</param>
/// <param name="DataOffset">Of its first data page, behind the dictionary where there is one.</param>
internal sealed record ColumnChunk(
    long Values, long Offset, long SizeBytes, long DataOffset, PageEncoding Encoding, ColumnStatistics? Statistics);

/// <summary>A row group as the footer describes it.</summary>
internal sealed record RowGroup(int Rows, IReadOnlyList<ColumnChunk> Columns);
