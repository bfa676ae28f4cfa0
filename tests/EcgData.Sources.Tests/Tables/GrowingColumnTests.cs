using EcgData.Sources.Tables;

namespace EcgData.Sources.Tests.Tables;

public sealed class GrowingColumnTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(200_001)]
    public void Values_OverSeveralBlocks_AreThoseThatWereAdded(int count)
    {
        var column = new GrowingColumn<long>();
        for (var index = 0; index < count; index++) column.Add(3L * index);
        Assert.Equal(count, column.Count);
        Assert.Equal(Enumerable.Range(0, count).Select(index => 3L * index), column.ToArray());
        Assert.Equal(Enumerable.Range(0, count).Select(index => 3L * index), Enumerable.Range(0, count).Select(index => column[index]));
    }
}
