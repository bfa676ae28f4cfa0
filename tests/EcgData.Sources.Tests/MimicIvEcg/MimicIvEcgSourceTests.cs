using System.Text;
using EcgData.Signals;
using EcgData.Sources.MimicIvEcg;
using EcgData.Tests;

namespace EcgData.Sources.Tests.MimicIvEcg;

public sealed class MimicIvEcgSourceTests : IDisposable
{
    private const string Header = "subject_id,study_id,file_name,ecg_time,path\n";

    // Columns 3 to 5 of 18, as published: cart, time, reports.
    private const string MeasurementsHeader = "subject_id,study_id,cart_id,ecg_time,report_0,report_1,report_2,report_3,bandwidth,rr_interval,p_axis\n";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void ReadCatalogue_GenuineRecord_IsWhatItsRowsSay()
    {
        var entry = Assert.Single(Read(Genuine.Folder("data/real/mimic-iv-ecg")));
        Assert.Equal(
            ("40689238", "10000032", "", "p1000", "2180-07-23 08:44:00"),
            (entry.NativeId, entry.PatientId, entry.Folder, entry.Neighbourhood, entry.Recorded));
        Assert.Equal<Label>(
            [new("mimic-report:Sinus rhythm"), new("mimic-report:Possible right atrial abnormality"), new("mimic-report:Borderline ECG")],
            entry.Labels);
        Assert.Equal<RecordFile>(
            [new("files/p1000/p10000032/s40689238/40689238.dat"), new("files/p1000/p10000032/s40689238/40689238.hea")], entry.Files);
        Assert.Null(entry.Rejection);
        Assert.Equal((null, null, null), (entry.AgeYears, entry.Sex, entry.Fold));
    }

    [Fact]
    public void ReadCatalogue_MeasurementsInAnotherOrder_AreJoinedByStudy()
    {
        List(Row(1, 30), Row(1, 10), Row(2, 20), Row(3, 40));
        Measurements(
            "1,10,9,t,Sinus rhythm,,\"A, \"\"b\"\"\",,x,29999,32767",
            "9,99,9,t,No such record,,,,x,1,1",
            "2,20,9,t,,,,,x,65535,-32768",
            "1,30,9,t,  Sinus rhythm ,Borderline  ECG,Sinus rhythm,,x,1,1");
        var entries = Read();
        Assert.Equal(["30", "10", "20", "40"], entries.Select(entry => entry.NativeId));
        Assert.All(entries, entry => Assert.Null(entry.Rejection));
        Assert.Equal(["mimic-report:Sinus rhythm", "mimic-report:Borderline  ECG"], Labels(entries[0]));
        Assert.Equal(["mimic-report:Sinus rhythm", "mimic-report:A, \"b\""], Labels(entries[1]));
        Assert.Empty(entries[2].Labels);
        Assert.Empty(entries[3].Labels);
        Assert.All(entries[0].Labels, label => Assert.Equal(1, label.Weight));
    }

    [Fact]
    public void ReadCatalogue_ManyStudies_GiveEachItsOwnReports()
    {
        // Study ids in an order of their own (a full-period generator), so that neither table is sorted.
        const int count = 2000;
        var studies = Enumerable.Range(0, count).Select(i => i * 1237 % count + 1).ToArray();
        List([.. studies.Select(study => Row(study % 7, study))]);
        Measurements([.. studies.Reverse().Where(study => study % 3 > 0).Select(study =>
            $"{study % 7},{study},1,t,line {study % 11},,line {study % 13 + 100},,x,1,1")]);
        var entries = Read();
        Assert.Equal(studies.Select(study => $"{study}"), entries.Select(entry => entry.NativeId));
        foreach (var (entry, study) in entries.Zip(studies))
            Assert.Equal(
                study % 3 > 0 ? [$"mimic-report:line {study % 11}", $"mimic-report:line {study % 13 + 100}"] : [], Labels(entry));
    }

    [Fact]
    public void ReadCatalogue_MoreDifferentReportsThanAreAtHand_GiveEachItsOwn()
    {
        // every report twice, five thousand others in between
        const int count = 10_000;
        List([.. Enumerable.Range(0, count).Select(study => Row(1, study))]);
        Measurements([.. Enumerable.Range(0, count).Select(study => $"1,{study},1,t,line {study % 5000},{study % 2},,,x,1,1")]);
        Assert.All(Read(), (entry, study) => Assert.Equal([$"mimic-report:line {study % 5000}", $"mimic-report:{study % 2}"], Labels(entry)));
    }

    [Fact]
    public void ReadCatalogue_ReportsThatAreNoUtf8_AreToldApartByTheirText()
    {
        List(Row(1, 10));
        File.WriteAllBytes(_folder["machine_measurements.csv"], [.. Encoding.UTF8.GetBytes(MeasurementsHeader + "1,10,9,t,\u00e4"), .. ",a\u00ff,a\u00fe,A,x,1,1\n".Select(letter => (byte)letter)]);
        Assert.Equal(["mimic-report:\u00e4", "mimic-report:a\ufffd", "mimic-report:A"], Labels(Assert.Single(Read())));
    }

    [Theory]
    [InlineData("files/\u00e4 b/10", "files/\u00e4 b/10")]
    [InlineData("files/a..b/10", "files/a..b/10")]
    [InlineData("files/\u00ff/10", "files/\ufffd/10", true)]
    public void ReadCatalogue_PathsOutOfTheOrdinary_AreThatOfTheTable(string path, string read, bool inLatin1 = false)
    {
        var encoding = inLatin1 ? Encoding.Latin1 : Encoding.UTF8;
        File.WriteAllText(_folder["record_list.csv"], $"{Header}1,10,10,t,{path}\n", encoding);
        File.WriteAllText(_folder["SHA256SUMS.txt"], $"{new string('a', 64)} {read}.hea\n{new string('b', 64)} {read}.dat\n");
        Assert.Equal<RecordFile>([new($"{read}.dat", new string('b', 64)), new($"{read}.hea", new string('a', 64))], Assert.Single(Read()).Files);
    }

    [Fact]
    public void ReadCatalogue_PathLongerThanAny_IsThatOfTheTable()
    {
        var path = $"files/{new string('x', 2000)}/10";
        List($"1,10,10,t,{path}", Row(12, 20), Row(1234, 30), Row(12345, 40), Row(12346, 50));
        var entries = Read();
        Assert.Equal([$"{path}.dat", $"{path}.hea"], entries[0].Files.Select(file => file.Path));
        Assert.Equal(["p1", "p12", "p1234", "p1234", "p1234"], entries.Select(entry => entry.Neighbourhood));
        Assert.Equal(["1", "12", "1234", "12345", "12346"], entries.Select(entry => entry.PatientId));
    }

    [Fact]
    public void ReadCatalogue_DemoLayout_IsReadThroughThePathColumn()
    {
        List("10000032,107143276,107143276,2180-07-23 08:44:31,files/p10000032/s107143276/107143276");
        var entry = Assert.Single(Read());
        Assert.Equal(("107143276", "2180-07-23 08:44:31"), (entry.NativeId, entry.Recorded));
        Assert.Equal("files/p10000032/s107143276/107143276.dat", entry.Files[0].Path);
        Assert.Empty(entry.Labels);
        Assert.Null(entry.Rejection);
    }

    [Fact]
    public void ReadCatalogue_MarkAndCarriageReturns_MakeNoDifference()
    {
        File.WriteAllText(
            _folder["record_list.csv"], (Header + Row(1, 10) + "\n").Replace("\n", "\r\n", StringComparison.Ordinal), new UTF8Encoding(true));
        Assert.Equal(("10", "1"), (Assert.Single(Read()).NativeId, Read()[0].PatientId));
    }

    [Theory]
    [InlineData("1,x,1,t,files/a", "line 2", RejectionReason.CatalogueRow)]
    [InlineData("1,,1,t,files/a", "line 2", RejectionReason.CatalogueRow)]
    [InlineData(",10,1,t,files/a", "10", RejectionReason.CatalogueRow)]
    [InlineData("1,10,1,t,", "10", RejectionReason.CatalogueRow)]
    [InlineData("1,10,1,t", "line 2", RejectionReason.CatalogueRow)]
    [InlineData("1,10,1,t,files/a,b", "line 2", RejectionReason.CatalogueRow)]
    [InlineData("1,10,1,t,../a", "10", RejectionReason.OutsideFolder)]
    [InlineData("1,10,1,t,files/../../a", "10", RejectionReason.OutsideFolder)]
    [InlineData("1,10,1,t,files\\a", "10", RejectionReason.OutsideFolder)]
    [InlineData("1,10,1,t,files/a\0b", "10", RejectionReason.OutsideFolder)]
    [InlineData("1,10,1,t,/etc/passwd", "10", RejectionReason.OutsideFolder)]
    public void ReadCatalogue_BadRow_IsTurnedAwayAlone(string row, string nativeId, RejectionReason reason)
    {
        List(row, Row(1, 20));
        var entries = Read();
        Assert.Equal([nativeId, "20"], entries.Select(entry => entry.NativeId));
        Assert.Equal(reason, entries[0].Rejection?.Reason);
        Assert.Null(entries[1].Rejection);
    }

    [Fact]
    public void ReadCatalogue_StudyTwice_KeepsTheFirstAndTurnsTheSecondAway()
    {
        List(Row(1, 10), Row(2, 10));
        var entries = Read();
        Assert.Equal(["10", "10 (line 3)"], entries.Select(entry => entry.NativeId));
        Assert.Null(entries[0].Rejection);
        Assert.Equal(RejectionReason.CatalogueRow, entries[1].Rejection?.Reason);
    }

    [Fact]
    public void ReadCatalogue_MeasurementsThatDisagree_TurnTheRecordAway()
    {
        List(Row(1, 10), Row(1, 20), Row(1, 30));
        Measurements("1,10,9,t,A,,,,x,1,1", "1,10,9,t,B,,,,x,1,1", "1,20,9,t,A,,,,x,1,1", "1,20,9,t,A,,,,x,1,1", "1,30,9,t,A,,,,x,1,1");
        var entries = Read();
        Assert.Equal(RejectionReason.CatalogueRow, entries[0].Rejection?.Reason);
        Assert.Contains("study 10 has several rows", entries[0].Rejection!.Message, StringComparison.Ordinal);
        Assert.All(entries.Skip(1), entry => Assert.Equal(["mimic-report:A"], Labels(entry)));
    }

    [Fact]
    public void ReadCatalogue_MeasurementsRowThatCannotBeRead_IsReportedAndCostsLabelsAlone()
    {
        List(Row(1, 10), Row(1, 20));
        Measurements("1,10,9,t,A,B", "1,20,9,t,A,,,,x,1,1");
        var entries = Read();
        Assert.Equal(["10", "20", "machine_measurements.csv line 2"], entries.Select(entry => entry.NativeId));
        Assert.Null(entries[0].Rejection);
        Assert.Empty(entries[0].Labels);
        Assert.Equal(["mimic-report:A"], Labels(entries[1]));
        Assert.Equal(RejectionReason.CatalogueRow, entries[2].Rejection?.Reason);
        Assert.Contains("6 fields", entries[2].Rejection!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCatalogue_Checksums_AreThePublishedOnes()
    {
        List(Row(1, 10), Row(1, 20));
        File.WriteAllText(
            _folder["SHA256SUMS.txt"],
            $"{new string('a', 64)} files/p1/s10/10.dat\n{new string('b', 64)} record_list.csv\n{new string('c', 64)} files/p1/s10/10.hea\n");
        var entries = Read();
        Assert.Equal([new string('a', 64), new string('c', 64)], entries[0].Files.Select(file => file.Sha256));
        Assert.All(entries[1].Files, file => Assert.Null(file.Sha256));
    }

    [Fact]
    public void ReadCatalogue_TableOfNoRows_HasNoEntries()
    {
        List();
        Measurements();
        Assert.Empty(Read());
    }

    [Fact]
    public void ReadCatalogue_AnotherFolder_StopsTheSource() =>
        Assert.StartsWith("record_list.csv: not in ", Assert.Throws<SourceException>(() => Read()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("record_list.csv", "subject_id,study_id,ecg_time\n", "'path'")]
    [InlineData("machine_measurements.csv", "study_id,cart_id\n", "'report_0'")]
    public void ReadCatalogue_MissingColumn_StopsTheSource(string file, string text, string column)
    {
        List(Row(1, 10));
        File.WriteAllText(_folder[file], text);
        Assert.StartsWith(
            $"{file}: no column {column}; found are 's", Assert.Throws<SourceException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCatalogue_AnotherFrequency_StopsTheSource()
    {
        List(Row(1, 10));
        var options = new SourceOptions { SamplingFrequencyHz = 100 };
        Assert.Contains("500 Hz alone", Assert.Throws<SourceException>(() => new MimicIvEcgSource()
            .ReadCatalogue(new SourceFolder(_folder.Path), options, CancellationToken.None).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClipMillivolt_IsThatOfTheStudy() => Assert.Equal(3, new MimicIvEcgSource().ClipMillivolt);

    public void Dispose() => _folder.Dispose();

    private static string Row(int subject, int study) => $"{subject},{study},{study},2180-07-23 08:44:00,files/p{subject}/s{study}/{study}";

    private static IEnumerable<string> Labels(CatalogueEntry entry) => entry.Labels.Select(label => label.Code);

    private static List<CatalogueEntry> Read(string root) =>
        [.. new MimicIvEcgSource().ReadCatalogue(new SourceFolder(root), new SourceOptions(), TestContext.Current.CancellationToken)];

    private List<CatalogueEntry> Read() => Read(_folder.Path);

    private void List(params string[] rows) =>
        File.WriteAllText(_folder["record_list.csv"], Header + string.Concat(rows.Select(row => row + "\n")));

    private void Measurements(params string[] rows) =>
        File.WriteAllText(_folder["machine_measurements.csv"], MeasurementsHeader + string.Concat(rows.Select(row => row + "\n")));
}
