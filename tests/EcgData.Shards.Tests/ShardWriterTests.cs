using System.IO.Hashing;
using System.Security.Cryptography;

namespace EcgData.Shards.Tests;

public sealed class ShardWriterTests
{
    [Fact]
    public void Write_SameRowsEncodedByManyThreadsInAnyOrder_SameBytes()
    {
        const int count = 200;
        var (expected, _, _) = Some.Shard(count);
        var rows = new ShardRow[count];

        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, index => rows[count - 1 - index] = Some.Row(count - 1 - index).Row);

        using var stream = new MemoryStream();
        ShardWriter.Write(stream, rows, Some.Metadata);
        foreach (var row in rows) row.Dispose();
        Assert.True(expected.AsSpan().SequenceEqual(stream.ToArray()));
    }

    [Fact]
    public void Write_ManyRows_EntriesSayWhereEverythingLies()
    {
        var (file, content, expected) = Some.Shard(2050, samples: 40);

        Assert.Equal([8, 8, 16, 32, .. Enumerable.Repeat(64, 31), 2], content.RowGroups.Select(group => group.Rows));
        Assert.Equal(2050, content.Rows);
        Assert.Equal(file.Length, content.SizeBytes);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), content.Sha256);
        var (offset, row) = (4L, 0);
        foreach (var (group, index) in content.RowGroups.Select((group, index) => (group, index)))
        {
            Assert.Equal(index, group.Index);
            Assert.Equal(row, group.FirstRow);
            Assert.Equal(offset, group.OffsetBytes);
            Assert.Equal(offset, group.ColumnOffsets[0]);
            Assert.Equal(35, group.ColumnOffsets.Count);
            Assert.Equal(group.ColumnOffsets.Order(), group.ColumnOffsets);
            var bytes = file.AsSpan((int)group.OffsetBytes, (int)group.SizeBytes);
            Assert.Equal(Convert.ToHexStringLower(XxHash128.Hash(bytes)), group.Digest);
            Assert.Equal(expected[row].Rank, group.MinimumRank);
            Assert.Equal(expected[row + group.Rows - 1].Rank, group.MaximumRank);
            offset += group.SizeBytes;
            row += group.Rows;
        }

        Assert.Equal(offset, Some.FooterOf(file).Start);
    }

    [Fact]
    public void Write_RowsOfOneLength_TheEntryNamesItOnce()
    {
        var (_, content, _) = Some.Shard(20, samples: 40);

        Assert.All(content.RowGroups, group => Assert.Equal([40], group.RowSamples));
        Assert.All(content.RowGroups, group => Assert.Empty(group.RowSegments.Concat(group.RecordSegments)));
    }

    [Fact]
    public void Write_RecordsOfSeveralSegments_EntriesTellLengthsAndPlacesAcrossRowGroups()
    {
        // Rows of records a, b, c: 7, 3 and 7; b and c lie in two row groups. A record's last segment is shorter.
        string[] records = [.. Enumerable.Repeat("a", 7), .. Enumerable.Repeat("b", 3), .. Enumerable.Repeat("c", 7)];
        var (_, content, _) = Some.Shard([.. records.Select((id, row) =>
        {
            var last = row + 1 == records.Length || records[row + 1] != id;
            var (expected, made) = Some.Row(row, Some.Leads(last ? 30 : 40, (ulong)row), id);
            made.Dispose();
            var segment = expected with { Segment = row - Array.IndexOf(records, id), Rank = 5 };
            return (segment, Some.ToRow(segment));
        })]);

        Assert.Equal([8, 8, 1], content.RowGroups.Select(group => group.Rows));
        Assert.Equal([40, 40, 40, 40, 40, 40, 30, 40], content.RowGroups[0].RowSamples);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 0], content.RowGroups[0].RowSegments);
        Assert.Equal([7, 7, 7, 7, 7, 7, 7, 3], content.RowGroups[0].RecordSegments);
        Assert.Equal([1, 2, 0, 1, 2, 3, 4, 5], content.RowGroups[1].RowSegments);
        Assert.Equal([3, 3, 7, 7, 7, 7, 7, 7], content.RowGroups[1].RecordSegments);
        Assert.Equal([30], content.RowGroups[2].RowSamples);
        Assert.Equal([6], content.RowGroups[2].RowSegments);
    }

    [Fact]
    public void Write_Rows_SumsAreThoseOfAllValues()
    {
        var (_, content, expected) = Some.Shard(50);

        for (var lead = 0; lead < 12; lead++)
        {
            var values = expected.SelectMany(row => row.Leads[lead] ?? []).ToArray();
            Assert.Equal(values.Length, content.Sums.Count[lead]);
            Assert.Equal(values.Sum(value => (long)value), content.Sums.Sum[lead]);
            Assert.Equal(values.Sum(value => (long)value * value), content.Sums.SumOfSquares[lead]);
            Assert.Equal(values.Min(), content.Sums.Minimum[lead]);
            Assert.Equal(values.Max(), content.Sums.Maximum[lead]);
        }
    }

    [Fact]
    public void Write_StreamThatCannotSeek_SameBytes()
    {
        var (expected, _, _) = Some.Shard(20);
        using var memory = new MemoryStream();
        using (var stream = new ForwardStream(memory))
        {
            ShardRow[] rows = [.. Enumerable.Range(0, 20).Select(index => Some.Row(index).Row)];
            ShardWriter.Write(stream, rows, Some.Metadata);
            foreach (var row in rows) row.Dispose();
        }

        Assert.True(expected.AsSpan().SequenceEqual(memory.ToArray()));
    }

    [Fact]
    public void Write_RowsOutOfOrder_IsRefusedWithBothRows()
    {
        var (first, second) = (Some.Row(1).Row, Some.Row(2).Row);

        var refusal = Assert.Throws<ArgumentException>(() => ShardWriter.Write(Stream.Null, [second, first], Some.Metadata));

        Assert.Contains("ptb-xl/00001", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ptb-xl/00002", refusal.Message, StringComparison.Ordinal);
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public void Write_RowTwice_IsRefused()
    {
        using var row = Some.Row(1).Row;

        Assert.Throws<ArgumentException>(() => ShardWriter.Write(Stream.Null, [row, row], Some.Metadata));
    }

    [Fact]
    public void Write_NoRows_IsRefused() => Assert.Throws<ArgumentException>(() => ShardWriter.Write(Stream.Null, [], Some.Metadata));

    [Fact]
    public void Write_UnknownSchemaVersion_IsRefused()
    {
        using var row = Some.Row(1).Row;

        Assert.Throws<ArgumentException>(() => ShardWriter.Write(Stream.Null, [row], new ShardFileMetadata(2, "", 1)));
    }

    [Fact]
    public void Write_LabelsWithoutWeights_IsRefused()
    {
        var (stored, row) = Some.Row(1);
        row.Dispose();
        using var contradiction = Some.ToRow(stored with { LabelWeights = [] });

        Assert.Throws<ArgumentException>(() => ShardWriter.Write(Stream.Null, [contradiction], Some.Metadata));
    }

    [Fact]
    public void Write_SmoothSignals_SizeIsTheDeltaBitsPlusLittle()
    {
        // Differences of one bit: a block of 128 takes 1 + 4 + 16 bytes, thus a lead of 2,400 about 400 bytes.
        var signal = new short[2400];
        for (var index = 0; index < signal.Length; index++) signal[index] = (short)(index / 2);
        var (file, _, _) = Some.Shard([.. Enumerable.Range(0, 64).Select(index => Some.Row(index, [.. Enumerable.Repeat(signal, 12)]))]);

        Assert.InRange(file.Length / 64.0, 12 * 2400 / 8, 12 * (2400 / 8 + 150) + 1000);
    }

    private sealed class ForwardStream(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
