namespace EcgData.Shards.Tests;

/// <summary>A shard is a Parquet file for everybody: each reader must see exactly what was written.</summary>
public sealed class ShardInteroperabilityTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 7)]
    [InlineData(9, 600)]
    [InlineData(130, 33)]
    [InlineData(70, 2400)]
    public async Task Reader_RowsOfAllKinds_EveryValueComesBack(int rows, int samples)
    {
        var (file, _, expected) = Some.Shard(rows, samples);

        var actual = await Some.ReadAsync(file);

        Assert.Equal(expected.Select(Some.Text), actual.Select(Some.Text));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 7)]
    [InlineData(9, 600)]
    [InlineData(130, 33)]
    [InlineData(70, 2400)]
    public void DuckDb_RowsOfAllKinds_EveryValueComesBack(int rows, int samples)
    {
        var (file, _, expected) = Some.Shard(rows, samples);

        var actual = DuckDb.Query(file, "SELECT * FROM read_parquet($file)");

        Assert.Equal(expected.Select(Some.Text), actual.Select(row => string.Join('|', row.Select(DuckDb.Text))));
    }
}
