using EcgData.Signals;
using EcgData.Sources;
using EcgData.Sources.Code15;

namespace EcgData.Tests.Code15;

public sealed class Code15CatalogueTests : IDisposable
{
    private readonly Code15Tree _tree = new();

    [Fact]
    public void Manifest_IsThePublishedRelease()
    {
        var manifest = new Code15Source().Manifest;
        Assert.Equal("code-15@1.0.0", manifest.Release);
        Assert.Equal("CC-BY-4.0", manifest.Licence);
        Assert.Equal((345_779, 233_770), (manifest.Records, manifest.Patients));
        Assert.Equal(19, manifest.Files.Count);
        Assert.Equal("0107516d3f63864498fb77d15799cc95", manifest.Files.Single(file => file.Required).Md5);
    }

    [Fact]
    public void ReadCatalogue_RowsInAnotherOrderThanThePart_AreFoundById()
    {
        _tree.Table(Code15Tree.Row(7, 14), Code15Tree.Row(9, 14), Code15Tree.Row(5, 0));
        _tree.Part(14, 9, 7);
        _tree.ChunkedPart(0, 5);   // 32-bit ids
        var entries = _tree.Catalogue();
        Assert.Equal(["7", "9", "5"], entries.Select(entry => entry.NativeId));
        Assert.Equal([1, 0, 0], entries.Select(entry => entry.Position));
        Assert.Equal(["exams_part14", "exams_part14", "exams_part0"], entries.Select(entry => entry.Folder));
        Assert.All(entries, entry => Assert.Null(entry.Rejection));
        Assert.Equal(new RecordFile("exams_part14.hdf5", IsContainer: true), Assert.Single(entries[0].Files));
    }

    [Fact]
    public void ReadCatalogue_Columns_AreReadByTheirNames()
    {
        File.WriteAllLines(
            _tree["exams.csv"],
            [
                "trace_file,normal_ecg,AF,ST,SB,LBBB,RBBB,1dAVb,patient_id,is_male,age,exam_id,death,timey",
                "exams_part0.hdf5,False,True,False,False,False,True,True,77,False,61,5,True,1.5",
                "exams_part0.hdf5,True,False,False,False,False,False,False,78,True,,6,,",
            ]);
        _tree.Part(0, 5, 6);
        var entries = _tree.Catalogue();
        Assert.Equal(("77", 61f, "female"), (entries[0].PatientId, entries[0].AgeYears!.Value, entries[0].Sex));
        Assert.Equal([new Label("code15:1dAVb"), new Label("code15:RBBB"), new Label("code15:AF")], entries[0].Labels);
        Assert.Equal((null, "male"), (entries[1].AgeYears, entries[1].Sex));
        Assert.Equal([new Label("code15:normal_ecg")], entries[1].Labels);
    }

    [Fact]
    public void ReadCatalogue_PaddingRow_BelongsToNoRecord()
    {
        _tree.Table(Code15Tree.Row(5, 0));
        _tree.Part(0, 5);
        Assert.Equal("5", Assert.Single(_tree.Catalogue()).NativeId);
    }

    [Fact]
    public void ReadCatalogue_PaddingIdInTheTable_IsRejected()
    {
        _tree.Table(Code15Tree.Row(0, 0), Code15Tree.Row(5, 0));
        _tree.Part(0, 5);
        AssertRejected("0", RejectionReason.CatalogueRow, "padding row");
    }

    [Fact]
    public void ReadCatalogue_PartNotDownloaded_RejectsItsExams()
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 1));
        _tree.Part(0, 5);
        AssertRejected("6", RejectionReason.MissingFile, "exams_part1.hdf5: not in ");
        Assert.Null(_tree.Catalogue()[0].Rejection);
    }

    [Fact]
    public void ReadCatalogue_NoPartAtAll_StopsTheSource()
    {
        _tree.Table(Code15Tree.Row(5, 0));
        Assert.Contains("none of the 1 parts", Stopped().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCatalogue_NoTable_StopsTheSource()
    {
        _tree.Part(0, 5);
        Assert.Contains("exams.csv", Stopped().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCatalogue_IdThatItsPartLacks_IsRejected()
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 0));
        _tree.Part(0, 5);
        AssertRejected("6", RejectionReason.CatalogueRow, "'exam_id' does not list it");
    }

    [Fact]
    public void ReadCatalogue_IdInAnotherPartThanTheTableSays_IsOneRejectedEntry()
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 0));
        _tree.Part(0, 5);
        _tree.Part(1, 6);
        AssertRejected("6", RejectionReason.CatalogueRow, "'exam_id' does not list it");
        Assert.Equal(2, _tree.Catalogue().Count);
    }

    [Fact]
    public void ReadCatalogue_IdTwiceInAPart_IsRejectedOnce()
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 0));
        _tree.Part(0, 6, 5, 6);
        AssertRejected("6", RejectionReason.CatalogueRow, "2 rows (0, 2, ...)");
        Assert.Equal(2, _tree.Catalogue().Count);
    }

    [Fact]
    public void ReadCatalogue_IdTwiceInTheTable_IsRejectedOnce()
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 0), Code15Tree.Row(5, 0));
        _tree.Part(0, 5, 6);
        AssertRejected("5", RejectionReason.CatalogueRow, "more than once");
        Assert.Equal(["5", "6"], _tree.Catalogue().Select(entry => entry.NativeId));
    }

    [Fact]
    public void ReadCatalogue_IdThatTheTableLacks_IsRejectedAndNotLost()
    {
        _tree.Table(Code15Tree.Row(5, 0));
        _tree.Part(0, 8, 5, 8);
        _tree.Part(3, 9);   // a part that the table never names
        AssertRejected("8", RejectionReason.CatalogueRow, "no row in exams.csv");
        AssertRejected("9", RejectionReason.CatalogueRow, "no row in exams.csv");
        Assert.Equal(["5", "8", "9"], _tree.Catalogue().Select(entry => entry.NativeId));
    }

    [Theory]
    [InlineData("../exams_part0.hdf5")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/exams_part0.hdf5")]
    [InlineData("..")]
    public void ReadCatalogue_TraceFileElsewhere_IsOutsideTheFolder(string traceFile)
    {
        _tree.Table(Code15Tree.Row(5, 0), Code15Tree.Row(6, 0).Replace("exams_part0.hdf5", traceFile, StringComparison.Ordinal));
        _tree.Part(0, 5);
        AssertRejected("6", RejectionReason.OutsideFolder, "trace_file");
    }

    [Theory]
    [InlineData("abc,50,True,,False,False,False,False,False,False,1,,,True,exams_part0.hdf5", "line 3", "exam_id")]
    [InlineData("6,fifty,True,,False,False,False,False,False,False,1,,,True,exams_part0.hdf5", "6", "age")]
    [InlineData("6,50,maybe,,False,False,False,False,False,False,1,,,True,exams_part0.hdf5", "6", "is_male")]
    [InlineData("6,50,True,,False,?,False,False,False,False,1,,,True,exams_part0.hdf5", "6", "RBBB")]
    [InlineData("6,50,True,,False,False,False,False,False,False,1,,,True,", "6", "trace_file")]
    [InlineData("6,50,True", "line 3", "fields")]
    public void ReadCatalogue_BadRow_IsRejectedAlone(string row, string nativeId, string message)
    {
        _tree.Table(Code15Tree.Row(5, 0), row);
        _tree.Part(0, 5, 6);
        AssertRejected(nativeId, RejectionReason.CatalogueRow, message);
        Assert.Null(_tree.Catalogue()[0].Rejection);
    }

    [Fact]
    public void ReadCatalogue_OtherShape_StopsTheSource()
    {
        _tree.Table(Code15Tree.Row(5, 0));
        File.WriteAllBytes(
            _tree["exams_part0.hdf5"],
            Hdf5.Hdf5Bytes.File(
            [
                new("exam_id", Hdf5.Hdf5Bytes.Int64, [1], Hdf5.Hdf5Bytes.Of(5L)),
                new("tracings", Hdf5.Hdf5Bytes.Float32, [1, 12, 4096], new byte[4 * 12 * 4096]),
            ]));
        var message = Stopped().Message;
        Assert.Contains("(1, 12, 4096)", message, StringComparison.Ordinal);
        Assert.Contains("exams_part0.hdf5, dataset 'tracings'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCatalogue_IdsThatDoNotMatchTheRows_StopTheSource()
    {
        _tree.Table(Code15Tree.Row(5, 0));
        _tree.Part(0, [5, 6], [Code15Tree.Exam(5)]);
        Assert.Contains("2 rows of 'tracings' but 3 of 'exam_id'", Stopped().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCatalogue_AnotherFrequency_StopsTheSource() =>
        Assert.Throws<SourceException>(() =>
            new Code15Source().ReadCatalogue(_tree.Folder, new SourceOptions { SamplingFrequencyHz = 500 }, CancellationToken.None));

    public void Dispose() => _tree.Dispose();

    private SourceException Stopped() => Assert.Throws<SourceException>(() => _tree.Catalogue());

    private void AssertRejected(string nativeId, RejectionReason reason, string message)
    {
        var entry = Assert.Single(_tree.Catalogue(), entry => entry.NativeId == nativeId);
        Assert.Equal(reason, entry.Rejection?.Reason);
        Assert.Contains(message, entry.Rejection!.Message, StringComparison.Ordinal);
    }
}
