using EcgData.Models.Checkpoints;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>pretrain, embed, evaluate and inspect as their users run them, at a width of eight.</summary>
public sealed class TrainingTests(SyntheticCorpus synthetic) : IDisposable
{
    private static readonly string[] Tiny =
    [
        "--threads", "1", "--set", "encoder.width=8", "--set", "encoder.s4.layers=1", "--set", "batch=8", "--set", "epochs=50", "--set", "openRowGroups=4",
        "--set", "checkpoints.everySteps=5", "--set", "validation.largestBatches=2", "--set", "logEverySteps=1",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Killed by the system in the middle, where it has no chance to save anything.</summary>
    [Fact]
    public void Pretrain_KilledAndStartedAgain_MakesTheSameWeightsAndMetrics()
    {
        var whole = Pretrain("whole", "--set", "steps=60").EndsWith(0).Json;
        using (var running = synthetic.Program.Start(Arguments("parts", "--set", "steps=60")))
        {
            // As soon as its third checkpoint is there: wherever it is by then, it is not at the end.
            while (!File.Exists(Path.Join(RunOf("parts"), "checkpoints", "step-000000015.safetensors"))) Thread.Yield();
            running.Signal("KILL");
            Assert.NotEqual(0, running.Finish().ExitCode);
        }

        var last = Pretrain("parts", "--set", "steps=60").EndsWith(0).Json;

        Assert.Equal(0, whole.GetProperty("resumedFrom").GetInt64());
        Assert.InRange(last.GetProperty("resumedFrom").GetInt64(), 15, 59);
        Assert.Equal(whole.GetProperty("hash").GetString(), last.GetProperty("hash").GetString());
        Assert.Equal(File.ReadAllText(Path.Join(RunOf("whole"), "metrics.jsonl")), File.ReadAllText(Path.Join(RunOf("parts"), "metrics.jsonl")));
        Assert.Equal(
            File.ReadAllBytes(Path.Join(RunOf("whole"), "checkpoints", "step-000000060.safetensors")),
            File.ReadAllBytes(Path.Join(RunOf("parts"), "checkpoints", "step-000000060.safetensors")));
    }

    [Fact]
    public void Pretrain_ThenEmbedEvaluateInspect_FitTogether()
    {
        Pretrain("run", "--set", "steps=12").EndsWith(0);
        var best = Path.Join(RunOf("run"), "checkpoints", "best.safetensors");

        var embedded = synthetic.Program.Run("embed", best, "--corpus", synthetic.Corpus.Path, "--out", _folder["crops.parquet"], "--json").EndsWith(0).Json;
        using (var duck = new Duck(synthetic.Corpus))
        {
            // Four crops of 2.5 s in each segment of 10 s.
            var crops = duck.Count("select sum(samples // 600) from $shards");
            Assert.Equal(crops, embedded.GetProperty("crops").GetInt64());
            Assert.Equal(crops, duck.Count(
                $"select count(*) from read_parquet('{_folder["crops.parquet"]}') e join $shards s on s.record_id = e.record_id and s.segment = e.segment " +
                "where len(embedding) = 8 and start_sample % 600 = 0 and start_sample + 600 <= samples"));
            Assert.Equal(crops, duck.Count($"select count(distinct embedding) from read_parquet('{_folder["crops.parquet"]}')"));
        }

        var task = WriteTask();
        var refused = synthetic.Program.Run("evaluate", best, "--corpus", synthetic.Corpus.Path, "--task", task).EndsWith(2);
        Assert.Contains("--without-certificate ptb-xl", refused.Complaint, StringComparison.Ordinal);

        var judged = synthetic.Program.Run(
            "evaluate", best, "--corpus", synthetic.Corpus.Path, "--task", task, "--without-certificate", "ptb-xl", "--epochs", "5", "--json").EndsWith(0).Json.GetProperty("result");
        Assert.Equal(2, judged.GetProperty("pretrained").GetProperty("classes").GetArrayLength());
        foreach (var encoder in (string[])["pretrained", "random"])
        {
            var macro = judged.GetProperty(encoder).GetProperty("macroAuroc");
            Assert.InRange(macro.GetProperty("point").GetDouble(), 0, 1);
            Assert.True(macro.GetProperty("low").GetDouble() <= macro.GetProperty("high").GetDouble());
        }

        var exported = _folder["encoder.safetensors"];
        var shown = synthetic.Program.Run("inspect", best, "--export", exported, "--json").EndsWith(0).Json;
        Assert.Equal(["encoder", "objective", "optimiser"], shown.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("name").GetString()));
        Assert.Equal(Checkpoint.Format, shown.GetProperty("metadata").GetProperty("format").GetString());
        synthetic.Program.Run("embed", exported, "--corpus", synthetic.Corpus.Path, "--out", _folder["again.parquet"]).EndsWith(0);
        Assert.Equal(File.ReadAllBytes(_folder["crops.parquet"]), File.ReadAllBytes(_folder["again.parquet"]));

        // Out under the study's names and in again: the same encoder.
        var published = _folder["published.safetensors"];
        synthetic.Program.Run("inspect", best, "--export", published, "--names", "study").EndsWith(0);
        using (var file = SafetensorsFile.Open(published)) Assert.True(file.Contains("ts_encoder.predictor.predictor.s4_layers.0.kernel.kernel.C"));
        synthetic.Program.Run("import-weights", published, "--out", _folder["imported.safetensors"]).EndsWith(0);
        Assert.Equal(File.ReadAllBytes(exported).Length, File.ReadAllBytes(_folder["imported.safetensors"]).Length);
        synthetic.Program.Run("embed", _folder["imported.safetensors"], "--corpus", synthetic.Corpus.Path, "--out", _folder["again.parquet"]).EndsWith(0);
        Assert.Equal(File.ReadAllBytes(_folder["crops.parquet"]), File.ReadAllBytes(_folder["again.parquet"]));
        Assert.Contains("encoder: ", synthetic.Program.Run("inspect", exported).EndsWith(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_WithTheSubsetsCertificate_NamesIt()
    {
        synthetic.Program.Run(
            "subset", synthetic.Corpus.Path, "--sizes", "all", "--exclude-evaluation", "ptb-xl:9,10", "--out", _folder["subsets"]).EndsWith(0);
        var subset = Assert.Single(Directory.EnumerateFiles(_folder["subsets"], "*.json"), file => !file.EndsWith(".certificate.json", StringComparison.Ordinal));
        Pretrain("run", "--subset", subset, "--set", "steps=3").EndsWith(0);
        var best = Path.Join(RunOf("run"), "checkpoints", "best.safetensors");

        var judged = synthetic.Program.Run(
            "evaluate", best, "--corpus", synthetic.Corpus.Path, "--task", WriteTask(), "--subset", subset, "--epochs", "2", "--json").EndsWith(0).Json;
        var certified = Assert.Single(judged.GetProperty("decontamination").EnumerateArray());
        Assert.Equal("ptb-xl:9,10", certified.GetProperty("task").GetString());
        Assert.Equal(64, certified.GetProperty("certificate").GetString()!.Length);

        // Another encoder, which saw all of the corpus, cannot borrow it.
        Pretrain("other", "--set", "steps=3").EndsWith(0);
        var refused = synthetic.Program.Run(
            "evaluate", Path.Join(RunOf("other"), "checkpoints", "best.safetensors"), "--corpus", synthetic.Corpus.Path, "--task", WriteTask(), "--subset", subset);
        Assert.Contains("no subset that it names", refused.EndsWith(2).Complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "optimizer", "pretrain", "--corpus", "CORPUS", "--set", "optimizer.headRate=1")]
    [InlineData(2, "batch is 0", "pretrain", "--corpus", "CORPUS", "--set", "batch=0")]
    [InlineData(2, "No corpus", "pretrain")]
    [InlineData(2, "objective.kind", "pretrain", "--corpus", "CORPUS", "--set", "objective.kind=cpcc")]
    [InlineData(2, "no such file", "inspect", "missing.safetensors")]
    [InlineData(3, "expected a batch of 500", "pretrain", "--corpus", "CORPUS", "--set", "batch=500", "--set", "encoder.width=8")]
    public void Verb_MisusedInSomeWay_SaysHow(int exitCode, string complaint, params string[] arguments)
    {
        List<string> given = [.. arguments.Select(argument => argument == "CORPUS" ? synthetic.Corpus.Path : argument)];
        if (given[0] == "pretrain") given.AddRange(["--runs", _folder["runs"]]);
        Assert.Contains(complaint, synthetic.Program.Run([.. given]).EndsWith(exitCode).Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_AFileThatIsNone_SaysWhatIsWrong()
    {
        File.WriteAllText(_folder["x.safetensors"], "not a checkpoint");
        Assert.Contains("header claims", synthetic.Program.Run("inspect", _folder["x.safetensors"]).EndsWith(2).Complaint, StringComparison.Ordinal);
    }

    private Outcome Pretrain(string runs, params string[] more) => synthetic.Program.Run(Arguments(runs, more));

    private string[] Arguments(string runs, params string[] more) =>
        ["pretrain", "--corpus", synthetic.Corpus.Path, "--runs", _folder[runs], "--json", .. Tiny, .. more];

    /// <summary>The one run below a folder; where there is none yet, a path that does not exist.</summary>
    private string RunOf(string runs) =>
        (Directory.Exists(_folder[runs]) ? Directory.EnumerateDirectories(_folder[runs]).SingleOrDefault() : null) ?? _folder["none"];

    private string WriteTask()
    {
        // Labels of the synthetic tree that are neither rare nor everywhere.
        using var duck = new Duck(synthetic.Corpus);
        var labels = duck.Query("""
            select code from (select unnest(labels) as code from $catalogue where state <> 'rejected') where code like 'scp:%'
            group by code having count(*) between 8 and 40 order by count(*) desc, code limit 2
            """).Select(row => (string)row[0]!).ToList();
        Assert.Equal(2, labels.Count);
        var path = _folder["task.json"];
        File.WriteAllText(path, $$"""{ "name": "two", "source": "ptb-xl", "classes": { "a": ["{{labels[0]}}"], "b": ["{{labels[1]}}"] }, "leastRecords": 2 }""");
        return path;
    }
}
