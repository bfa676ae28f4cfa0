using System.CommandLine;
using EcgData.Ingest;
using EcgData.Shards;
using EcgData.Sources;
using EcgData.Storage;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata verify CORPUS [--deep] [--rebuild N]</c>: whether a version is what its manifest says, and what its sources make.</summary>
internal static class VerifyVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var version = Corpora.VersionOption();
        var deep = new Option<bool>("--deep") { Description = "Read every value of every shard and derive every statistic again." };
        var rebuild = new Option<int?>("--rebuild") { Description = "Make N shards, drawn at random, again from their sources and compare the bytes.", HelpName = "N" };
        var source = new Option<string[]>("--source") { Description = "With --rebuild: a source and the folder that holds it; repeat it for more.", HelpName = "NAME=DIR" };
        var seed = new Option<int?>("--seed") { Description = "With --rebuild: draws the same shards again.", HelpName = "S" };
        var workers = BuildVerb.WorkersOption();
        var subset = SubsetCheck.Option();
        var command = new Command("verify", "Check a version's manifest, tables, counts and checksums.")
        {
            corpus, version, deep, rebuild, source, seed, workers, subset,
        };
        command.SetAction((arguments, cancel) => arguments.GetValue(subset) is { Length: > 0 } subsets
            ? SubsetCheck.RunAsync(arguments.GetValue(corpus)!, arguments.GetValue(version), subsets, new Terminal(arguments), cancel)
            : RunAsync(
                arguments.GetValue(corpus)!, arguments.GetValue(version), arguments.GetValue(deep), arguments.GetValue(workers),
                Draw.Of(arguments.GetValue(rebuild), arguments.GetValue(source) ?? [], arguments.GetValue(seed)), new Terminal(arguments), cancel));
        return command;
    }

    /// <summary>Shards to make again.</summary>
    /// <param name="Count">How many are drawn; fewer where there are fewer.</param>
    /// <param name="Folders">Where their sources lie: only shards of these are drawn.</param>
    private sealed record Draw(int Count, IReadOnlyDictionary<string, string> Folders, int Seed)
    {
        public static Draw? Of(int? count, string[] sources, int? seed) => count switch
        {
            null when sources.Length > 0 || seed is not null => throw new UsageException("--source and --seed go with --rebuild N."),
            null => null,
            < 1 => throw new UsageException($"--rebuild {count}: expected 1 or more."),
            _ when sources.Length == 0 => throw new UsageException("--rebuild makes shards from their sources: name at least one with --source NAME=DIR."),
            { } some => new Draw(some, BuildVerb.Folders(sources), seed ?? Random.Shared.Next()),
        };

        public List<ManifestShard> From(VersionManifest manifest)
        {
            if (Folders.Keys.FirstOrDefault(name => manifest.Sources.All(source => source.Name != name)) is { } unknown)
                throw new UsageException(
                    $"--source {unknown}: version {manifest.Id} has no such source. It has {string.Join(", ", manifest.Sources.Select(source => source.Name))}.");
            var shards = manifest.Shards.Where(shard => shard.Path is not null && Folders.ContainsKey(shard.Source)).ToArray();
            new Random(Seed).Shuffle(shards);
            return [.. shards.Take(Count)];
        }
    }

    private static async Task<int> RunAsync(
        string address, string? version, bool deep, int workers, Draw? draw, Terminal terminal, CancellationToken cancel)
    {
        BuildVerb.CheckWorkers(workers);
        var corpus = Corpora.OpenExisting(address);
        var manifest = await corpus.ReadManifestAsync(version, cancel);
        var drawn = draw?.From(manifest) ?? [];
        var done = 0;
        VerificationReport report;
        using (var progress = new LiveProgress(terminal, "shards", manifest.Totals.Shards, () => Volatile.Read(ref done)))
        {
            report = await new CorpusVerifier(corpus, manifest).RunAsync(
                deep ? VerificationDepth.Signals : VerificationDepth.Bytes, workers, _ => Interlocked.Increment(ref done), cancel);
        }

        if (draw is not null)
        {
            var problems = await RebuildAsync(corpus, manifest, draw, drawn, workers, terminal, cancel);
            report = report with { Checks = report.Checks + drawn.Count, Problems = [.. report.Problems, .. problems] };
        }

        object document = draw is null
            ? report
            : new { report.Version, report.Checks, report.Shards, report.Rows, report.Problems, report.Holds, rebuilt = drawn.Count, draw.Seed };
        terminal.Result(document, console =>
        {
            foreach (var problem in report.Problems) console.MarkupLineInterpolated($"[red]{problem.Subject}[/]: {problem.Message}");
            var totals = manifest.Totals;
            var depth = deep ? $"every value of {report.Rows:N0} segments" : "every checksum";
            console.WriteLine(report.Holds
                ? $"Version {report.Version} holds: {report.Checks:N0} checks, {depth}, {report.Shards:N0} shards, " +
                  $"{totals.Records.Read:N0} records = {totals.Records.Kept:N0} kept + {totals.Records.KeptWithFlags:N0} kept with flags + " +
                  $"{totals.Records.Rejected:N0} rejected."
                : $"Version {report.Version} does not hold: {report.Problems.Count:N0} of {report.Checks:N0} checks failed.");
            if (draw is not null) console.WriteLine($"{drawn.Count:N0} shards were made again from {string.Join(", ", draw.Folders.Keys)}; --seed {draw.Seed} draws the same.");
        });
        return report.Holds ? ExitCode.Done : ExitCode.NotAllTrue;
    }

    private static async Task<List<VerificationProblem>> RebuildAsync(
        CorpusStore corpus, VersionManifest manifest, Draw draw, List<ManifestShard> drawn, int workers, Terminal terminal, CancellationToken cancel)
    {
        using var scratch = ScratchFolder.Create();
        using var checksums = new ChecksumBook(LocalHints.File(), rehash: false);
        var rebuild = new ShardRebuild(corpus, manifest, checksums, KnownSources.Find, new CorpusStore(new LocalObjectStore(scratch.Path)));
        var done = 0;
        List<VerificationProblem> problems = [];
        using var progress = new LiveProgress(terminal, "shards made again", drawn.Count, () => Volatile.Read(ref done));
        foreach (var source in drawn.GroupBy(shard => shard.Source))
            problems.AddRange(await rebuild.RunAsync(source.Key, draw.Folders[source.Key], [.. source], workers, _ => Interlocked.Increment(ref done), cancel));
        return problems;
    }
}
