using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>A corpus over many nights: what stops a build, what mends it, what has changed, what goes.</summary>
public sealed class NightlyTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private Ecgdata Program => new(_folder["caches"]);

    private CorpusFolder Corpus => new(_folder["corpus"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Build_SmallerSource_EndsWith2UntilItIsMeant()
    {
        var before = Build().EndsWith(0);
        var complaint = Build("--limit", "40").EndsWith(2).Complaint;
        Assert.Contains("ptb-xl: 40 of the 80 records", complaint, StringComparison.Ordinal);
        Assert.Contains("--allow-shrink", complaint, StringComparison.Ordinal);
        Assert.Equal(before.Version, Corpus.Head);
        Build("--limit", "40", "--rebuild").EndsWith(2);
        var dry = Build("--limit", "40", "--dry-run").EndsWith(0).Json.GetProperty("objections");
        Assert.Equal("shrink", Assert.Single(dry.EnumerateArray()).GetProperty("kind").GetString());
        Assert.Equal(40, Build("--limit", "40", "--allow-shrink").EndsWith(0).Json.GetProperty("totals").GetProperty("records").GetProperty("read").GetInt32());
    }

    /// <summary>In MIMIC-IV-ECG's layout, whose studies have ids from anywhere: what keeps a night small is where they lie. No signals are needed.</summary>
    [Fact]
    public void Build_NewFoldersOfPatients_LeaveTheOtherShardsAlone()
    {
        const int old = 5000, more = 50;
        var tree = _folder["mimic"];
        Directory.CreateDirectory(tree);
        File.WriteAllLines(Path.Join(tree, "record_list.csv"), Enumerable.Range(0, old + more).Select(record =>
        {
            var (subject, study) = (10_000_000 + record / 40 * 10_000 + record / 4, 40_000_000 + record * 15_485_863L % 39_999_983);
            return $"{subject},{study},{study},2110-01-03 07:14:00,files/p{subject / 10_000}/p{subject}/s{study}/{study}";
        }).Prepend("subject_id,study_id,file_name,ecg_time,path"));
        Outcome Build(params string[] arguments) => Program.Run(
            ["build", "--corpus", Corpus.Path, "--source", $"mimic-iv-ecg={tree}", "--set", "shards.targetRows=20", "--set",
            "acceptance.maximumRejectedShare=1", "--json", .. arguments]).EndsWith(0);

        // a table of which nothing is downloaded asks for no room on the disk
        Assert.Equal(0, Assert.Single(Build("--dry-run").Json.GetProperty("plan").EnumerateArray()).GetProperty("MiB_to_write").GetInt32());
        var before = Build("--limit", $"{old}").Json.GetProperty("shardsBuilt").GetInt32();
        var night = Build().Json;
        Assert.True(night.GetProperty("shardsReused").GetInt32() >= 0.98 * before, $"{night.GetProperty("shardsReused").GetInt32()} of {before} shards are reused.");
        Assert.Equal(old + more, night.GetProperty("totals").GetProperty("records").GetProperty("rejected").GetInt32());
    }

    [Fact]
    public void Build_OtherRecipe_EndsWith2UntilItIsMeant()
    {
        var before = Build().EndsWith(0);
        string[] other = ["--set", "conditioning.minimumSeconds=2"];
        var complaint = Build(other).EndsWith(2).Complaint;
        Assert.Contains("the recipe's conditioning", complaint, StringComparison.Ordinal);
        Assert.Contains("--rebuild", complaint, StringComparison.Ordinal);
        Build([.. other, "--plan"]).EndsWith(2);
        Assert.Equal(before.Version, Corpus.Head);
        var after = Build([.. other, "--rebuild"]).EndsWith(0);
        Assert.NotEqual(before.Version, after.Version);
        var difference = Program.Run("diff", Corpus.Path, before.Version).EndsWith(0);
        Assert.Contains("recipe.minimumSeconds: 2.5, now 2", difference.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_Check_MendsWhatVerifyFinds()
    {
        var before = Build().EndsWith(0);
        var sound = Corpus.Contents;
        var bytes = File.ReadAllBytes(Corpus.Shards[1]);
        bytes[bytes.Length / 2] ^= 16;
        File.WriteAllBytes(Corpus.Shards[1], bytes);
        Assert.Contains("'ecgdata build --check'", Program.Run("verify", Corpus.Path).EndsWith(1).Output, StringComparison.Ordinal);
        Assert.Equal(0, Build().EndsWith(0).Json.GetProperty("shardsBuilt").GetInt32());   // its size is right
        Assert.Equal(1, Build("--check").EndsWith(0).Json.GetProperty("shardsBuilt").GetInt32());
        Program.Run("verify", Corpus.Path, "--deep").EndsWith(0);
        Assert.Equal(sound, Corpus.Contents);
        File.Delete(Corpus.Shards[0]);
        Assert.Equal(before.Version, Build().EndsWith(0).Version);
        Assert.Equal(sound, Corpus.Contents);
    }

    [Fact]
    public void Verify_Rebuild_MakesTheSameBytesFromSource()
    {
        var whole = synthetic.Program.Run("verify", synthetic.Corpus.Path, "--rebuild", "1000", "--source", synthetic.Source, "--json").EndsWith(0).Json;
        Assert.Equal(synthetic.Corpus.Manifest.Totals.Shards, whole.GetProperty("rebuilt").GetInt32());
        // another tree of the same records is not what the corpus was made of
        Program.Run("synth", _folder["other"], "--source", "ptb-xl", "--records", "80", "--seed", "6", "--defects", "0").EndsWith(0);
        var other = Program.Run("verify", synthetic.Corpus.Path, "--rebuild", "2", "--source", $"ptb-xl={_folder["other"]}").EndsWith(1);
        Assert.Contains("its inputs are not what they were", other.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Gc_OldVersion_GoesWithItsShardsAndTheRestHolds()
    {
        var first = Build("--limit", "40").EndsWith(0).Version;
        var second = Build().EndsWith(0).Version;
        var alone = new SortedSet<string>(Corpus.Contents);
        Assert.Contains("0 versions, 0 receipts and 0 shards", Program.Run("gc", Corpus.Path, "--versions", "1").EndsWith(0).Output, StringComparison.Ordinal);
        Program.Run("gc", Corpus.Path, "--pin", first).EndsWith(0);
        Program.Run("gc", Corpus.Path, "--versions", "1", "--days", "0").EndsWith(0);
        Program.Run("verify", Corpus.Path, "--version-id", first).EndsWith(0);
        var gone = Program.Run("gc", Corpus.Path, "--unpin", first, "--versions", "1", "--days", "0", "--json").EndsWith(0).Json;
        Assert.Equal(first, Assert.Single(gone.GetProperty("versions").EnumerateArray()).GetString());
        Assert.True(gone.GetProperty("shards").GetInt32() > 0);
        Program.Run("verify", Corpus.Path, "--deep").EndsWith(0);
        Assert.Equal(second, Corpus.Head);
        Assert.Subset(alone, new SortedSet<string>(Corpus.Contents));
        Assert.Equal(
            Corpus.Manifest.Shards.Select(shard => shard.Path).OfType<string>().Order(StringComparer.Ordinal),
            Corpus.Shards.Select(shard => Path.GetRelativePath(Corpus.Path, shard)));
        Assert.Equal(second, Build().EndsWith(0).Version);
    }

    private Outcome Build(params string[] more) => Program.Run(
        ["build", "--json", "--corpus", Corpus.Path, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards,
            "--set", SyntheticCorpus.Lenient, .. more]);
}
