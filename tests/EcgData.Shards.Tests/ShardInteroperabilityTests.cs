using System.Text;

namespace EcgData.Shards.Tests;

/// <summary>A shard is a Parquet file for everybody: each reader must see exactly what was written.</summary>
public sealed class ShardInteroperabilityTests
{
    /// <summary>Shards that differ in kind: rows and samples, extremes, absences, odd texts.</summary>
    public static TheoryData<string> Kinds => [.. Shards.Keys];

    private static readonly Dictionary<string, Func<(StoredSegment, ShardRow)[]>> Shards = new()
    {
        ["one row, one sample"] = () => Rows(1, 1),
        ["8 rows of 7"] = () => Rows(8, 7),
        ["9 rows of 600"] = () => Rows(9, 600),
        ["130 rows of 33"] = () => Rows(130, 33),
        ["70 rows of 2400"] = () => Rows(70, 2400),
        ["2,100 rows of 20"] = () => Rows(2100, 20),
        ["lengths that differ"] = () => [.. Enumerable.Range(0, 70).Select(index => Some.Row(index, 1 + index * index % 700))],
        ["extremes"] = () =>
        [
            Some.Row(0, [.. Enumerable.Repeat<short[]>([.. Enumerable.Range(0, 2400).Select(index => (short)(index % 2 == 0 ? 8191 : -8191))], 12)]),
            Some.Row(1, [.. Enumerable.Repeat<short[]>([.. Enumerable.Repeat((short)-8191, 600)], 12)]),
            Some.Row(2, [.. Enumerable.Repeat<short[]>([0, 8191], 12)]),
        ],
        ["a single lead"] = () =>
            [.. Enumerable.Range(0, 20).Select(index => Some.Row(index, [.. Enumerable.Range(0, 12).Select(lead => lead == index % 2 ? Some.Signal(50, 1) : null)]))],
        ["columns of nulls"] = () => Change(20, row => row with { Site = null, Sex = null, AgeYears = null, Labels = [], LabelWeights = [], Gaps = [] }),
        ["odd texts"] = () => Change(20, row => row with
        {
            Site = "Σ 心電図 \U0001F493 " + row.Segment,
            Patient = "",
            SourceFile = new string('ä', 100_000) + row.RecordId,
            Labels = ["", "scp:‮NORM", new string('x', 5000)],
            LabelWeights = [0, -0.5f, float.MaxValue],
        }),
        ["a site each"] = () => Change(80, row => row with { Site = "site of " + row.RecordId }),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Reader_AnyKind_EveryValueComesBack(string kind)
    {
        var (file, _, expected) = Some.Shard(Shards[kind]());

        var actual = await Some.ReadAsync(file);

        Assert.Equal(expected.Select(Some.Text), actual.Select(Some.Text));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void DuckDb_AnyKind_EveryValueComesBack(string kind)
    {
        var (file, _, expected) = Some.Shard(Shards[kind]());

        var actual = DuckDb.Query(file, "SELECT * FROM read_parquet($file)");

        Assert.Equal(expected.Select(Some.Text), actual.Select(row => string.Join('|', row.Select(DuckDb.Text))));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ArrowCpp_AnyKind_EveryValueComesBack(string kind)
    {
        var (file, _, expected) = Some.Shard(Shards[kind]());

        var actual = ArrowCpp.Rows(file);

        Assert.Equal(expected.Select(Some.Text), actual);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ArrowBatches_AnyKind_EveryValueComesBack(string kind)
    {
        var (file, _, expected) = Some.Shard(Shards[kind]());

        var actual = await ArrowCpp.BatchRowsAsync(file);

        Assert.Equal(expected.Select(Some.Text), actual);
    }

    [Fact]
    public void DuckDb_Types_AreThoseOfTheSchema()
    {
        var (file, _, _) = Some.Shard(1);

        var types = DuckDb.Query(file, "DESCRIBE SELECT * FROM read_parquet($file)").ToDictionary(row => (string)row[0]!, row => (string)row[1]!);

        Assert.Equal(
            "VARCHAR INTEGER DOUBLE INTEGER VARCHAR VARCHAR VARCHAR VARCHAR BOOLEAN BIGINT DOUBLE DOUBLE VARCHAR " +
            string.Join(' ', Enumerable.Repeat("SMALLINT[]", 12)) +
            " INTEGER INTEGER INTEGER[] FLOAT VARCHAR VARCHAR[] FLOAT[] INTEGER VARCHAR VARCHAR",
            string.Join(' ', types.Values));
        Assert.Equal("SMALLINT[]", types["avr"]);
    }

    [Fact]
    public void ArrowCpp_Types_AreThoseOfTheSchema()
    {
        var (file, _, _) = Some.Shard(1);

        var types = ArrowCpp.Types(file);

        Assert.Equal("record_id utf8", types[0]);
        Assert.Equal("site utf8?", types[5]);
        Assert.Equal("patient_known bool", types[8]);
        Assert.Equal("rank int64", types[9]);
        Assert.Equal("i list<int16>?", types[13]);
        Assert.Equal("v6 list<int16>?", types[24]);
        Assert.Equal("labels list<utf8>", types[30]);
    }

    [Fact]
    public void DuckDb_FileMetadata_NamesSchemaRecipeAndProcessing()
    {
        var (file, _, _) = Some.Shard(1);

        var metadata = DuckDb.Query(file, "SELECT decode(key), decode(value) FROM parquet_kv_metadata($file)").ToDictionary(row => (string)row[0]!, row => (string)row[1]!);

        Assert.Equal("1", metadata["ecgdata.schema_version"]);
        Assert.Equal("0123abcd", metadata["ecgdata.recipe_hash"]);
        Assert.Equal("7", metadata["ecgdata.processing_version"]);
    }

    [Fact]
    public void DuckDb_Statistics_BoundEveryRowGroup()
    {
        var (file, content, expected) = Some.Shard(100);

        var bounds = DuckDb.Query(
            file,
            """
            SELECT row_group_id, path_in_schema, stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata($file)
            WHERE path_in_schema IN ('rank', 'record_id', 'segment', 'site') ORDER BY row_group_id, path_in_schema
            """);

        Assert.Equal(4 * content.RowGroups.Count, bounds.Count);
        foreach (var group in content.RowGroups)
        {
            var rows = expected.AsSpan(group.FirstRow, group.Rows).ToArray();
            var of = bounds.Where(row => Convert.ToInt32(row[0]) == group.Index).ToDictionary(row => (string)row[1]!, row => $"{row[2]}..{row[3]} {row[4]}");
            Assert.Equal($"{rows.Min(row => row.Rank)}..{rows.Max(row => row.Rank)} 0", of["rank"]);
            Assert.Equal($"{rows[0].RecordId}..{rows[^1].RecordId} 0", of["record_id"]);
            Assert.Equal($"{rows.Min(row => row.Segment)}..{rows.Max(row => row.Segment)} 0", of["segment"]);
            Assert.EndsWith($" {rows.Count(row => row.Site is null)}", of["site"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void DuckDb_FilterOnStatistics_FindsEveryRow()
    {
        var (file, _, expected) = Some.Shard(300, samples: 10);

        foreach (var row in expected.Where((_, index) => index % 37 == 0))
            Assert.Single(DuckDb.Query(file, $"SELECT 1 FROM read_parquet($file) WHERE record_id = '{row.RecordId}' AND rank = {row.Rank}"));
    }

    [Fact]
    public async Task Reader_FromALaterRowGroup_GivesTheRowsFromThere()
    {
        var (file, _, expected) = Some.Shard(100, samples: 30);

        var actual = await Some.ReadAsync(file, firstRowGroup: 3);

        Assert.Equal(expected[32..].Select(Some.Text), actual.Select(Some.Text));
    }

    [Fact]
    public void Bounds_OfTexts_FollowTheirUtf8Bytes()
    {
        // U+FF21 comes before U+1F493 in UTF-8 and behind it in UTF-16.
        var (file, _, _) = Some.Shard(Change(2, row => row with { Site = row.RecordId.EndsWith('0') ? "\U0001F493" : "Ａ" }));

        var bounds = DuckDb.Query(file, "SELECT stats_min_value, stats_max_value FROM parquet_metadata($file) WHERE path_in_schema = 'site'")[0];

        Assert.Equal("Ａ", bounds[0]);
        Assert.Equal("\U0001F493", bounds[1]);
        Assert.True(Encoding.UTF8.GetBytes("Ａ").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes("\U0001F493")) < 0);
    }

    private static (StoredSegment, ShardRow)[] Rows(int count, int samples) => [.. Enumerable.Range(0, count).Select(index => Some.Row(index, samples))];

    private static (StoredSegment, ShardRow)[] Change(int count, Func<StoredSegment, StoredSegment> change) =>
    [
        .. Enumerable.Range(0, count).Select(index =>
        {
            var (stored, row) = Some.Row(index, 20);
            row.Dispose();
            stored = change(stored);
            return (stored, Some.ToRow(stored));
        }),
    ];
}
