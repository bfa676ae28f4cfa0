namespace EcgData.Shards.Tests;

/// <summary>A shard of schema version 1, committed once: what was written then is read for ever, and is still written the same.</summary>
public sealed class ShardFixtureTests
{
    private static readonly byte[] Fixture = File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "golden", "shard-v1.parquet"));

    [Fact]
    public async Task Read_ShardOfVersion1_EveryValueComesBack()
    {
        var actual = await Some.ReadAsync(Fixture);

        Assert.Equal(Enumerable.Range(0, 10).Select(index => Text(index)), actual.Select(Some.Text));
    }

    /// <summary>Where this fails on purpose, <see cref="ShardWriter.WriterVersion"/> goes up and the fixture is written again.</summary>
    [Fact]
    public void Write_RowsOfTheFixture_SameBytes() => Assert.True(Fixture.AsSpan().SequenceEqual(Some.Shard(10, 40).File));

    private static string Text(int index)
    {
        var (expected, row) = Some.Row(index, 40);
        row.Dispose();
        return Some.Text(expected);
    }
}
