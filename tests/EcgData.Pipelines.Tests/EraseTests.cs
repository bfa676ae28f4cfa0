using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EcgData.Shards;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>A patient who is erased: from no version on, out of the bytes after a gc, and never back.</summary>
public sealed class EraseTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private Ecgdata Program => new(_folder["caches"]);

    private CorpusFolder Corpus => new(_folder["corpus"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Erase_APatient_FromWithdrawalToTheLastByte()
    {
        var before = Build().EndsWith(0).Version;
        var record = synthetic.KeptRecord;
        var others = PatientsRecords(record);
        Program.Run("subset", Corpus.Path, "--sizes", "20,all", "--out", _folder["uses/subsets"]).EndsWith(0);
        Program.Run("export", Corpus.Path, "--subset", _folder["uses/subsets/all.json"], "--to", _folder["uses/export"], "--format", "parquet").EndsWith(0);
        Program.Run("gc", Corpus.Path, "--pin", before).EndsWith(0);
        Assert.Contains(FilesWith(record), file => file.StartsWith("shards/", StringComparison.Ordinal));

        // looking changes nothing
        var contents = Corpus.Contents;
        var dry = Program.Run("erase", Corpus.Path, "--record", record, "--dry-run", "--json").EndsWith(0).Json;
        Assert.Equal(others.Count, Assert.Single(dry.GetProperty("withdrawn").EnumerateArray()).GetProperty("records").GetInt32());
        Assert.Equal(contents, Corpus.Contents);

        var erased = Program.Run("erase", Corpus.Path, "--record", record, "--subsets", _folder["uses"], "--json").EndsWith(0).Json;
        Assert.Equal(before, Assert.Single(erased.GetProperty("withdrawn").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal("ptb-xl", Assert.Single(erased.GetProperty("buildAgain").EnumerateArray()).GetString());
        var uses = erased.GetProperty("uses").EnumerateArray().Select(use => (Path.GetFileName(use.GetProperty("path").GetString()), use.GetProperty("records").GetInt32())).ToList();
        Assert.Contains(("all.json", others.Count), uses);
        Assert.Contains(("export.json", others.Count), uses);
        Assert.DoesNotContain(record, File.ReadAllText(_folder["corpus/erasures.json"]), StringComparison.Ordinal);
        Assert.DoesNotContain(record, string.Concat(Directory.GetFiles(_folder["corpus/history"]).Select(File.ReadAllText)), StringComparison.Ordinal);

        // nobody reads it any more, whatever named it
        foreach (var verb in (string[][])[["list"], ["verify"], ["show", record, "--out", _folder["x.svg"]], ["subset", "--sizes", "5", "--out", _folder["y"]], ["gc", "--pin", before]])
            Assert.Contains("withdrawn", Program.Run([verb[0], Corpus.Path, .. verb[1..]]).EndsWith(3).Complaint, StringComparison.Ordinal);
        Assert.Contains(before + " HEAD withdrawn", Program.Run("log", Corpus.Path).EndsWith(0).Output, StringComparison.Ordinal);

        // gc before the next build takes the patient's bytes, and what the next build reuses stays
        Program.Run("gc", Corpus.Path).EndsWith(0);
        Assert.DoesNotContain(FilesWith(record), file => file.StartsWith("shards/", StringComparison.Ordinal) || file.StartsWith("receipts/", StringComparison.Ordinal));
        var next = Build().EndsWith(0);
        Assert.NotEqual(before, next.Version);
        Assert.Equal(others.Count, next.Json.GetProperty("sources")[0].GetProperty("rejections").GetProperty("erased").GetInt32());
        Assert.InRange(next.Json.GetProperty("shardsReused").GetInt32(), 1, 100);
        Program.Run("verify", Corpus.Path, "--deep").EndsWith(0);
        Program.Run("verify", Corpus.Path, "--rebuild", "100", "--source", synthetic.Source).EndsWith(0);
        var difference = Program.Run("diff", Corpus.Path, before, "--json").EndsWith(0).Json.GetProperty("sources")[0];
        Assert.Equal(others.Count, difference.GetProperty("records").GetProperty("erased").GetInt32());
        Assert.Equal(["erased"], difference.GetProperty("records").EnumerateObject().Select(change => change.Name));

        // the same as from nothing, with the same list
        Program.Run("gc", Corpus.Path, "--days", "0").EndsWith(0);
        Directory.CreateDirectory(_folder["scratch"]);
        File.Copy(_folder["corpus/erasures.json"], _folder["scratch/erasures.json"]);
        Assert.Equal(next.Version, Build("scratch").EndsWith(0).Version);
        Assert.Equal(new CorpusFolder(_folder["scratch"]).Contents, Corpus.Contents);
        Assert.False(Directory.Exists(_folder[$"corpus/versions/{before}"]));
        Assert.DoesNotContain(FilesWith(record), file => !file.EndsWith("catalogue.parquet", StringComparison.Ordinal));   // which says that it was left out
        Assert.All(Catalogue().Where(row => others.Contains(row.RecordId)), row => Assert.Equal(
            ("rejected", true, null, null, 0, 0), (row.State, row.IsErased, row.Sex, row.AgeYears, row.Labels.Count, row.Files.Count)));

        // once is for ever, and twice is no harm
        Assert.Equal(next.Version, Build().EndsWith(0).Version);
        Assert.Contains("erased already", Program.Run("erase", Corpus.Path, "--record", record).EndsWith(2).Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_CarryingAnErasedPatientOver_StopsAndNamesTheSource()
    {
        Build().EndsWith(0);
        Program.Run("erase", Corpus.Path, "--record", synthetic.KeptRecord).EndsWith(0);
        Program.Run("synth", _folder["tree"], "--source", "wfdb", "--records", "5", "--seed", "3", "--defects", "0").EndsWith(0);
        string[] other = ["build", "--corpus", Corpus.Path, "--source", $"wfdb={_folder["tree"]}"];
        var stopped = Program.Run(other).EndsWith(2).Complaint;
        Assert.Contains("ptb-xl: holds a patient who was erased", stopped, StringComparison.Ordinal);
        Program.Run([.. other, "--source", synthetic.Source, "--set", SyntheticCorpus.Lenient]).EndsWith(0);
        Program.Run(other).EndsWith(0);   // now it can be carried over
        Program.Run("verify", Corpus.Path, "--deep").EndsWith(0);
    }

    [Theory]
    [InlineData("", 2, "Nobody to erase")]
    [InlineData("--patient 7", 2, "expected SOURCE/ID")]
    [InlineData("--patient ptbxl/7", 2, "The nearest is 'ptb-xl'")]
    [InlineData("--record ptb-xl/none", 2, "no version has it")]
    [InlineData("--record ptb-xl/1 --subsets nowhere", 2, "no such folder")]
    public void Erase_AskedForWrongly_EndsBeforeAnyWork(string arguments, int exitCode, string expected)
    {
        var outcome = synthetic.Program.Run(["erase", synthetic.Corpus.Path, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).EndsWith(exitCode);
        Assert.Contains(expected, outcome.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Erase_APatientWhomNoVersionHas_EndsWith1AndIsRemembered()
    {
        Build().EndsWith(0);
        Assert.Contains("Are the ids right?", Program.Run("erase", Corpus.Path, "--patient", "ptb-xl/nobody").EndsWith(1).Output, StringComparison.Ordinal);
        var list = JsonSerializer.Deserialize<ErasureList>(File.ReadAllText(_folder["corpus/erasures.json"]), CorpusJson.Readable)!;
        Assert.Equal((1, 0), (list.Patients.Count, list.Withdrawn.Count));
        Program.Run("verify", Corpus.Path).EndsWith(0);
    }

    private Outcome Build(string corpus = "corpus") => Program.Run(
        "build", "--json", "--corpus", _folder[corpus], "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--set", SyntheticCorpus.Lenient);

    private List<string> PatientsRecords(string record)
    {
        var rows = Catalogue();
        var patient = rows.Single(row => row.RecordId == record).Patient;
        return [.. rows.Where(row => row.Patient == patient).Select(row => row.RecordId)];
    }

    private List<CatalogueRow> Catalogue()
    {
        using var file = File.OpenRead(Path.Join(Corpus.Version, "catalogue.parquet"));
        return CatalogueTableReader.ReadAsync(file).ToBlockingEnumerable().ToList();
    }

    /// <summary>Files of the corpus that hold the record's id: its text in Parquet, JSON or Markdown.</summary>
    private List<string> FilesWith(string record)
    {
        var id = new Regex(Regex.Escape(record) + "(?![0-9a-f.])");   // and not a longer one, a shard's name or a release
        return [.. Directory.EnumerateFiles(Corpus.Path, "*", SearchOption.AllDirectories)
            .Where(file => id.IsMatch(Encoding.Latin1.GetString(File.ReadAllBytes(file)))).Select(file => Path.GetRelativePath(Corpus.Path, file))];
    }
}
