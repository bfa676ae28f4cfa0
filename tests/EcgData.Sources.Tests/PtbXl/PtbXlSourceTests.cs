using System.Globalization;
using System.Text.RegularExpressions;
using EcgData.Signals;
using EcgData.Sources.PtbXl;
using EcgData.Tests;

namespace EcgData.Sources.Tests.PtbXl;

public sealed class PtbXlSourceTests : IDisposable
{
    private const string Header = "ecg_id,patient_id,age,sex,site,recording_date,report,scp_codes,strat_fold,filename_lr,filename_hr";

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(null, "records500", "hr")]
    [InlineData(500, "records500", "hr")]
    [InlineData(100, "records100", "lr")]
    public void ReadCatalogue_GenuineRecords_AreListedInTableOrder(int? frequency, string folder, string suffix)
    {
        var root = Genuine.Folder("data/real/ptb-xl");
        var entries = Read(root, frequency);
        Assert.Equal(
            Enumerable.Range(1, 60).Concat([137, 138, 143, 144]).Select(id => id.ToString(CultureInfo.InvariantCulture)),
            entries.Select(entry => entry.NativeId));
        Assert.Equal(["137", "143"], entries.Where(entry => entry.Rejection is not null).Select(entry => entry.NativeId));
        Assert.All(entries.Where(e => e.Rejection is not null), e => Assert.Equal(RejectionReason.Withdrawn, e.Rejection!.Reason));
        foreach (var entry in entries.Where(entry => entry.Rejection is null))
        {
            var name = $"{folder}/00000/{int.Parse(entry.NativeId, CultureInfo.InvariantCulture):00000}_{suffix}";
            Assert.Equal([name + ".dat", name + ".hea"], entry.Files.Select(file => file.Path));
            Assert.All(entry.Files, file => Assert.True(File.Exists(Path.Join(root, file.Path))));
            Assert.InRange(entry.Fold!.Value, 1, 10);
            Assert.InRange(entry.AgeYears!.Value, 0, 90);
            Assert.NotEmpty(entry.Labels);
            Assert.All(entry.Labels, label => Assert.InRange(label.Weight, 0.01f, 1));
            // The list at hand covers ids 1 to 60.
            Assert.All(entry.Files, file => Assert.Equal(entry.NativeId.Length < 3, file.Sha256 is not null));
        }
    }

    [Fact]
    public void ReadCatalogue_GenuineFirstRecord_IsWhatItsRowSays()
    {
        var entry = Read(Genuine.Folder("data/real/ptb-xl"))[0];
        Assert.Equal(
            ("1", "15709", "", "0", "1984-11-09 09:17:34", 56f, "female", 3),
            (entry.NativeId, entry.PatientId, entry.Folder, entry.Site, entry.Recorded, entry.AgeYears, entry.Sex, entry.Fold));
        Assert.Equal([new Label("scp:NORM", 1), new Label("scp:LVOLT", 1), new Label("scp:SR", 1)], entry.Labels);
    }

    [Fact]
    public void ReadCatalogue_GenuineFiles_HaveThePublishedChecksums()
    {
        var root = Genuine.Folder("data/real/ptb-xl");
        var folder = new SourceFolder(root);
        foreach (var file in Read(root).Where(entry => entry.Rejection is null).SelectMany(entry => entry.Files))
            using (var bytes = folder.Read(file)) Assert.True(bytes.Length > 0);
    }

    [Fact]
    public void KeptInPlaceOf_GenuineChangelog_SaysTheSame()
    {
        var stated = new Dictionary<int, int>();
        List<int> dropped = [];
        foreach (var line in File.ReadLines(Genuine.Folder("data/real/ptb-xl/ptbxl_v103_changelog.txt")))
        {
            if (Regex.Match(line, @"^->(drop|keep) row with ecg_id=(\d+)") is not { Success: true } match) continue;
            var id = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
            if (match.Groups[1].Value == "drop")
            {
                dropped.Add(id);
                continue;
            }

            dropped.ForEach(old => stated.Add(old, id));
            dropped.Clear();
        }

        Assert.Equal(38, stated.Count);
        Assert.Equal(stated.OrderBy(pair => pair.Key), PtbXlQuirks.KeptInPlaceOf.OrderBy(pair => pair.Key));
    }

    [Fact]
    public void KeptInPlaceOf_Release103_HasTheThirtyEightDroppedIdsAndKeepsNoneOfThem()
    {
        // The closing line of ptbxl_v103_changelog.txt, sorted.
        int[] dropped =
        [
            137, 139, 140, 141, 142, 143, 145, 456, 458, 459, 461, 462, 2506, 2511, 3795, 3798, 3800, 3801, 3832, 5817, 7777, 7779, 7782,
            9821, 9825, 9888, 11810, 11814, 11815, 11817, 11838, 13791, 13793, 13796, 13797, 13799, 15742, 18150,
        ];
        Assert.Equal(38, dropped.Length);
        Assert.Equal(dropped, PtbXlQuirks.KeptInPlaceOf.Keys.Order());
        Assert.Empty(PtbXlQuirks.KeptInPlaceOf.Values.Intersect(dropped));
    }

    [Theory]
    [InlineData(137, 138)]
    [InlineData(11817, 146)]
    [InlineData(3801, 3802)]
    [InlineData(18150, 18151)]
    public void ReadCatalogue_WithdrawnId_NamesTheKeptTwin(int id, int kept)
    {
        Write(Row(id), Row(kept), Row(id, statements: "torn").Replace($"{id},{id}.0,", "139,7.0,", StringComparison.Ordinal));
        var entries = Read();
        Rejected(entries[0], RejectionReason.Withdrawn, $"record {id} ", $"duplicate of {kept}.");
        Assert.Equal(($"{id}", 3, 2), (entries[0].PatientId, entries[0].Fold, entries[0].Files.Count));
        Assert.Null(entries[1].Rejection);
        // Withdrawn says more than what is wrong with its row.
        Rejected(entries[2], RejectionReason.Withdrawn, "record 139 ", "duplicate of 7781.");
        Assert.Equal("7", entries[2].PatientId);
    }

    [Fact]
    public void ReadCatalogue_RowThatRecordsDoesNotList_IsWithdrawn()
    {
        Write(Row(1), Row(2));
        Records("records100/00000/00001_lr", "records100/00000/00002_lr", "records500/00000/00001_hr");
        var entries = Read();
        Assert.Null(entries[0].Rejection);
        Rejected(entries[1], RejectionReason.Withdrawn, "line 3", "records500/00000/00002_hr", "RECORDS");
        Assert.Equal(2, entries.Count);
        Assert.All(Read(100), entry => Assert.Null(entry.Rejection));
    }

    [Fact]
    public void ReadCatalogue_RecordsLineWithoutRow_IsAnEntryOfItsOwn()
    {
        Write(Row(2));
        Records("records500/00000/00001_hr", "records500/00000/00002_hr", "records500/odd", "records500/copy/00002_hr");
        var entries = Read();
        Assert.Equal(["2", "1", "2 (records500/copy/00002_hr)", "records500/odd"], entries.Select(entry => entry.NativeId));
        Assert.Null(entries[0].Rejection);
        Assert.All(entries.Skip(1), entry => Rejected(entry, RejectionReason.CatalogueRow, "RECORDS", "no row in ptbxl_database.csv"));
    }

    [Theory]
    [InlineData("1 2 3 4", "2 3 4 1")]
    [InlineData("4 1 3 2", "1 2 3 4")]
    [InlineData("1 2 1 3 4 3", "4 1 3 2")]
    public void ReadCatalogue_RecordsInAnotherOrderOrTwice_AreTheSame(string listed, string rows)
    {
        Write([.. rows.Split(' ').Select(id => Row(int.Parse(id)))]);
        Records([.. $"{listed} 5 5".Split(' ').Select(id => $"records500/00000/0000{id}_hr")]);
        var entries = Read();
        Assert.Equal([.. rows.Split(' '), "5"], entries.Select(entry => entry.NativeId));
        Assert.All(entries.SkipLast(1), entry => Assert.Null(entry.Rejection));
        Rejected(entries[^1], RejectionReason.CatalogueRow, "RECORDS");
    }

    [Fact]
    public void ReadCatalogue_RecordsOfTheOtherFrequencyAlone_AreNoCheck()
    {
        Write(Row(1));
        Records("records100/00000/00009_lr");
        Assert.Null(Assert.Single(Read()).Rejection);
    }

    [Theory]
    [InlineData("300.0", 90f)]
    [InlineData("89.0", 89f)]
    [InlineData("0.0", 0f)]
    [InlineData("", null)]
    public void ReadCatalogue_Age_IsYearsOrTheLowestAbove89(string age, float? expected)
    {
        Write(Row(1, age: age));
        Assert.Equal(expected, Assert.Single(Read()).AgeYears);
    }

    [Theory]
    [InlineData("0", "male")]
    [InlineData("1", "female")]
    [InlineData("1.0", "female")]
    [InlineData("", null)]
    public void ReadCatalogue_Sex_IsResolved(string sex, string? expected)
    {
        Write(Row(1, sex: sex));
        Assert.Equal(expected, Assert.Single(Read()).Sex);
    }

    [Fact]
    public void ReadCatalogue_Statements_HaveTheirLikelihoodAsWeight()
    {
        Write(Row(1, statements: "{'IMI': 15.0, 'LAO/LAE': 100.0, 'SR': 0.0}"), Row(2, statements: "{}"));
        var entries = Read();
        Assert.Equal([new Label("scp:IMI", 0.15f), new Label("scp:LAO/LAE", 1), new Label("scp:SR", 1)], entries[0].Labels);
        Assert.Empty(entries[1].Labels);
        Assert.Null(entries[1].Rejection);
    }

    [Theory]
    [InlineData("1.5", "56", "1", "{}", "3", "line 2", "ecg_id")]
    [InlineData("", "56", "1", "{}", "3", "line 2", "ecg_id")]
    [InlineData("-1", "56", "1", "{}", "3", "line 2", "ecg_id")]
    [InlineData("1", "200", "1", "{}", "3", "1", "age")]
    [InlineData("1", "-5", "1", "{}", "3", "1", "age")]
    [InlineData("1", "old", "1", "{}", "3", "1", "age")]
    [InlineData("1", "56", "2", "{}", "3", "1", "sex")]
    [InlineData("1", "56", "1", "{'NORM': 100.0", "3", "1", "scp_codes")]
    [InlineData("1", "56", "1", "", "3", "1", "scp_codes")]
    [InlineData("1", "56", "1", "{'NORM': 100.5}", "3", "1", "scp_codes")]
    [InlineData("1", "56", "1", "{'NORM': -1}", "3", "1", "scp_codes")]
    [InlineData("1", "56", "1", "{'': 1}", "3", "1", "scp_codes")]
    [InlineData("1", "56", "1", "{}", "11", "1", "strat_fold")]
    [InlineData("1", "56", "1", "{}", "0", "1", "strat_fold")]
    public void ReadCatalogue_BadField_TurnsThatRowAway(
        string id, string age, string sex, string statements, string fold, string nativeId, string column)
    {
        Write($"{id},1.0,{age},{sex},0.0,t,r,\"{statements}\",{fold},records100/00000/00001_lr,records500/00000/00001_hr", Row(2));
        var entries = Read();
        Assert.Equal([nativeId, "2"], entries.Select(entry => entry.NativeId));
        Rejected(entries[0], RejectionReason.CatalogueRow, "ptbxl_database.csv, line 2", $"column '{column}'");
        Assert.Equal(column == "ecg_id" ? null : "1", entries[0].PatientId);
        Assert.Null(entries[1].Rejection);
    }

    [Fact]
    public void ReadCatalogue_RaggedRow_IsAnEntryOfItsOwn()
    {
        Write(Row(1), "2,3.0,4", Row(3));
        var entries = Read();
        Assert.Equal(["1", "line 3", "3"], entries.Select(entry => entry.NativeId));
        Rejected(entries[1], RejectionReason.CatalogueRow, "line 3", "3 fields", "11");
    }

    [Fact]
    public void ReadCatalogue_RaggedRowOfAListedRecord_IsOneRejectionUnderItsId()
    {
        Write(Row(1), "2,3.0,4", "3,4.0", Row(3), "7,8.0");
        Records("records500/00000/00001_hr", "records500/00000/00002_hr", "records500/00000/00003_hr");
        var entries = Read();
        Assert.Equal(["1", "3", "line 6", "2", "line 4"], entries.Select(entry => entry.NativeId));
        Assert.All(entries.Take(2), entry => Assert.Null(entry.Rejection));
        Rejected(entries[3], RejectionReason.CatalogueRow, "line 3", "3 fields", "11");
        Rejected(entries[4], RejectionReason.CatalogueRow, "line 4", "2 fields", "11");
    }

    [Fact]
    public void ReadCatalogue_IdTwice_KeepsTheFirstAndTurnsTheSecondAway()
    {
        Write(Row(1), Row(1), Row(2));
        var entries = Read();
        Assert.Equal(["1", "1 (line 3)", "2"], entries.Select(entry => entry.NativeId));
        Assert.Null(entries[0].Rejection);
        Rejected(entries[1], RejectionReason.CatalogueRow, "line 3", "no earlier row");
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("records500/../../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("records500\\00001_hr")]
    public void ReadCatalogue_PathThatLeavesTheFolder_IsTurnedAway(string path)
    {
        Write($"1,1.0,56.0,1,0.0,t,r,{{}},3,records100/00000/00001_lr,{path}");
        Rejected(Assert.Single(Read()), RejectionReason.OutsideFolder, path);
    }

    [Fact]
    public void ReadCatalogue_BlankPath_IsTurnedAway()
    {
        Write("1,1.0,56.0,1,0.0,t,r,{},3,records100/00000/00001_lr,");
        Rejected(Assert.Single(Read()), RejectionReason.CatalogueRow, "'filename_hr'");
        Assert.Null(Assert.Single(Read(100)).Rejection);
    }

    [Fact]
    public void ReadCatalogue_ReportWithQuotesCommasAndLineBreak_DoesNotMatter()
    {
        Write("1,15709.0,56.0,1,,t,\"links, \"\"typ\"\"\r\nsonst\",\"{'NORM': 80.0}\",3,lr,hr", Row(2));
        var entries = Read();
        Assert.Equal(["1", "2"], entries.Select(entry => entry.NativeId));
        Assert.Equal(("15709", (string?)null), (entries[0].PatientId, entries[0].Site));
        Assert.All(entries, entry => Assert.Null(entry.Rejection));
    }

    [Fact]
    public void ReadCatalogue_TableOfNoRows_HasNoEntries()
    {
        Write();
        Assert.Empty(Read());
    }

    [Fact]
    public void ReadCatalogue_Checksums_AreThoseOfTheChosenFrequency()
    {
        Write(Row(1), Row(2));
        File.WriteAllText(
            _folder["SHA256SUMS.txt"],
            $"{new string('a', 64)} records500/00000/00001_hr.dat\n{new string('B', 64)}  records500/00000/00001_hr.hea\r\n" +
            $"{new string('c', 64)} records100/00000/00001_lr.dat");
        var entries = Read();
        Assert.Equal([new string('a', 64), new string('b', 64)], entries[0].Files.Select(file => file.Sha256));
        Assert.All(entries[1].Files, file => Assert.Null(file.Sha256));
        Assert.Equal([new string('c', 64), null], Read(100)[0].Files.Select(file => file.Sha256));
    }

    [Fact]
    public void ReadCatalogue_AnotherFrequency_StopsTheSource()
    {
        Write(Row(1));
        Assert.Contains("500 and 100", Assert.Throws<SourceException>(() => Read(250)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCatalogue_AnotherFolder_StopsTheSource() =>
        Assert.StartsWith("ptbxl_database.csv: not in ", Assert.Throws<SourceException>(() => Read()).Message, StringComparison.Ordinal);

    [Fact]
    public void ReadCatalogue_MissingColumn_StopsTheSource()
    {
        File.WriteAllText(_folder["ptbxl_database.csv"], "ecg_id,patient_id\n1,2\n");
        Assert.Contains("no column 'age', 'sex'", Assert.Throws<SourceException>(() => Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadCatalogue_Cancelled_Stops()
    {
        Write(Row(1));
        Assert.Throws<OperationCanceledException>(() => new PtbXlSource()
            .ReadCatalogue(new SourceFolder(_folder.Path), new SourceOptions(), new CancellationToken(true)).Count());
    }

    public void Dispose() => _folder.Dispose();

    private static string Row(int id, string age = "56.0", string sex = "1", string statements = "{'NORM': 100.0}") =>
        $"{id},{id}.0,{age},{sex},0.0,1984-11-09 09:17:34,report,\"{statements}\",3,records100/00000/{id:00000}_lr,records500/00000/{id:00000}_hr";

    private static void Rejected(CatalogueEntry entry, RejectionReason reason, params string[] said)
    {
        Assert.NotNull(entry.Rejection);
        Assert.Equal(reason, entry.Rejection.Reason);
        Assert.All(said, part => Assert.Contains(part, entry.Rejection.Message, StringComparison.Ordinal));
    }

    private static List<CatalogueEntry> Read(string root, int? frequency = null) =>
        [.. new PtbXlSource().ReadCatalogue(
            new SourceFolder(root), new SourceOptions { SamplingFrequencyHz = frequency }, TestContext.Current.CancellationToken)];

    private List<CatalogueEntry> Read(int? frequency = null) => Read(_folder.Path, frequency);

    private void Write(params string[] rows) =>
        File.WriteAllText(_folder["ptbxl_database.csv"], string.Concat(rows.Prepend(Header).Select(row => row + "\n")));

    private void Records(params string[] paths) => File.WriteAllText(_folder["RECORDS"], string.Join('\n', paths));
}
