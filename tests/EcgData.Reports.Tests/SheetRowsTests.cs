namespace EcgData.Reports.Tests;

public sealed class SheetRowsTests
{
    [Fact]
    public void Divide_QuietRows_AreEvenlySpacedOnTheGrid()
    {
        var rows = SheetRows.Divide([.. Enumerable.Repeat(new RowNeed(10, 8), 4)], top: 25, height: 160, snap: 5);
        Assert.All(rows, row => Assert.Equal(0, (row.Baseline - 25) % 5));
        Assert.Equal([40.0, 40, 40], rows.Zip(rows.Skip(1), (upper, lower) => lower.Baseline - upper.Baseline));
    }

    [Theory]
    [InlineData(200)]   // all fits
    [InlineData(90)]    // one must give
    [InlineData(20)]    // all must
    public void Divide_UnevenRows_KeepsToTheHeightAndGivesWhatIsAskedWhereItCan(double height)
    {
        RowNeed[] needs = [new(5, 5), new(60, 20), new(10, 3), new(2, 40)];
        var rows = SheetRows.Divide(needs, top: 25, height, snap: 1);
        Assert.Equal((25, 25 + height), (rows[0].Top, rows[^1].Bottom));
        for (var row = 0; row < rows.Length; row++)
        {
            Assert.True(rows[row].Top < rows[row].Baseline && rows[row].Baseline < rows[row].Bottom);
            if (row > 0) Assert.Equal(rows[row - 1].Bottom, rows[row].Top);
            if (!SheetRows.Fits(needs, height)) continue;
            Assert.True(rows[row].Baseline - rows[row].Top >= needs[row].Up - 1e-9, $"row {row}: {rows[row]}");
            Assert.True(rows[row].Bottom - rows[row].Baseline >= needs[row].Down - 1e-9, $"row {row}: {rows[row]}");
        }
    }

    [Fact]
    public void Divide_OneGreedyRow_LeavesTheModestOnesWhole()
    {
        RowNeed[] needs = [new(5, 5), new(500, 500), new(5, 5)];
        var rows = SheetRows.Divide(needs, top: 0, height: 100, snap: 1);
        Assert.Equal(10, rows[0].Bottom, 6);
        Assert.Equal(90, rows[2].Top, 6);
        Assert.Equal(50, rows[1].Baseline, 6);
    }
}
