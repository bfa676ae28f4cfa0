using System.Text.Json;
using EcgData.Ingest;
using EcgData.Signals;
using EcgData.Sources.Synthesis;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

public sealed class BuildTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private Ecgdata Program => new(_folder["caches"]);

    private CorpusFolder Corpus => new(_folder["corpus"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Build_PlantedDefects_EndAsPlannedAndAllOthersAreKept()
    {
        var planned = SyntheticTree.Plan("ptb-xl", SyntheticCorpus.Options).ToDictionary(defect => $"ptb-xl/{defect.NativeId}");
        Assert.Equal(11, planned.Values.Select(defect => defect.Defect).Distinct().Count());   // every kind that this layout can have
        var records = List();
        Assert.Equal(SyntheticCorpus.Options.Records, records.Count);
        foreach (var record in records)
        {
            var id = record.GetProperty("record_id").GetString()!;
            var flags = (RecordFlags)record.GetProperty("flags").GetInt32();
            var defect = planned.GetValueOrDefault(id);
            var state = defect is null ? "kept" : defect.Reason is not null ? "rejected" : "kept with flags";
            Assert.Equal((id, state), (id, record.GetProperty("state").GetString()));
            if (defect?.Reason is { } reason)
                Assert.StartsWith(KebabCase.Of(reason) + ": ", record.GetProperty("reason").GetString(), StringComparison.Ordinal);
            else
                Assert.Equal((id, defect?.Flags ?? RecordFlags.None), (id, flags));
        }
    }

    [Fact]
    public void Build_Sums_AddUpFromReceiptToTotal()
    {
        var records = List();
        var manifest = synthetic.Corpus.Manifest;
        var totals = manifest.Totals;
        Assert.True(totals.Records.AddUp);
        Assert.Equal(totals.Records, Assert.Single(manifest.Sources).Records);
        Assert.Equal(records.Count, totals.Records.Read);
        Assert.Equal(records.Count(record => record.GetProperty("state").GetString() == "kept"), totals.Records.Kept);
        Assert.Equal(records.Count(record => record.GetProperty("state").GetString() == "rejected"), totals.Records.Rejected);
        Assert.Equal(totals.Records.Rejected, manifest.Sources[0].Rejections.Values.Sum());
        Assert.Equal(totals.Segments, records.Sum(record => record.GetProperty("segments").GetInt32()));
        Assert.Equal(totals.Segments, manifest.Shards.Sum(shard => shard.Rows));
        Assert.Equal(totals.SizeBytes, synthetic.Corpus.Shards.Sum(shard => new FileInfo(shard).Length));
        Assert.Equal(10.0 * totals.Segments, totals.Seconds);
        Assert.True(totals.Shards > 2);
    }

    [Fact]
    public void Verify_OfABuild_Holds()
    {
        var quick = synthetic.Program.Run("verify", synthetic.Corpus.Path).EndsWith(0);
        var deep = synthetic.Program.Run("verify", synthetic.Corpus.Path, "--deep").EndsWith(0);
        Assert.Contains($"Version {synthetic.Corpus.Head} holds", quick.Output, StringComparison.Ordinal);
        Assert.Contains("80 records = ", deep.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void List_Conditions_FindWhatThePlanSays()
    {
        var planned = SyntheticTree.Plan("ptb-xl", SyntheticCorpus.Options);
        Assert.Equal(
            planned.Where(defect => defect.Reason == RejectionReason.HeaderChecksum).Select(defect => $"ptb-xl/{defect.NativeId}").Order(),
            Ids(List("--where", "state=rejected", "--where", "reason~header-checksum")));
        var old = List("--where", "age_years>=65", "--where", "sex=female");
        Assert.NotEmpty(old);
        Assert.All(old, record => Assert.True(
            record.GetProperty("age_years").GetDouble() >= 65 && record.GetProperty("sex").GetString() == "female"));
        var normal = List("--where", "labels=scp:NORM");
        Assert.NotEmpty(normal);
        Assert.All(normal, record => Assert.Contains(
            "scp:NORM", record.GetProperty("labels").EnumerateArray().Select(label => label.GetString())));
        Assert.Empty(List("--where", "source=code-15"));
        var text = synthetic.Program.Run("list", synthetic.Corpus.Path, "--where", "state=rejected", "--limit", "2").EndsWith(0).Output;
        Assert.Contains("the first 2 of them listed", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split('\n').Count(line => line.TrimStart().StartsWith("ptb-xl/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Build_Again_ReusesEverythingAndLogTellsBoth()
    {
        var first = Build("--limit", "20");
        var again = Build("--limit", "20");
        var more = Build();
        Assert.Equal(first.Version, again.Version);
        Assert.False(again.Json.GetProperty("changed").GetBoolean());
        Assert.Equal(0, again.Json.GetProperty("shardsBuilt").GetInt32());
        Assert.Equal(first.Json.GetProperty("shardsBuilt").GetInt32(), again.Json.GetProperty("shardsReused").GetInt32());
        Assert.Equal(20, first.Json.GetProperty("totals").GetProperty("records").GetProperty("read").GetInt32());
        Assert.Equal(first.Version, more.Json.GetProperty("parent").GetString());
        Assert.Equal(synthetic.Corpus.Head, more.Version);   // by way of a smaller version, the version of an unbroken build
        var builds = Program.Run("log", Corpus.Path, "--json").EndsWith(0).Json.GetProperty("builds").EnumerateArray().ToList();
        Assert.Equal([first.Version, first.Version, more.Version], builds.Select(build => build.GetProperty("version").GetString()));
        var log = Program.Run("log", Corpus.Path).EndsWith(0).Output;
        Assert.Contains($"{more.Version} HEAD", log, StringComparison.Ordinal);
        Assert.Contains("--limit 20", log, StringComparison.Ordinal);
        Program.Run("verify", Corpus.Path, "--deep", "--version-id", first.Version).EndsWith(0);
    }

    [Fact]
    public void Build_DryRun_TellsThePlanAndWritesNothing()
    {
        var dry = Program.Run(
            "build", "--json", "--corpus", Corpus.Path, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--dry-run").EndsWith(0);
        Assert.False(Directory.Exists(Corpus.Path));
        var plan = Assert.Single(dry.Json.GetProperty("plan").EnumerateArray());
        Assert.Equal(80, plan.GetProperty("records").GetInt32());
        Assert.Equal(synthetic.Corpus.Manifest.Shards.Count, plan.GetProperty("to_build").GetInt32());
        var told = Program.Run(
            "build", "--corpus", Corpus.Path, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--dry-run").EndsWith(0);
        Assert.Contains("80 records in", told.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Corpus.Path));
        var upToDate = synthetic.Program.Run(
            "build", "--json", "--corpus", synthetic.Corpus.Path, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--dry-run");
        Assert.Equal(0, Assert.Single(upToDate.EndsWith(0).Json.GetProperty("plan").EnumerateArray()).GetProperty("to_build").GetInt32());
        Assert.All(Directory.EnumerateFiles(Path.Join(synthetic.Corpus.Path, "history")), file => Assert.StartsWith("000001.", Path.GetFileName(file), StringComparison.Ordinal));
    }

    [Fact]
    public void Build_OtherPublishedFrequency_IsReadAndResampledToTheSameGrid()
    {
        Build("--limit", "10", "--set", "sources.ptb-xl.samplingFrequencyHz=100");
        var kept = Records(Program, Corpus, "--where", "state!=rejected");
        Assert.NotEmpty(kept);
        Assert.All(kept, record =>
        {
            Assert.Equal(100, record.GetProperty("native_sampling_frequency_hz").GetDouble());
            Assert.Equal(1000, record.GetProperty("native_samples").GetInt32());
            Assert.Contains("records100/", record.GetProperty("files")[0].GetString(), StringComparison.Ordinal);
        });
        var lead = Assert.Single(Corpus.Manifest.Sources).Statistics["ii"];
        Assert.Equal(2400L * kept.Count, lead.Count);
    }

    [Fact]
    public void Build_SecondSource_CarriesTheFirstOverUntilItIsDropped()
    {
        Program.Run("synth", _folder["code"], "--source", "code-15", "--records", "12", "--defects", "0").EndsWith(0);
        Build("--limit", "20");
        var manifest = Corpus.Manifest;
        var alone = Corpus.Head;
        var both = Program.Run("build", "--json", "--corpus", Corpus.Path, "--source", $"code-15={_folder["code"]}").EndsWith(0);
        Assert.Contains("carried over as they are: ptb-xl", both.Errors, StringComparison.Ordinal);
        Assert.Equal(["code-15", "ptb-xl"], Corpus.Manifest.Sources.Select(source => source.Name));
        Assert.Equal(manifest.Shards, Corpus.Manifest.Shards.Where(shard => shard.Source == "ptb-xl"));
        Assert.Equal(12 + 20, Corpus.Manifest.Totals.Records.Read);
        Program.Run("verify", Corpus.Path, "--deep").EndsWith(0);
        var dropped = Program.Run("build", "--json", "--corpus", Corpus.Path, "--drop", "code-15").EndsWith(0);
        Assert.Equal(alone, dropped.Version);
        Program.Run("verify", Corpus.Path, "--deep", "--version-id", both.Version).EndsWith(0);
    }

    private Outcome Build(params string[] more) => Program.Run(
        ["build", "--json", "--corpus", Corpus.Path, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards,
            "--set", SyntheticCorpus.Lenient, .. more]).EndsWith(0);

    private List<JsonElement> List(params string[] where) => Records(synthetic.Program, synthetic.Corpus, where);

    private static List<JsonElement> Records(Ecgdata program, CorpusFolder corpus, params string[] where)
    {
        var answer = program.Run(["list", corpus.Path, "--json", "--limit", "1000", .. where]).EndsWith(0).Json;
        List<JsonElement> records = [.. answer.GetProperty("records").EnumerateArray()];
        Assert.Equal(answer.GetProperty("found").GetInt32(), records.Count);
        return records;
    }

    private static IEnumerable<string> Ids(List<JsonElement> records) =>
        records.Select(record => record.GetProperty("record_id").GetString()!).Order();
}
