using System.Diagnostics;
using EcgData.Shards;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>
/// Builds that are killed, kill -9, at moments spread over all of their course: HEAD names a whole version, what was finished is found again,
/// and the next build makes the corpus of an unbroken one. ECGDATA_KILL_POINTS sets how many moments are tried.
/// </summary>
public sealed class KillTests(KillTests.Unbroken unbroken, ITestOutputHelper output) : IClassFixture<KillTests.Unbroken>
{
    /// <summary>Shards that a build has in hand at a time: no more may be made twice.</summary>
    private const int ShardsInHand = 2;

    /// <summary>Objects whose appearance is such a moment: each step of a commit is met, however short it is.</summary>
    private static readonly string[] Steps =
        ["shards/", "receipts/", "catalogue.parquet", "rowgroups.parquet", "croissant.json", "manifest.json", "HEAD"];

    private static int Points => int.Parse(Environment.GetEnvironmentVariable("ECGDATA_KILL_POINTS") ?? "25");

    [Fact]
    public async Task Build_KilledAtAnyMoment_IsAsIfItHadNeverBegunOrNeverStopped()
    {
        var stages = new Dictionary<string, int>();
        for (var point = 0; point < Points; point++)
        {
            var stage = await KillAsync(point);
            stages[stage] = stages.GetValueOrDefault(stage) + 1;
        }

        output.WriteLine(string.Join(", ", stages.Select(stage => $"{stage.Key}: {stage.Value}")));
        Assert.Superset(new HashSet<string> { "planning or reading", "writing shards", "committing" }, stages.Keys.ToHashSet());
    }

    /// <returns>What the build was at.</returns>
    private async Task<string> KillAsync(int point)
    {
        using var folder = new TemporaryFolder();
        var course = point % 2 == 0 ? unbroken.FromNothing : unbroken.FromAVersion;
        var corpus = course.Prepare(folder["corpus"]);
        var (head, receipts, shards) = (Head(corpus), corpus.Receipts.Count, corpus.Shards.Count);
        var moment = Moment.Of(point, course);
        moment.KillAt(folder.Path, course.Arguments(corpus.Path));

        var (madeReceipts, madeShards) = (corpus.Receipts.Count - receipts, corpus.Shards.Count - shards);
        var stage = Head(corpus) != head ? "done"
            : madeReceipts == course.ShardsBuilt ? "committing"
            : madeShards > 0 ? "writing shards" : "planning or reading";
        var where = $"point {point}, {moment}, killed while {stage}";
        if (Head(corpus) is { } current)
        {
            Assert.True(current == head || current == course.Version, $"{where}: HEAD is {current}");
            var report = await new CorpusVerifier(Store(corpus), await Store(corpus).ReadManifestAsync()).RunAsync(VerificationDepth.Bytes, 2, null, default);
            Assert.True(report.Holds, $"{where}: {string.Join("; ", report.Problems)}");
        }

        Assert.True(madeShards - madeReceipts is >= 0 and <= ShardsInHand, $"{where}: {madeShards} shards, {madeReceipts} receipts");
        var next = Program(folder.Path).Run(Variables(folder.Path), course.Arguments(corpus.Path)).EndsWith(0);
        Assert.True(next.Version == course.Version, $"{where}: the next build made version {next.Version}");
        Assert.True(
            next.Json.GetProperty("shardsBuilt").GetInt32() == course.ShardsBuilt - madeReceipts,
            $"{where}: {madeReceipts} of {course.ShardsBuilt} shards were finished, {next.Json.GetProperty("shardsBuilt")} were built again");
        Assert.True(course.Contents.SequenceEqual(corpus.Contents), $"{where}: {string.Join("; ", corpus.Contents.Except(course.Contents))} is not what an unbroken build makes");
        Assert.Equal(["lock"], new DirectoryInfo(Path.Join(corpus.Path, ".tmp")).EnumerateFiles().Select(left => left.Name));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["temporary"]));
        return stage;
    }

    private static string? Head(CorpusFolder corpus) => File.Exists(Path.Join(corpus.Path, "HEAD")) ? corpus.Head : null;

    private static CorpusStore Store(CorpusFolder corpus) => new(new LocalObjectStore(corpus.Path));

    private static Ecgdata Program(string folder) => new(Path.Join(folder, "caches"));

    /// <summary>A folder for temporary files that nobody else uses; the runtime's own stay away.</summary>
    private static IReadOnlyList<(string, string)> Variables(string folder)
    {
        var temporary = Directory.CreateDirectory(Path.Join(folder, "temporary")).FullName;
        return [("TMPDIR", temporary), ("DOTNET_EnableDiagnostics", "0"), ("DOTNET_TieredPGO", "0")];   // the last: a short run earns nothing by measuring itself
    }

    /// <summary>When a build is killed: as some file appears, at the n-th change of a file, or after some time.</summary>
    private sealed record Moment(string? Step, int Change, TimeSpan Time)
    {
        public static Moment Of(int point, Course course)
        {
            if (point < 2 * Steps.Length) return new Moment(Steps[point / 2], 0, default);   // from nothing and from a version
            // one moment in each of as many equal parts of the course, so that they are spread whatever the seed
            var share = (point - 2 * Steps.Length + new Random(point).NextDouble()) / Math.Max(1, Points - 2 * Steps.Length);
            return point % 4 < 2
                ? new Moment(null, 1 + (int)(share * course.Changes), default)
                : new Moment(null, 0, share * course.Duration);
        }

        public void KillAt(string folder, string[] arguments)
        {
            using var changes = new Changes(folder);
            var environment = Variables(folder);
            using var running = Program(folder).Start(environment, arguments);
            if (Time > default(TimeSpan))
            {
                if (!running.EndsWithin(Time)) running.Kill();
            }
            else
            {
                changes.When(change => Step is null ? change.Number >= Change : change.Name.Contains(Step, StringComparison.Ordinal), running.Kill);
            }

            running.Finish();
            changes.Forget();
        }

        public override string ToString() => Step is not null ? $"when {Step} appears" : Change > 0 ? $"at change {Change}" : $"after {Time.TotalMilliseconds:0} ms";
    }

    /// <summary>Counts the changes below a folder as the file system tells them.</summary>
    private sealed class Changes : IDisposable
    {
        private readonly FileSystemWatcher _watcher;
        private readonly Lock _lock = new();
        private readonly List<(int Number, string Name)> _seen = [];
        private Func<(int Number, string Name), bool>? _is;
        private Action? _then;

        public Changes(string folder)
        {
            _watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, InternalBufferSize = 1 << 16 };
            _watcher.Created += (_, change) => See(change.Name!);
            _watcher.Renamed += (_, change) => See(change.Name!);
            _watcher.Deleted += (_, change) => See("");
            _watcher.Changed += (_, change) => See("");
            _watcher.EnableRaisingEvents = true;
        }

        public int Count => _seen.Count;

        /// <summary>Does something at the first change of a kind, which may have been already.</summary>
        public void When(Func<(int Number, string Name), bool> isIt, Action then)
        {
            lock (_lock)
            {
                (_is, _then) = (isIt, then);
                if (_seen.Exists(change => isIt(change))) Meet();
            }
        }

        public void Forget()
        {
            lock (_lock) _is = null;
        }

        public void Dispose() => _watcher.Dispose();

        private void See(string name)
        {
            lock (_lock)
            {
                _seen.Add((_seen.Count + 1, name));
                if (_is?.Invoke(_seen[^1]) == true) Meet();
            }
        }

        private void Meet()
        {
            _is = null;
            _then!();
        }
    }

    /// <summary>A build that nobody kills: from where it starts to what it makes.</summary>
    internal sealed record Course(string? Start, string Tree)
    {
        public TimeSpan Duration { get; private set; }

        /// <summary>Changes of files while it runs.</summary>
        public int Changes { get; private set; }

        public int ShardsBuilt { get; private set; }

        public string Version { get; private set; } = "";

        public IReadOnlyList<string> Contents { get; private set; } = [];

        public string[] Arguments(string corpus) =>
            ["build", "--json", "--quiet", "--corpus", corpus, "--source", $"ptb-xl={Tree}", "--set", SyntheticCorpus.SmallShards, "--workers", "2"];

        public CorpusFolder Prepare(string folder)
        {
            Directory.CreateDirectory(folder);
            return Start is null ? new CorpusFolder(folder) : new CorpusFolder(Start).CopyTo(folder);
        }

        public Course Run()
        {
            using var folder = new TemporaryFolder();
            var corpus = Prepare(folder["corpus"]);
            var environment = Variables(folder.Path);
            using var changes = new Changes(folder.Path);
            var clock = Stopwatch.StartNew();
            var whole = Program(folder.Path).Run(environment, Arguments(corpus.Path)).EndsWith(0);
            (Duration, Changes, Version) = (clock.Elapsed, changes.Count, whole.Version);
            (ShardsBuilt, Contents) = (whole.Json.GetProperty("shardsBuilt").GetInt32(), corpus.Contents);
            return this;
        }
    }

    /// <summary>A tree of some shards, and what unbroken builds make of it.</summary>
    public sealed class Unbroken : IDisposable
    {
        private const int Records = 70;

        private readonly TemporaryFolder _folder = new();

        public Unbroken()
        {
            var program = Program(_folder.Path);
            program.Run("synth", _folder["tree"], "--source", "ptb-xl", "--records", $"{Records}", "--seed", "11", "--defects", "0").EndsWith(0);
            var half = new Course(null, _folder["tree"]);
            program.Run([.. half.Arguments(_folder["half"]), "--limit", $"{Records / 2}"]).EndsWith(0);
            FromNothing = new Course(null, _folder["tree"]).Run();
            FromAVersion = new Course(_folder["half"], _folder["tree"]).Run();
            Assert.True(FromAVersion.ShardsBuilt > ShardsInHand, $"{FromAVersion.ShardsBuilt} shards are too few to be killed between");
            Assert.Equal(FromNothing.Version, FromAVersion.Version);
        }

        internal Course FromNothing { get; }

        internal Course FromAVersion { get; }

        public void Dispose() => _folder.Dispose();
    }
}
