using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using EcgData.Shards.Parquet;

namespace EcgData.Shards;

/// <summary>
/// Writes a shard: a plain Parquet file in the geometry that <see cref="RowGroupSizes"/> gives. Rows go in in the order of
/// <see cref="ShardRow.Compare"/>, and each row group is on its way as soon as it is whole.
/// </summary>
public sealed class ShardWriter : IDisposable
{
    /// <summary>Version of the bytes that this writer makes of given rows; part of every input digest.</summary>
    public const int WriterVersion = 1;

    private static readonly int[] FirstRowGroups = [8, 8, 16, 32];
    private const int LaterRowGroups = 64;

    private readonly ShardFileMetadata _metadata;
    private readonly ShardOutput _output;
    private readonly ColumnChunkWriter _chunks;
    private readonly LeadSums _sums = new();
    private readonly List<RowGroup> _groups = [];
    private readonly List<RowGroupEntry> _entries = [];
    private readonly List<ShardRow> _pending = new(LaterRowGroups);
    private readonly RowLayout _layout = new();
    private readonly RowDigest _digest = new();
    private ContentSignature _signature;
    private (long Rank, string RecordId, int Segment)? _last;
    private int _rows;

    /// <param name="stream">Written front to back; need not seek. Stays open.</param>
    /// <exception cref="ArgumentException">An unknown schema version.</exception>
    public ShardWriter(Stream stream, ShardFileMetadata metadata)
    {
        if (metadata.SchemaVersion != ShardSchema.Version)
        {
            throw new ArgumentException(
                $"Schema version {metadata.SchemaVersion} was asked for; this writer writes version {ShardSchema.Version}.", nameof(metadata));
        }

        _metadata = metadata;
        _output = new ShardOutput(stream);
        _chunks = new ColumnChunkWriter(_output);
        _output.Write(Magic);
    }

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <summary>Rows of the row groups: 8, 8, 16, 32 and then 64, so that a small subset is a cheap prefix.</summary>
    public static IEnumerable<int> RowGroupSizes(int rows)
    {
        for (var index = 0; rows > 0; index++)
        {
            var size = Math.Min(rows, RowGroupSize(index));
            yield return size;
            rows -= size;
        }
    }

    /// <summary>Writes the rows and closes nothing; the rows stay the caller's.</summary>
    /// <param name="stream">Written front to back; need not seek.</param>
    /// <exception cref="ArgumentException">No rows, rows out of order or twice, a row that contradicts itself, an unknown schema version.</exception>
    public static ShardContent Write(Stream stream, IReadOnlyList<ShardRow> rows, ShardFileMetadata metadata)
    {
        using var writer = new ShardWriter(stream, metadata);
        foreach (var row in rows) writer.Add(row);
        return writer.Finish();
    }

    /// <summary>Adds a row, which must live until its row group is written: the rows that are written by this call are returned.</summary>
    /// <exception cref="ArgumentException">The row does not come after the one before, or contradicts itself.</exception>
    public IReadOnlyList<ShardRow> Add(ShardRow row)
    {
        Check(row);
        _layout.Add(row.Samples, continues: _last?.RecordId == row.RecordId);
        _last = (row.Rank, row.RecordId, row.Segment);
        _pending.Add(row);
        if (_pending.Count < RowGroupSize(_groups.Count)) return [];
        ShardRow[] written = [.. _pending];
        WriteRowGroup();
        return written;
    }

    /// <summary>Writes the last row group and the footer.</summary>
    /// <exception cref="ArgumentException">No row was added.</exception>
    public ShardContent Finish()
    {
        if (_pending.Count > 0) WriteRowGroup();
        if (_rows == 0) throw new ArgumentException("A shard has at least one row; none was given.");
        WriteFooter(_output, _groups, _metadata);
        return new ShardContent(_output.Finish(), _output.Position, _rows, [.. _entries.Select(_layout.Complete)], _sums, _signature);
    }

    public void Dispose() => _output.Dispose();

    private static int RowGroupSize(int index) => index < FirstRowGroups.Length ? FirstRowGroups[index] : LaterRowGroups;

    private void WriteRowGroup()
    {
        var rows = CollectionsMarshal.AsSpan(_pending);
        _output.BeginRowGroup();
        var columns = new ColumnChunk[ShardSchema.Columns.Count];
        for (var column = 0; column < columns.Length; column++) columns[column] = ShardSchema.Columns[column].Write(rows, _chunks);
        foreach (var row in rows)
        {
            _sums.Add(row.Signals.Sums);
            _signature += _digest.Of(row);
        }

        var offset = columns[0].Offset;
        _entries.Add(new RowGroupEntry(
            _groups.Count, _rows, rows.Length, offset, _output.Position - offset, [.. columns.Select(chunk => chunk.Offset)],
            _output.EndRowGroup(), rows[0].Rank, rows[^1].Rank, [], [], []));
        _groups.Add(new RowGroup(rows.Length, columns));
        _rows += rows.Length;
        _pending.Clear();
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

    private void Check(ShardRow row)
    {
        if (_last is { } last && Compare(last, row) >= 0)
        {
            throw new ArgumentException(
                $"Row {_rows + _pending.Count}, {row.RecordId} segment {row.Segment} of rank {row.Rank}, does not come after the row before, " +
                $"{last.RecordId} segment {last.Segment} of rank {last.Rank}. Sort the rows by rank, record id and segment, and give each once.",
                nameof(row));
        }

        if (row.Samples != row.Signals.Samples)
        {
            throw new ArgumentException(
                $"{row.RecordId} segment {row.Segment}: {row.Samples} samples are announced, {row.Signals.Samples} are encoded.", nameof(row));
        }

        if (row.Labels.Count != row.LabelWeights.Count)
        {
            throw new ArgumentException(
                $"{row.RecordId} segment {row.Segment}: {row.Labels.Count} labels with {row.LabelWeights.Count} weights; a label has one weight.",
                nameof(row));
        }
    }

    private static int Compare((long Rank, string RecordId, int Segment) last, ShardRow row)
    {
        var order = last.Rank.CompareTo(row.Rank);
        if (order == 0) order = string.CompareOrdinal(last.RecordId, row.RecordId);
        return order == 0 ? last.Segment.CompareTo(row.Segment) : order;
    }
}

/// <summary>What goes into the file's key-value metadata.</summary>
public sealed record ShardFileMetadata(int SchemaVersion, string RecipeHash, int ProcessingVersion);

/// <summary>What a shard holds, as its writer saw it.</summary>
/// <param name="Sha256">Of the whole file, lower-case hex: the shard's name.</param>
/// <param name="Signature">Of its rows, whatever the file.</param>
public sealed record ShardContent(
    string Sha256, long SizeBytes, int Rows, IReadOnlyList<RowGroupEntry> RowGroups, LeadSums Sums, ContentSignature Signature);

/// <summary>A row group of a shard; a row of <c>rowgroups.parquet</c>.</summary>
/// <param name="Index">From 0, in its shard.</param>
/// <param name="FirstRow">Index of its first row in the shard.</param>
/// <param name="OffsetBytes">Where its first page begins in the file.</param>
/// <param name="SizeBytes">Bytes of all its pages, which follow each other without a hole.</param>
/// <param name="ColumnOffsets">long[columns]: where each column chunk begins in the file, in the schema's order of leaf columns.</param>
/// <param name="Digest">XxHash128 of its bytes, hex: what a reader of a byte range checks.</param>
/// <param name="RowSamples">Samples of each row; one entry where all rows have as many.</param>
/// <param name="RowSegments">Each row's place among its record's rows, from 0; empty where every row is its record's only one.</param>
/// <param name="RecordSegments">How many rows each row's record has, which may lie in several row groups; empty where <paramref name="RowSegments"/> is.</param>
public sealed record RowGroupEntry(
    int Index, int FirstRow, int Rows, long OffsetBytes, long SizeBytes, IReadOnlyList<long> ColumnOffsets, string Digest,
    long MinimumRank, long MaximumRank, IReadOnlyList<int> RowSamples, IReadOnlyList<int> RowSegments, IReadOnlyList<int> RecordSegments)
{
    /// <summary>Samples of a row's leads.</summary>
    /// <param name="row">From 0, in the row group.</param>
    public int SamplesOf(int row) => RowSamples[RowSamples.Count == 1 ? 0 : row];

    /// <summary>A row's place among its record's rows.</summary>
    /// <param name="row">From 0, in the row group.</param>
    public int SegmentOf(int row) => RowSegments.Count == 0 ? 0 : RowSegments[row];
}
