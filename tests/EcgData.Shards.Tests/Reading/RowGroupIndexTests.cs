using System.IO.Hashing;
using CsCheck;
using EcgData.Shards.Reading;
using EcgData.Signals;

namespace EcgData.Shards.Tests.Reading;

public sealed class RowGroupIndexTests
{
    [Fact]
    public void Load_TableOfAnyCorpus_SaysWhatEveryRowIs() => SmallCorpus.Any.Sample(
        corpus =>
        {
            var index = LoadAsync(corpus.Table).GetAwaiter().GetResult();

            Assert.Equal((corpus.Table.Count, (long)corpus.Rows.Count, SmallCorpus.Hz), (index.Groups, index.Rows, index.SamplingFrequencyHz));
            Assert.Equal(corpus.Rows.Select(row => $"source-{row.Source}").Distinct(), index.Sources);
            foreach (var row in corpus.Rows)
            {
                var entry = corpus.Table[row.Group].RowGroup;
                Assert.Equal((row.Samples, row.Source, row.Shard), (index.SamplesOf(row.Group, row.Row), index.SourceOf(row.Group), index.ShardOf(row.Group)));
                Assert.Equal((entry.Rows, entry.FirstRow), (index.RowsOf(row.Group), index.FirstRowOf(row.Group)));
                var expected = entry.RowSegments.Count == 0 ? (0, 1) : (entry.RowSegments[row.Row], entry.RecordSegments[row.Row]);
                Assert.Equal(expected, index.SegmentOf(row.Group, row.Row));
                var extent = index.ExtentOf(row.Group);
                Assert.Equal((corpus.Table[row.Group].Shard, entry.OffsetBytes, entry.SizeBytes), (extent.Shard, extent.OffsetBytes, extent.SizeBytes));
                Assert.InRange(row.Group, index.GroupsOf(row.Shard).First, index.GroupsOf(row.Shard).End - 1);
            }
        },
        iter: 60);

    [Fact]
    public void Order_OfALoadedTable_IsThatOfTheTableMadeByHand() => SmallCorpus.Any.Sample(
        corpus =>
        {
            var index = LoadAsync(corpus.Table).GetAwaiter().GetResult();

            Assert.Equal(
                ReadingOrderTests.All(new ReadingOrder(corpus.Index, corpus.Selection, new OrderOptions())),
                ReadingOrderTests.All(new ReadingOrder(index, corpus.Selection, new OrderOptions())));
        },
        iter: 30);

    [Fact]
    public async Task Load_TableOfARealShard_LeadsToBytesThatHashToItsDigests()
    {
        var (file, content, _) = Some.Shard(100, samples: 30);

        var index = await LoadAsync([.. content.RowGroups.Select(entry => new RowGroupRow("shards/a/00.parquet", entry))]);

        for (var group = 0; group < index.Groups; group++)
        {
            var extent = index.ExtentOf(group);
            Assert.Equal(extent.Digest, XxHash128.HashToUInt128(file.AsSpan((int)extent.OffsetBytes, extent.SizeBytes)));
        }
    }

    [Fact]
    public async Task Load_TableOfMoreThanOneParquetRowGroup_KeepsTheOrder()
    {
        RowGroupRow[] table =
        [
            .. Enumerable.Range(0, RowGroupTable.RowGroupRows + 500).Select(group => new RowGroupRow(
                $"shards/source-0/{group / 3:x64}.parquet",
                new RowGroupEntry(group % 3, group % 3 * 8, 8, 4 + group, 1000 + group, [], $"{group:x32}", 0, 0, [600], [], []))),
        ];

        var index = await LoadAsync(table);

        Assert.Equal(table.Length, index.Groups);
        Assert.All(Enumerable.Range(0, table.Length), group => Assert.Equal(
            new RowGroupExtent(table[group].Shard, 4 + group, 1000 + group, (UInt128)group), index.ExtentOf(group)));
    }

    public static TheoryData<string, Func<RowGroupRow[], RowGroupRow[]>> Damages => new()
    {
        { "ends before", table => table[..3] },
        { "goes on with", table => [.. table, .. table[..3]] },
        { "6 rows, the manifest says 8", table => [.. table[..2], .. table[3..]] },
        { "after 3 rows", table => Changed(table, 1, entry => entry with { FirstRow = 4 }) },
        { "less than 2 GiB", table => Changed(table, 1, entry => entry with { SizeBytes = 1L << 31 }) },
        { "32 hexadecimal digits", table => Changed(table, 1, entry => entry with { Digest = "no digest" }) },
        { "0 rows", table => Changed(table, 0, entry => entry with { Rows = 0 }) },
        { "2 lengths of 3 rows", table => Changed(table, 0, entry => entry with { RowSamples = [1, 2] }) },
        { "0 lengths of 3 rows", table => Changed(table, 0, entry => entry with { RowSamples = [] }) },
        { "a row of -1 samples", table => Changed(table, 0, entry => entry with { RowSamples = [-1] }) },
        { "1 and 0 segments", table => Changed(table, 0, entry => entry with { RowSegments = [0] }) },
        { "segment 2 of 3 after segment 0", table => Changed(table, 0, entry => entry with { RowSegments = [0, 2, 1], RecordSegments = [3, 3, 3] }) },
        { "segment 0 of 1 after segment 2 of 4", table => Changed(table, 0, entry => entry with { RowSegments = [0, 1, 2], RecordSegments = [4, 4, 4] }) },
        { "an end after segment 1 of 3", table => Changed(table, 2, entry => entry with { RowSegments = [0, 1], RecordSegments = [3, 3] }) },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Load_DamagedTable_SaysWhatIsWrong(string expected, Func<RowGroupRow[], RowGroupRow[]> damage)
    {
        RowGroupRow[] table =
        [
            .. new[] { "00", "01" }.SelectMany(shard => Enumerable.Range(0, 3).Select(group => new RowGroupRow(
                $"shards/source-0/{shard}.parquet",
                new RowGroupEntry(group, group * 3, group == 2 ? 2 : 3, 4, 10, [], $"{group:x32}", 0, 0, [600], [], [])))),
        ];

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => LoadAsync(damage(table), Manifest(table)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static RowGroupRow[] Changed(RowGroupRow[] table, int group, Func<RowGroupEntry, RowGroupEntry> change) =>
        [.. table.Select((row, index) => index == group ? row with { RowGroup = change(row.RowGroup) } : row)];

    private static Task<RowGroupIndex> LoadAsync(IReadOnlyList<RowGroupRow> table) => LoadAsync(table, Manifest(table));

    private static async Task<RowGroupIndex> LoadAsync(IReadOnlyList<RowGroupRow> table, VersionManifest manifest)
    {
        using var stream = new MemoryStream();
        await RowGroupTable.WriteAsync(stream, table);
        return await RowGroupIndex.LoadAsync(new MemoryStream(stream.ToArray(), writable: false), manifest, CancellationToken.None);
    }

    private static VersionManifest Manifest(IReadOnlyList<RowGroupRow> table) => new()
    {
        Id = "0",
        Recipe = new ConditioningOptions { SamplingFrequencyHz = SmallCorpus.Hz },
        RecipeHash = "",
        ProcessingVersion = 1,
        WriterVersion = 1,
        Sources = [],
        Totals = new VersionTotals(RecordCounts.Zero, 0, 0, 0, 0),
        Catalogue = new ManifestTable("", 0, 0),
        RowGroups = new ManifestTable("", 0, table.Count),
        Shards =
        [
            .. table.GroupBy(row => row.Shard).Select(shard => new ManifestShard(
                shard.Key, "", 0, shard.Sum(row => row.RowGroup.Rows), shard.Key.Split('/')[1], "", 0)),
            new ManifestShard(null, null, 0, 0, "source-of-rejected-records", "", 5),
        ],
    };
}
