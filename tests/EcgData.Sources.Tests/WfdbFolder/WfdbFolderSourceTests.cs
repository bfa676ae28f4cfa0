using System.Text;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.WfdbFolder;
using EcgData.Tests.Wfdb;

namespace EcgData.Tests.WfdbFolder;

public sealed class WfdbFolderSourceTests : IDisposable
{
    private readonly WfdbTree _tree = new();
    private readonly WfdbFolderSource _source = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void ReadCatalogue_Tree_ListsRecordsInOrdinalOrderWithTheirFiles()
    {
        foreach (var path in new[] { "b/2", "b/10", "a", "B/1", "a.d/x", "b/z/deep", "c" }) WriteRecord(path);
        var entries = Read(null);
        Assert.Equal(["a", "c", "B/1", "a.d/x", "b/10", "b/2", "b/z/deep"], entries.Select(entry => entry.NativeId));
        Assert.Equal(["", "", "B", "a.d", "b", "b", "b/z"], entries.Select(entry => entry.Folder));
        Assert.Equal(["b/z/deep.dat", "b/z/deep.hea"], entries[^1].Files.Select(file => file.Path));
        Assert.All(entries, entry => Assert.Null(entry.Rejection));
    }

    [Fact]
    public void ReadCatalogue_SeveralSignalFiles_AreListedOnceBeforeTheHeader()
    {
        WriteText("p/r.hea", "r 3 500 2 05-Feb-2020 11:39:16\nr.dat 16 1 16 0 0 0 0 I\nr.dat 16 1 16 0 0 0 0 II\nr.xyz 16 1 16 0 0 0 0 vx\n");
        var entry = Assert.Single(Read(null));
        Assert.Equal(["p/r.dat", "p/r.xyz", "p/r.hea"], entry.Files.Select(file => file.Path));
        Assert.Equal("05-Feb-2020 11:39:16", entry.Recorded);
    }

    [Fact]
    public void OpenReader_EntryOfTheCatalogue_IsRead()
    {
        WriteRecord("p/q/r");
        using var reader = _source.OpenReader(_tree.Source, new SourceOptions());
        using var record = reader.Read("wfdb/p/q/r", Assert.Single(Read(null)));
        Assert.Equal([0.01f, 0.02f], record.LeadValues(Lead.I));
    }

    [Fact]
    public void ReadCatalogue_HeadersThatCannotBeRead_AreEntriesWithARejection()
    {
        WriteRecord("good");
        WriteText("bad.hea", "bad 12 500 500000/mV 16 0 15 31255 0 I\n");
        WriteText("out.hea", "out 1 500 2\n../../etc/passwd 16 1 16 0 0 0 0 I\n");
        WriteText("rooted.hea", "rooted 1 500 2\n/etc/passwd 16 1 16 0 0 0 0 I\n");
        var entries = Read(null).ToDictionary(entry => entry.NativeId, entry => entry.Rejection?.Reason);
        Assert.Null(entries["good"]);
        Assert.Equal(RejectionReason.Header, entries["bad"]);
        Assert.Equal(RejectionReason.OutsideFolder, entries["out"]);
        Assert.Equal(RejectionReason.OutsideFolder, entries["rooted"]);
    }

    [Fact]
    public void ReadCatalogue_LinkedFolder_IsNotEntered()
    {
        WriteRecord("p/r");
        Directory.CreateSymbolicLink(Path.Join(_tree.Source.Path, "p/ring"), _tree.Source.Path);
        Assert.Equal("p/r", Assert.Single(Read(null)).NativeId);
    }

    [Fact]
    public void ReadCatalogue_NoHeaders_IsASourceError()
    {
        WriteText("readme.txt", "nothing here");
        Assert.Throws<SourceException>(() => Read(null));
    }

    [Fact]
    public void ReadCatalogue_FrequencyAskedFor_IsASourceError()
    {
        WriteRecord("r");
        Assert.Throws<SourceException>(() =>
            _source.ReadCatalogue(_tree.Source, new SourceOptions { SamplingFrequencyHz = 500 }, CancellationToken.None).ToList());
    }

    [Fact]
    public void ReadCatalogue_Table_DescribesTheRecords()
    {
        WriteRecord("p/r");
        WriteRecord("q");
        WriteText("about.csv",
            "extra,labels,record,patient,age,sex,fold,site,recorded\r\n" +
            "x,scp:NORM;snomed:426783006=0.5 ; own:a=b=1,p/r,\"P, 1\",45.5,F,3,ward 2,2101-05-04\r\n" +
            ",,q.hea,,,,,,\r\n");
        var entries = Read("about.csv");
        Assert.Equal(["q", "p/r"], entries.Select(entry => entry.NativeId));
        var (blank, full) = (entries[0], entries[1]);
        Assert.Equal((null, null, null, null, null, null), (blank.PatientId, blank.AgeYears, blank.Sex, blank.Fold, blank.Site, blank.Rejection));
        Assert.Empty(blank.Labels);
        Assert.Equal(("P, 1", 45.5f, "female", 3), (full.PatientId, full.AgeYears, full.Sex, full.Fold));
        Assert.Equal(("ward 2", "2101-05-04", "p"), (full.Site, full.Recorded, full.Folder));
        Assert.Equal([new("scp:NORM"), new("snomed:426783006", 0.5f), new("own:a=b")], full.Labels);
        Assert.Equal(["p/r.dat", "p/r.hea"], full.Files.Select(file => file.Path));
    }

    [Fact]
    public void ReadCatalogue_RowsAndRecordsThatDoNotMeet_AreBothTurnedAway()
    {
        WriteRecord("here");
        WriteRecord("unlisted");
        WriteText("about.csv", "record\nz-gone\nhere\nb-gone\n");
        Assert.Equal(
            [("here", null), ("unlisted", RejectionReason.CatalogueRow), ("b-gone", RejectionReason.MissingFile), ("z-gone", RejectionReason.MissingFile)],
            Read("about.csv").Select(entry => (entry.NativeId, entry.Rejection?.Reason)));
    }

    [Theory]
    [InlineData("r,-1,,,", "'age'")]
    [InlineData("r,old,,,", "'age'")]
    [InlineData("r,,x,,", "'sex'")]
    [InlineData("r,,,0,", "'fold'")]
    [InlineData("r,,,,NORM", "'labels'")]
    [InlineData("r,,,,scp:", "'labels'")]
    [InlineData("r,,,,:NORM", "'labels'")]
    [InlineData("r,,,,scp:NORM=2", "'labels'")]
    [InlineData("r,,,,scp:NORM=NaN", "'labels'")]
    [InlineData("r,,,,\nr,,,,", "line 3: record 'r' a second time")]
    public void ReadCatalogue_BadRow_TurnsItsRecordAway(string row, string expected)
    {
        WriteRecord("r");
        WriteText("about.csv", $"record,age,sex,fold,labels\n{row}\n");
        var rejection = Assert.Single(Read("about.csv")).Rejection;
        Assert.Equal(RejectionReason.CatalogueRow, rejection?.Reason);
        Assert.Contains(expected, rejection!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",5")]
    [InlineData("r")]
    [InlineData("r,5,6")]
    public void ReadCatalogue_RowWithoutIdOrOfAnotherWidth_IsReportedByItsLine(string row)
    {
        WriteRecord("r");
        WriteText("about.csv", $"record,age\n{row}\n");
        Assert.Equal(
            [("r", RejectionReason.CatalogueRow), ("line 2", RejectionReason.CatalogueRow)],
            Read("about.csv").Select(entry => (entry.NativeId, entry.Rejection!.Reason)));
    }

    [Theory]
    [InlineData("about.csv", "name,age\nr,5\n")]
    [InlineData("other.csv", "record\nr\n")]
    public void ReadCatalogue_TableMissingOrWithoutRecordColumn_IsASourceError(string name, string text)
    {
        WriteRecord("r");
        WriteText(name, text);
        Assert.Throws<SourceException>(() => Read("about.csv"));
    }

    [Fact]
    public void Manifest_HasNoVersion() => Assert.Equal("wfdb", _source.Manifest.Release);

    private List<CatalogueEntry> Read(string? table) =>
        [.. _source.ReadCatalogue(_tree.Source, new SourceOptions { Table = table }, CancellationToken.None)];

    private void WriteRecord(string path)
    {
        var name = Path.GetFileName(path);
        WriteText(path + ".hea", $"{name} 1 500 2\n{name}.dat 16 100 16 0 0 3 0 I\n");
        _tree.Write(path + ".dat", WfdbTree.Int16(1, 2));
    }

    private void WriteText(string path, string text) => _tree.Write(path, Encoding.UTF8.GetBytes(text));
}
