using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>A build in parts on many machines, whose caches know nothing of each other: the same corpus as in one go.</summary>
public sealed class PartsTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _machines;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parts_InAnyOrderTwiceAndKilled_MakeTheCorpusOfOneBuild()
    {
        var corpus = new CorpusFolder(_folder["corpus"]);
        var plan = Plan(corpus.Path).Json;
        Assert.True(plan.GetProperty("shardsToBuild").GetInt32() > 2);
        Assert.False(File.Exists(Path.Join(corpus.Path, "HEAD")));

        Run("build", "--corpus", corpus.Path, "--part", "3/3", "--json").EndsWith(0);
        using (var killed = NewMachine().Start("build", "--corpus", corpus.Path, "--part", "2/3", "--quiet"))
        {
            killed.Signal("KILL");
            killed.Finish();
        }

        var early = Run("build", "--corpus", corpus.Path, "--finish", "--json").EndsWith(1);
        Assert.NotEmpty(early.Json.GetProperty("missing").EnumerateArray());
        Assert.Contains("ptb-xl", Run("progress", corpus.Path).EndsWith(0).Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Join(corpus.Path, "HEAD")));

        RunningEcgdata[] running =
        [
            NewMachine().Start("build", "--corpus", corpus.Path, "--part", "1/3", "--quiet"),
            NewMachine().Start("build", "--corpus", corpus.Path, "--part", "1/3", "--quiet"),
            NewMachine().Start("build", "--corpus", corpus.Path, "--part", "2/3", "--quiet"),
        ];
        foreach (var part in running)
        {
            part.Finish().EndsWith(0);
            part.Dispose();
        }

        var progress = Run("progress", corpus.Path, "--json").EndsWith(0).Json;
        Assert.Equal(progress.GetProperty("shards").GetInt32(), progress.GetProperty("shardsBuilt").GetInt32());
        var finished = Run("build", "--corpus", corpus.Path, "--finish", "--json").EndsWith(0);
        Assert.Equal(synthetic.Corpus.Head, finished.Version);
        Assert.Equal(synthetic.Corpus.Contents, corpus.Contents);

        Run("build", "--corpus", corpus.Path, "--part", "1/3").EndsWith(3);   // the plan is gone; nothing happens
        Assert.Equal(synthetic.Corpus.Contents, corpus.Contents);
    }

    [Fact]
    public void Parts_OfASourceWithoutPublishedChecksums_HashNothingTwice()
    {
        Run("synth", _folder["tree"], "--source", "wfdb", "--records", "40", "--seed", "3", "--defects", "0").EndsWith(0);
        var whole = Run(
            "build", "--json", "--corpus", _folder["whole"], "--source", $"wfdb={_folder["tree"]}", "--set", SyntheticCorpus.SmallShards).EndsWith(0);
        var corpus = _folder["corpus"];
        Run("build", "--plan", "--corpus", corpus, "--source", $"wfdb={_folder["tree"]}", "--set", SyntheticCorpus.SmallShards).EndsWith(0);
        Directory.Move(_folder["tree"], _folder["mounted-elsewhere"]);
        foreach (var part in (string[])["2/2", "1/2"])
            Run("build", "--corpus", corpus, "--part", part, "--source", $"wfdb={_folder["mounted-elsewhere"]}").EndsWith(0);
        var finished = Run("build", "--json", "--corpus", corpus, "--finish", "--source", $"wfdb={_folder["mounted-elsewhere"]}").EndsWith(0);
        Assert.Equal(whole.Version, finished.Version);
        Assert.Equal(new CorpusFolder(_folder["whole"]).Contents, new CorpusFolder(corpus).Contents);
    }

    [Fact]
    public void Finish_WhenTheSourceHasChangedSinceThePlan_RefusesAndSaysSo()
    {
        Run("synth", _folder["tree"], "--source", "ptb-xl", "--records", "20", "--seed", "4", "--defects", "0").EndsWith(0);
        Run("build", "--plan", "--corpus", _folder["corpus"], "--source", $"ptb-xl={_folder["tree"]}").EndsWith(0);
        Run("build", "--corpus", _folder["corpus"], "--part", "1/1").EndsWith(0);
        var table = Path.Join(_folder["tree"], "ptbxl_database.csv");
        var lines = File.ReadAllLines(table);
        File.WriteAllLines(table, lines[..^1]);
        var refused = Run("build", "--corpus", _folder["corpus"], "--finish").EndsWith(3);
        Assert.Contains("is not what plan", refused.Complaint, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["corpus/HEAD"]));
    }

    [Fact]
    public void Finish_AfterAnotherBuild_RefusesAndLosesNothing()
    {
        var (corpus, machine) = (_folder["corpus"], NewMachine());   // it remembers which files are not the published ones
        Plan(corpus);
        machine.Run("build", "--corpus", corpus, "--part", "1/1").EndsWith(0);
        var other = machine.Run(
            "build", "--json", "--corpus", corpus, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--set", SyntheticCorpus.Lenient).EndsWith(0);
        Assert.Equal(0, other.Json.GetProperty("shardsBuilt").GetInt32());
        Assert.Contains("another build finished first", Run("build", "--corpus", corpus, "--finish").EndsWith(3).Complaint, StringComparison.Ordinal);
        Assert.Equal(other.Version, new CorpusFolder(corpus).Head);
    }

    [Fact]
    public void Parts_OverAzure_MakeTheVersionOfTheFolder()
    {
        IReadOnlyList<(string, string)> account = [("AZURE_STORAGE_CONNECTION_STRING", Azurite.ConnectionString)];
        var address = $"az://{Azurite.NewContainer()}/corpus";
        NewMachine().Run(
            account, "build", "--plan", "--corpus", address, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--set", SyntheticCorpus.Lenient).EndsWith(0);
        foreach (var part in (string[])["1/2", "2/2"]) NewMachine().Run(account, "build", "--corpus", address, "--part", part).EndsWith(0);
        Assert.Equal(synthetic.Corpus.Head, NewMachine().Run(account, "build", "--corpus", address, "--finish", "--json").EndsWith(0).Version);
        NewMachine().Run(account, "verify", address, "--deep").EndsWith(0);
    }

    [Theory]
    [InlineData("--part 0/3", "expected I/N")]
    [InlineData("--part 4/3", "expected I/N")]
    [InlineData("--part x", "expected I/N")]
    [InlineData("--part 1/2 --finish", "give one of them")]
    [InlineData("--part 1/2 --limit 3", "follows the plan")]
    [InlineData("--plan-id 0123", "goes with --part or --finish")]
    public void Steps_AskedForWrongly_EndBeforeAnyWork(string arguments, string expected)
    {
        var outcome = Run(["build", "--corpus", synthetic.Corpus.Path, .. arguments.Split(' ')]).EndsWith(2);
        Assert.Contains(expected, outcome.Complaint, StringComparison.Ordinal);
    }

    private Outcome Plan(string corpus) => Run(
        "build", "--plan", "--json", "--corpus", corpus, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--set", SyntheticCorpus.Lenient).EndsWith(0);

    private Outcome Run(params string[] arguments) => NewMachine().Run(arguments);

    /// <summary>Another machine: nothing is remembered there.</summary>
    private Ecgdata NewMachine() => new(_folder[$"caches-{Interlocked.Increment(ref _machines)}"]);
}
