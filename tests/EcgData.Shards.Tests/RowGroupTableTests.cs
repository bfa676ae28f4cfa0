namespace EcgData.Shards.Tests;

public sealed class RowGroupTableTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(700)]
    [InlineData(RowGroupTable.RowGroupRows + 1)]
    public async Task Read_WhatWasWritten_EveryValueComesBack(int count)
    {
        var rows = Rows(count);

        var actual = await ReadAsync(await WriteAsync(rows));

        Assert.Equal(rows.Select(Text), actual.Select(Text));
    }

    [Fact]
    public async Task DuckDb_RowGroups_EveryValueComesBack()
    {
        var rows = Rows(100);

        var actual = DuckDb.Query(await WriteAsync(rows), "SELECT * FROM read_parquet($file)");

        Assert.Equal(rows.Select(Text), actual.Select(row => string.Join('|', row.Select(DuckDb.Text))));
    }

    [Fact]
    public async Task DuckDb_EmptyTable_HasItsColumns()
    {
        var columns = DuckDb.Query(await WriteAsync([]), "DESCRIBE SELECT * FROM read_parquet($file)").Select(row => $"{row[0]} {row[1]}");

        Assert.Equal(
            "shard VARCHAR, index INTEGER, first_row INTEGER, rows INTEGER, offset_bytes BIGINT, size_bytes BIGINT, column_offsets BIGINT[], " +
            "digest VARCHAR, minimum_rank BIGINT, maximum_rank BIGINT, row_samples INTEGER[], row_segments INTEGER[], record_segments INTEGER[]",
            string.Join(", ", columns));
    }

    [Fact]
    public async Task Read_EntriesOfAShard_AreThoseThatItsWriterGave()
    {
        var (_, content, _) = Some.Shard(100, samples: 20);

        var actual = await ReadAsync(await WriteAsync([.. content.RowGroups.Select(entry => new RowGroupRow("shards/a.parquet", entry))]));

        Assert.Equal(content.RowGroups.Select(entry => Text(new RowGroupRow("shards/a.parquet", entry))), actual.Select(Text));
    }

    [Fact]
    public async Task Write_SameRows_SameBytes() => Assert.Equal(await WriteAsync(Rows(500)), await WriteAsync(Rows(500)));

    [Fact]
    public async Task Read_CutAnywhere_IsInvalidData()
    {
        var file = await WriteAsync(Rows(50));

        for (var length = 0; length < file.Length; length += 37) await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(file[..length]));
    }

    private static RowGroupRow[] Rows(int count) =>
    [
        .. Enumerable.Range(0, count).Select(index => new RowGroupRow($"shards/ptb-xl/{index / 30:x64}.parquet", new RowGroupEntry(
            index % 30, index % 30 * 64, 64, 4 + index * 3_000_000L, 2_000_000 + index,
            [.. Enumerable.Range(0, index % 36).Select(column => index * 3_000_000L + column * 1000)],
            $"{index:x32}", long.MinValue + index, long.MaxValue - index,
            [.. Enumerable.Range(0, index % 4 == 0 ? 64 : 1).Select(row => 600 + row)],
            [.. Enumerable.Range(0, index % 3 == 0 ? 64 : 0)], [.. Enumerable.Range(0, index % 3 == 0 ? 64 : 0).Select(row => 64 + row)]))),
    ];

    private static string Text(RowGroupRow row) => string.Join('|', [
        row.Shard, row.RowGroup.Index, row.RowGroup.FirstRow, row.RowGroup.Rows, row.RowGroup.OffsetBytes, row.RowGroup.SizeBytes,
        string.Join(',', row.RowGroup.ColumnOffsets), row.RowGroup.Digest, row.RowGroup.MinimumRank, row.RowGroup.MaximumRank,
        string.Join(',', row.RowGroup.RowSamples), string.Join(',', row.RowGroup.RowSegments), string.Join(',', row.RowGroup.RecordSegments),
    ]);

    private static async Task<byte[]> WriteAsync(RowGroupRow[] rows)
    {
        using var stream = new MemoryStream();
        await RowGroupTable.WriteAsync(stream, rows);
        return stream.ToArray();
    }

    private static async Task<List<RowGroupRow>> ReadAsync(byte[] file)
    {
        var rows = new List<RowGroupRow>();
        await foreach (var row in RowGroupTable.ReadAsync(new MemoryStream(file, writable: false))) rows.Add(row);
        return rows;
    }
}
