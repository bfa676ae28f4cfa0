using EcgData.Sources;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

public sealed class SourceCatalogueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_TableInAnyOrder_IsOrderedByFolderThenId()
    {
        string[] folders = ["b", "a", "B", "a", "", "b"];
        var source = Some.Source(records: folders.Length);
        source.Edit = entry => entry with { Folder = folders[int.Parse(entry.NativeId)] };
        using var catalogue = Read(source);
        Assert.Equal(["4", "2", "1", "3", "0", "5"], Enumerable.Range(0, catalogue.Count).Select(index => catalogue[index].NativeId));
    }

    [Fact]
    public void Read_Neighbourhoods_LieSideBySideWithinTheirFolder()
    {
        string[] neighbourhoods = ["p2", "p1", "p2", "", "p1"];
        var source = Some.Source(records: neighbourhoods.Length);
        source.Edit = entry => entry with { Folder = entry.NativeId == "4" ? "a" : "b", Neighbourhood = neighbourhoods[int.Parse(entry.NativeId)] };
        using var catalogue = Read(source);
        Assert.Equal(["4", "3", "1", "0", "2"], Enumerable.Range(0, catalogue.Count).Select(index => catalogue[index].NativeId));
        Assert.Equal([("a", 0, 1), ("b", 1, 4)], catalogue.Cut(2048));
    }

    /// <summary>Entries of a range lie anywhere in the temporary file: side by side, a few bytes apart, far apart and in any order.</summary>
    [Fact]
    public void ReadEntries_Range_AreTheEntriesOneByOne()
    {
        const int records = 400;
        var source = Some.Source(records: records);
        source.Edit = entry => entry with
        {
            Neighbourhood = $"{int.Parse(entry.NativeId) * 7 % 13}",
            Recorded = new string('x', int.Parse(entry.NativeId) * 37 % 1500),
        };
        using var catalogue = Read(source);
        foreach (var (first, count) in new[] { (0, records), (0, 1), (17, 0), (31, 100), (399, 1) })
        {
            using var entries = catalogue.ReadEntries(first, count);
            for (var index = 0; index < count; index++)
                Assert.Equivalent(catalogue[first + index], EntryCodec.Read(entries[index]), strict: true);
        }

        Assert.Equal(records, Enumerable.Range(0, records).Select(index => catalogue[index].NativeId).Distinct().Count());
        Assert.All(Enumerable.Range(0, records), index => Assert.Equal(int.Parse(catalogue[index].NativeId) * 37 % 1500, catalogue[index].Recorded!.Length));
    }

    /// <summary>Ids in order and in none, some alike for longer than what is compared first; entries of more bytes than are written at a time.</summary>
    [Theory]
    [InlineData(1, "")]
    [InlineData(-1, "")]
    [InlineData(7919, "")]
    [InlineData(1, "begin alike ")]
    [InlineData(7919, "begin alike ")]
    public void Read_ManyRecords_AreOrderedById(int step, string beginning)
    {
        const int records = 5000;
        string Id(int record) => $"{beginning}{((long)step * record % records + records) % records:D4}";
        var source = Some.Source(records: records);
        source.Edit = entry => entry with { NativeId = Id(int.Parse(entry.NativeId)), Recorded = new string('x', int.Parse(entry.NativeId) % 100 == 0 ? 70_000 : 60) };
        using var catalogue = Read(source);
        Assert.Equal(Enumerable.Range(0, records).Select(Id).Order(StringComparer.Ordinal), Enumerable.Range(0, records).Select(index => catalogue[index].NativeId));
        using (var entries = catalogue.ReadEntries(0, records))
            for (var index = 0; index < records; index++) Assert.Equal(catalogue[index].NativeId, EntryCodec.Read(entries[index]).NativeId);
        Assert.All(Enumerable.Range(0, records), record => Assert.True(catalogue.Contains(Id(record))));
        Assert.False(catalogue.Contains("other"));
    }

    [Theory]
    [InlineData(0, 4999)]
    [InlineData(2500, 2501)]
    public void Read_RecordListedTwiceAmongMany_StopsAndNamesBothPlaces(int first, int second)
    {
        var source = Some.Source(records: 5000);
        source.Edit = entry => entry.NativeId == $"{second}" ? entry with { NativeId = $"{first}" } : entry;
        Assert.Contains(
            $"record '{first}' is listed twice, in lines or folders {first + 1} and {second + 1} of the catalogue.",
            Assert.Throws<SourceException>(() => Read(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_IdsOfDifferentLength_AreOrderedAsText()
    {
        using var catalogue = Read(Some.Source(records: 12));
        Assert.Equal(
            ["0", "1", "10", "11", "2", "3", "4", "5", "6", "7", "8", "9"],
            Enumerable.Range(0, 12).Select(index => catalogue[index].NativeId));
    }

    [Fact]
    public void Read_RecordListedTwice_StopsAndNamesIt()
    {
        var source = Some.Source(records: 9);
        source.Edit = entry => entry.NativeId == "7" ? entry with { NativeId = "3", Folder = "elsewhere" } : entry;
        var e = Assert.Throws<SourceException>(() => Read(source));
        Assert.Contains("record '3' is listed twice", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Limit_TakesTheFirstOfTheTable()
    {
        using var catalogue = SourceCatalogue.Read(
            "bytes", Some.Source(records: 30), new SourceFolder(_folder.Path), new SourceOptions(), 3, null, default);
        Assert.Equal(["0", "1", "2"], Enumerable.Range(0, catalogue.Count).Select(index => catalogue[index].NativeId));
    }

    [Fact]
    public void Cut_FolderBorder_AlwaysStartsAShard()
    {
        var source = Some.Source(records: 100);
        source.Edit = entry => entry with { Folder = int.Parse(entry.NativeId) < 30 ? "a" : "b" };
        using var catalogue = Read(source);
        Assert.Equal([("a", 0, 30), ("b", 30, 70)], catalogue.Cut(2048));
    }

    private SourceCatalogue Read(ByteSource source) =>
        SourceCatalogue.Read("bytes", source, new SourceFolder(_folder.Path), new SourceOptions(), null, null, default);
}
