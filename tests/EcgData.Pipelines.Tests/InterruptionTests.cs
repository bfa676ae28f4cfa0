using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>A build that is stopped or killed in the middle leaves the corpus as it was, and what it finished is found again.</summary>
public sealed class InterruptionTests(InterruptionTests.LongBuild build) : IClassFixture<InterruptionTests.LongBuild>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 130)]
    [InlineData("KILL", 128 + 9)]
    public async Task Build_StoppedInTheMiddle_LeavesHeadAndTheNextBuildGoesOn(string signal, int exitCode)
    {
        var program = new Ecgdata(_folder["caches"]);
        var corpus = new CorpusFolder(_folder["corpus"]);
        program.Run([.. build.Arguments(corpus.Path), "--limit", "40"]).EndsWith(0);
        var (head, finished) = (corpus.Head, corpus.Receipts.Count);
        Outcome stopped;
        using (var fewMore = new Receipts(corpus.Path, 3))
        using (var running = program.Start([.. build.Arguments(corpus.Path)]))
        {
            await fewMore.There;
            running.Signal(signal);
            stopped = running.Finish().EndsWith(exitCode);
        }

        Assert.Equal(head, corpus.Head);
        Assert.InRange(corpus.Receipts.Count, finished + 3, build.Shards + finished - 1);
        program.Run("verify", corpus.Path, "--deep").EndsWith(0);
        if (signal != "KILL")
        {
            Assert.Contains("ecgdata: cancelled.", stopped.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", stopped.Errors, StringComparison.Ordinal);
        }

        var next = program.Run([.. build.Arguments(corpus.Path)]).EndsWith(0);
        Assert.InRange(next.Json.GetProperty("shardsReused").GetInt32(), 3, build.Shards - 1);
        Assert.Equal(build.Version, next.Version);
        Assert.Empty(build.Contents.Except(corpus.Contents));
        program.Run("verify", corpus.Path).EndsWith(0);
        Assert.All(
            new DirectoryInfo(Path.Join(corpus.Path, ".tmp")).EnumerateFiles(), left => Assert.True(left.Length == 0, $"{left.Name} was left behind"));
    }

    /// <summary>Tells when a build has left some receipts. Nothing sleeps: the file system tells.</summary>
    private sealed class Receipts : IDisposable
    {
        private readonly FileSystemWatcher _watcher;
        private readonly TaskCompletionSource _there = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _seen;

        public Receipts(string corpus, int count)
        {
            _watcher = new FileSystemWatcher(Path.Join(corpus, "receipts"), "*.json");
            _watcher.Created += (_, _) => See(count);
            _watcher.Renamed += (_, _) => See(count);
            _watcher.EnableRaisingEvents = true;
        }

        public Task There => _there.Task.WaitAsync(TimeSpan.FromMinutes(2));

        public void Dispose() => _watcher.Dispose();

        private void See(int count)
        {
            if (Interlocked.Increment(ref _seen) == count) _there.TrySetResult();
        }
    }

    /// <summary>A tree of many shards, and the version that an unbroken build makes of it.</summary>
    public sealed class LongBuild : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public LongBuild()
        {
            var program = new Ecgdata(_folder["caches"]);
            program.Run("synth", _folder["ptb-xl"], "--source", "ptb-xl", "--records", "500", "--defects", "0.02").EndsWith(0);
            var whole = program.Run([.. Arguments(_folder["corpus"])]).EndsWith(0);
            (Version, Shards) = (whole.Version, whole.Json.GetProperty("shardsBuilt").GetInt32());
            Contents = new CorpusFolder(_folder["corpus"]).Contents;
        }

        internal string Version { get; }

        internal int Shards { get; }

        internal IReadOnlyList<string> Contents { get; }

        public void Dispose() => _folder.Dispose();

        internal IEnumerable<string> Arguments(string corpus) =>
        [
            "build", "--json", "--corpus", corpus, "--source", $"ptb-xl={_folder["ptb-xl"]}", "--set", SyntheticCorpus.SmallShards,
            "--workers", "1",
        ];
    }
}
