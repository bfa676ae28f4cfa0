using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>0 done, 1 done but not all is true, 2 bad usage before any work, 3 a fault; and one sentence that says why.</summary>
public sealed class ExitCodeTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "Required command")]
    [InlineData("biuld", "'build'")]
    [InlineData("build --corpos CORPUS", "'--corpus'")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --dryrun", "'--dry-run'")]
    [InlineData("build --source ptb-xl=TREE", "'--corpus' is required")]
    [InlineData("log CORPUS another", "'another'")]
    [InlineData("build --corpus CORPUS", "--source NAME=DIR")]
    [InlineData("build --corpus CORPUS --source ptb-xl", "expected NAME=DIR")]
    [InlineData("build --corpus CORPUS --source ptbxl=TREE", "Did you mean 'ptb-xl'?")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --source ptb-xl=TREE", "named twice")]
    [InlineData("build --corpus CORPUS --source ptb-xl=NOWHERE", "is the disk mounted?")]
    [InlineData("build --corpus CORPUS --source ptb-xl=EMPTY", "ptbxl_database.csv: not in")]
    [InlineData("build --corpus CORPUS --source code-15=TREE", "exams.csv: not in")]
    [InlineData("build --corpus CORPUS --source mimic-iv-ecg=TREE", "record_list.csv: not in")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --drop code-15", "--drop code-15: the corpus holds no source")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set conditioning.segmentSeconds=long", "'conditioning.segmentSeconds' is not of its kind")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --workers 0", "--workers 0: expected 1 to 256")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --workers many", "'many'")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --limit 0", "--limit 0: expected 1 or more")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set segmentSeconds", "expected KEY=VALUE")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set conditioning.segmentSecond=5", "The nearest is 'conditioning.segmentSeconds'")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set conditioning.segmentSeconds=long", "conditioning.segmentSeconds")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set conditioning.segmentSeconds=0", "more than 0")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set shards.targetRows=1", "16 to 16384")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set conditioning=5", "conditioning")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set sources.ptb-xl.samplingFrequencyHz=250", "500 and 100 Hz")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set sources.code-15.table=a.csv", "a source that is not built")]
    [InlineData("build --corpus az://container/corpus --source ptb-xl=TREE", "AZURE_STORAGE_CONNECTION_STRING, which is not set")]
    [InlineData("build --corpus https://account.blob.core.windows.net/c?sig=x --source ptb-xl=TREE", "carries a signature")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --hook NOWHERE/notify", "no such program")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --hook ftp://host/secret", "--hook: not an address that can be posted to")]
    [InlineData("build --corpus CORPUS --source ptb-xl=TREE --set drift.minimumRecords=0", "1 or more")]
    [InlineData("build MISSPELT --corpus CORPUS --source ptb-xl=TREE", "The nearest is 'conditioning.segmentSeconds'")]
    [InlineData("build NOTJSON --corpus CORPUS --source ptb-xl=TREE", "line 2: not JSON")]
    [InlineData("build NOWHERE --corpus CORPUS --source ptb-xl=TREE", "cannot be read")]
    [InlineData("verify CORPUS", "no such folder")]
    [InlineData("verify BUILT --workers 0", "--workers 0: expected 1 to 256")]
    [InlineData("verify BUILT --rebuild 0 --source ptb-xl=TREE", "--rebuild 0: expected 1 or more")]
    [InlineData("verify BUILT --rebuild 2", "name at least one with --source")]
    [InlineData("verify BUILT --source ptb-xl=TREE", "go with --rebuild N")]
    [InlineData("verify BUILT --rebuild 2 --source code-15=TREE", "has no such source. It has ptb-xl")]
    [InlineData("gc CORPUS", "no such folder")]
    [InlineData("gc BUILT --versions 0", "--versions 0: expected 1 or more")]
    [InlineData("gc BUILT --days -1", "--days -1: expected 0 or more")]
    [InlineData("diff CORPUS 0123", "no such folder")]
    [InlineData("list BUILT --where age>=65", "'age' is no field of the catalogue")]
    [InlineData("list BUILT --where age_years>=old", "'old' is no number")]
    [InlineData("list BUILT --limit -1", "--limit -1: expected 0 or more")]
    [InlineData("sources ptbxl", "Did you mean 'ptb-xl'?")]
    [InlineData("synth TREE --source ptb-xl --records 3", "not empty")]
    [InlineData("synth CORPUS --source pbt-xl --records 3", "'ptb-xl'")]
    [InlineData("synth CORPUS --source ptb-xl --records 0", "--records 0: expected 1 or more")]
    [InlineData("synth CORPUS --source ptb-xl --records 3 --defects 2", "expected a share, 0 to 1")]
    public void BadUsage_EndsWith2BeforeAnyWork(string command, string said)
    {
        Directory.CreateDirectory(_folder["empty"]);
        File.WriteAllText(_folder["misspelt.json"], """{ "conditioning": { "segmentSecond": 5 } }""");
        File.WriteAllText(_folder["not.json"], "{\n  \"conditioning\": nothing }\n");
        var names = new Dictionary<string, string>
        {
            ["CORPUS"] = _folder["corpus"],
            ["BUILT"] = synthetic.Corpus.Path,
            ["TREE"] = synthetic.Tree,
            ["NOWHERE"] = _folder["nowhere"],
            ["EMPTY"] = _folder["empty"],
            ["MISSPELT"] = _folder["misspelt.json"],
            ["NOTJSON"] = _folder["not.json"],
        };
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => names.Aggregate(word, (text, name) => text.Replace(name.Key, name.Value, StringComparison.Ordinal)));
        var outcome = synthetic.Program.Run([.. words]).EndsWith(2);
        Assert.Contains(said, outcome.Complaint, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
        Assert.False(Directory.Exists(_folder["corpus"]));
        Assert.False(Directory.Exists(_folder["nowhere"]));
    }

    [Fact]
    public void BadUsage_EmptyCorpusName_EndsWith2() => Assert.Contains(
        "has no name", synthetic.Program.Run("build", "--corpus", "", "--source", synthetic.Source).EndsWith(2).Complaint, StringComparison.Ordinal);

    [Fact]
    public void Build_CorpusBelowAFile_EndsWith3AndSaysWhere()
    {
        File.WriteAllText(_folder["file"], "not a folder");
        var complaint = synthetic.Program.Run("build", "--corpus", _folder["file/corpus"], "--source", synthetic.Source).EndsWith(3).Complaint;
        Assert.Contains(_folder["file/corpus"], complaint, StringComparison.Ordinal);
        Assert.Contains("Expected a folder that can be made and written", complaint, StringComparison.Ordinal);
        Assert.Equal("not a folder", File.ReadAllText(_folder["file"]));
    }

    [Fact]
    public void Build_CorpusWhereNothingCanBeWritten_SaysWhere()
    {
        var outcome = synthetic.Program.Run("build", "--corpus", "/proc/corpus", "--source", synthetic.Source);
        Assert.True(outcome.ExitCode is 2 or 3);   // found by the room on the disk, or by the first write
        Assert.Contains("/proc/corpus", outcome.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_MoreRejectedThanTheRecipeAllows_EndsWith1AndTheVersionStands()
    {
        var outcome = synthetic.Program.Run(
            "build", "--corpus", _folder["corpus"], "--source", synthetic.Source, "--set", "acceptance.maximumRejectedShare=0.05").EndsWith(1);
        Assert.Contains("More than 5", outcome.Output, StringComparison.Ordinal);
        synthetic.Program.Run("verify", _folder["corpus"], "--deep").EndsWith(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Verify_OneByteOfAShardChanged_EndsWith1AndTheNextBuildOfAMissingOneRepairs(bool deep)
    {
        var corpus = synthetic.Corpus.CopyTo(_folder["corpus"]);
        var shard = corpus.Shards[1];
        var content = File.ReadAllBytes(shard);
        content[content.Length / 2] ^= 1;
        File.WriteAllBytes(shard, content);
        var outcome = synthetic.Program.Run(["verify", "--json", corpus.Path, .. deep ? ["--deep"] : Array.Empty<string>()]).EndsWith(1);
        Assert.False(outcome.Json.GetProperty("holds").GetBoolean());
        Assert.All(outcome.Json.GetProperty("problems").EnumerateArray(), problem => Assert.Contains(
            Path.GetFileName(shard), $"{problem.GetProperty("subject")}{problem.GetProperty("message")}", StringComparison.Ordinal));
        File.Delete(shard);
        Assert.Equal(1, synthetic.Program.Run("verify", corpus.Path).ExitCode);
        var repaired = synthetic.Program.Run(
            "build", "--json", "--corpus", corpus.Path, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards,
            "--set", SyntheticCorpus.Lenient).EndsWith(0);
        Assert.Equal(1, repaired.Json.GetProperty("shardsBuilt").GetInt32());
        Assert.Equal(synthetic.Corpus.Contents, corpus.Contents);
    }

    [Theory]
    [InlineData("catalogue.parquet")]
    [InlineData("rowgroups.parquet")]
    public void Verify_TableOfTheVersionChanged_EndsWith1(string table)
    {
        var corpus = synthetic.Corpus.CopyTo(_folder["corpus"]);
        var content = File.ReadAllBytes(Path.Join(corpus.Version, table));
        content[content.Length / 3] ^= 1;
        File.WriteAllBytes(Path.Join(corpus.Version, table), content);
        var outcome = synthetic.Program.Run("verify", corpus.Path).EndsWith(1);
        Assert.Contains(table, outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Output + outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("manifest.json")]
    public void Verify_HeadOrManifestGone_EndsWith3AndSaysWhich(string name)
    {
        var corpus = synthetic.Corpus.CopyTo(_folder["corpus"]);
        File.Delete(Assert.Single(Directory.EnumerateFiles(corpus.Path, name, SearchOption.AllDirectories)));
        Assert.Contains(name, synthetic.Program.Run("verify", corpus.Path).EndsWith(3).Complaint, StringComparison.Ordinal);
    }
}
