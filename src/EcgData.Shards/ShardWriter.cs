using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using EcgData.Shards.Parquet;

namespace EcgData.Shards;

/// <summary>Writes a shard: a plain Parquet file in the geometry that <see cref="RowGroupSizes"/> gives.</summary>
public static class ShardWriter
{
    /// <summary>Version of the bytes that this writer makes of given rows; part of every input digest.</summary>
    public const int WriterVersion = 1;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

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
    /// <exception cref="ArgumentException">No rows, rows out of order or twice, a row that contradicts itself, an unknown schema version.</exception>
    public static ShardContent Write(Stream stream, IReadOnlyList<ShardRow> rows, ShardFileMetadata metadata)
    {
        var ordered = rows.ToArray();   // references only
        Check(ordered, metadata);

        using var output = new ShardOutput(stream);
        var chunks = new ColumnChunkWriter(output);
        var sums = new LeadSums();
        var groups = new List<RowGroup>();
        var entries = new List<RowGroupEntry>();
        output.Write(Magic);
        var firstRow = 0;
        foreach (var count in RowGroupSizes(ordered.Length))
        {
            var groupRows = ordered.AsSpan(firstRow, count);
            output.BeginRowGroup();
            var columns = new ColumnChunk[ShardSchema.Columns.Count];
            for (var column = 0; column < columns.Length; column++) columns[column] = ShardSchema.Columns[column].Write(groupRows, chunks);
            foreach (var row in groupRows) sums.Add(row.Signals.Sums);

            var offset = columns[0].Offset;
            entries.Add(new RowGroupEntry(
                groups.Count, firstRow, count, offset, output.Position - offset, [.. columns.Select(chunk => chunk.Offset)],
                output.EndRowGroup(), groupRows[0].Rank, groupRows[^1].Rank));
            groups.Add(new RowGroup(count, columns));
            firstRow += count;
        }

        WriteFooter(output, groups, metadata);
        return new ShardContent(output.Finish(), output.Position, ordered.Length, entries, sums);
    }

    private static void WriteFooter(ShardOutput output, List<RowGroup> groups, ShardFileMetadata metadata)
    {
        var footer = new ArrayBufferWriter<byte>();
        Footer.Write(
            footer, ShardSchema.Columns, groups,
            [
                new(ShardSchema.VersionKey, metadata.SchemaVersion.ToString(CultureInfo.InvariantCulture)),
                new(ShardSchema.RecipeHashKey, metadata.RecipeHash),
                new(ShardSchema.ProcessingVersionKey, metadata.ProcessingVersion.ToString(CultureInfo.InvariantCulture)),
            ],
            $"ecgdata version {WriterVersion}.0.0");
        output.Write(footer.WrittenSpan);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.WrittenCount);
        output.Write(length);
        output.Write(Magic);
    }

    private static void Check(ReadOnlySpan<ShardRow> rows, ShardFileMetadata metadata)
    {
        if (rows.IsEmpty) throw new ArgumentException("A shard has at least one row; none was given.", nameof(rows));
        if (metadata.SchemaVersion != ShardSchema.Version)
        {
            throw new ArgumentException(
                $"Schema version {metadata.SchemaVersion} was asked for; this writer writes version {ShardSchema.Version}.", nameof(metadata));
        }

        for (var index = 0; index < rows.Length; index++)
        {
            var row = rows[index];
            if (index > 0 && ShardRow.Compare(rows[index - 1], row) >= 0)
            {
                throw new ArgumentException(
                    $"Row {index}, {row.RecordId} segment {row.Segment} of rank {row.Rank}, does not come after row {index - 1}, " +
                    $"{rows[index - 1].RecordId} segment {rows[index - 1].Segment} of rank {rows[index - 1].Rank}. " +
                    "Sort the rows by rank, record id and segment, and give each once.", nameof(rows));
            }

            if (row.Samples != row.Signals.Samples)
            {
                throw new ArgumentException(
                    $"{row.RecordId} segment {row.Segment}: {row.Samples} samples are announced, {row.Signals.Samples} are encoded.", nameof(rows));
            }

            if (row.Labels.Count != row.LabelWeights.Count)
            {
                throw new ArgumentException(
                    $"{row.RecordId} segment {row.Segment}: {row.Labels.Count} labels with {row.LabelWeights.Count} weights; a label has one weight.",
                    nameof(rows));
            }
        }
    }
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
