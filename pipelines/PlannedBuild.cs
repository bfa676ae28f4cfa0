using System.Diagnostics;
using EcgData.Ingest;
using EcgData.Pipelines.Operations;
using EcgData.Shards;
using EcgData.Sources;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata build --plan</c>, <c>--part I/N</c>, <c>--finish</c>: one build as array jobs on many machines.</summary>
internal static class PlannedBuild
{
    public static async Task<int> PlanAsync(BuildVerb.Request request, BuildWatch watch, Terminal terminal, CancellationToken cancel)
    {
        BuildVerb.Check(request);
        var corpus = Corpora.Open(request.Corpus);
        using var checksums = new ChecksumBook(LocalHints.File(), request.Rehash);
        var planner = new Planner(corpus, checksums, KnownSources.Find, request.Trust);
        using var plan = await BuildVerb.PlanAsync(planner, request, watch, terminal, cancel);
        if (!terminal.Quiet) BuildVerb.PrintPlan(plan, corpus.Objects.FreeBytes(), terminal.Error);
        BuildVerb.StopAt(await BuildVerb.ObjectionsAsync(plan, corpus, request, cancel));
        var document = await new PlanStore(corpus).WriteAsync(plan, request.Limit, planner, cancel);
        terminal.Result(
            new PlannedDocument(document.Id, document.Parent, document.Shards.Count, plan.ToBuild.Count(), plan.RecordsToBuild),
            console => console.WriteLine(
                $"Plan {document.Id}: {plan.RecordsToBuild:N0} records in {plan.ToBuild.Count():N0} shards to build. " +
                "Build its parts with 'ecgdata build --part I/N', in any order and on any machine, then 'ecgdata build --finish'."));
        return ExitCode.Done;
    }

    public static async Task<int> PartAsync(
        BuildVerb.Request request, string numbers, string? planId, BuildWatch watch, Terminal terminal, CancellationToken cancel)
    {
        var (number, count) = Parse(numbers);
        BuildVerb.CheckWorkers(request.Workers);
        var corpus = Corpora.OpenExisting(request.Corpus);
        var document = await new PlanStore(corpus).ReadAsync(planId, cancel);
        using var checksums = new ChecksumBook(LocalHints.File(), request.Rehash);
        var build = new PartBuild(corpus, document, checksums, KnownSources.Find);
        using var part = await build.PlanAsync(number, count, Known(document, request.Sources), cancel);
        var progress = watch.Progress;
        var toBuild = part.ToBuild.Count();
        using (new LiveProgress(
            terminal, "records", part.RecordsToBuild, () => progress.Records,
            () => $"{progress.Shards} of {toBuild} shards, {progress.Rejected:N0} rejected, {Quantity.Bytes(progress.BytesWritten)}"))
        {
            await build.RunAsync(part, request.Workers, progress, cancel);
        }

        terminal.Result(
            new PartDocument(document.Id, number, count, toBuild, part.Shards.Count - toBuild, progress.Records, progress.Rejected),
            console => console.WriteLine(
                $"Part {number} of {count} of plan {document.Id}: {progress.Records:N0} records in {toBuild} shards, " +
                $"{part.Shards.Count - toBuild} were there. {Quantity.Time(watch.Elapsed)}."));
        return ExitCode.Done;
    }

    public static async Task<int> FinishAsync(
        BuildVerb.Request request, string? planId, BuildWatch watch, Terminal terminal, CancellationToken cancel)
    {
        var corpus = Corpora.OpenExisting(request.Corpus);
        var document = await new PlanStore(corpus).ReadAsync(planId, cancel);
        using var checksums = new ChecksumBook(LocalHints.File(), request.Rehash);
        var build = new PartBuild(corpus, document, checksums, KnownSources.Find);
        var missing = await build.FindMissingAsync(cancel);
        if (missing.Count > 0)
        {
            watch.Incomplete($"{missing.Count:N0} of {document.Shards.Count:N0} shards of plan {document.Id} are not built.");
            terminal.Result(
                new UnfinishedDocument(document.Id, Version: null, [.. missing.Select(shard => shard.ToString())]),
                console =>
                {
                    foreach (var shard in missing.Take(20)) console.WriteLine($"missing: {shard}");
                    console.WriteLine(
                        $"{missing.Count:N0} of {document.Shards.Count:N0} shards of plan {document.Id} are not built, so nothing is committed. " +
                        "Run their parts again ('ecgdata build --part I/N' builds only what is missing), then --finish.");
                });
            return ExitCode.NotAllTrue;
        }

        var start = Stopwatch.GetTimestamp();
        var parent = document.Parent is { } id ? await corpus.ReadAnyManifestAsync(id, cancel) : null;
        VersionManifest version;
        using (Telemetry.Spans.StartActivity("commit")) version = await build.FinishAsync(Known(document, request.Sources), cancel);
        watch.Progress.StageDone("commit", start);
        var beyond = document.Recipe.Acceptance.FindExceeded(version, document.Sources.Select(source => source.Name));
        await watch.CommittedAsync(corpus, parent, version, document.Recipe, ShardCounts.Of(document), beyond, cancel);
        terminal.Result(
            new FinishedDocument(
                document.Id, version.Id, document.Parent, Changed: version.Id != document.Parent, version.Totals, Missing: [], watch.Events, watch.Page),
            console => console.WriteLine(
                $"Version {version.Id}: {version.Totals.Segments:N0} segments in {version.Totals.Shards:N0} shards, {Quantity.Bytes(version.Totals.SizeBytes)}."));
        return beyond.Count == 0 ? ExitCode.Done : ExitCode.NotAllTrue;
    }

    /// <summary>A source may lie elsewhere on this machine; it must be one of the plan's.</summary>
    private static IReadOnlyDictionary<string, string> Known(PlanDocument document, IReadOnlyDictionary<string, string> folders) =>
        folders.Keys.FirstOrDefault(name => document.Sources.All(source => source.Name != name)) is { } unknown
            ? throw new UsageException($"--source {unknown}: plan {document.Id} has no such source. It has {string.Join(", ", document.Sources.Select(source => source.Name))}.")
            : folders;

    private static (int Number, int Count) Parse(string numbers)
    {
        var slash = numbers.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && int.TryParse(numbers[..slash], out var number) && int.TryParse(numbers[(slash + 1)..], out var count)
            && number >= 1 && number <= count && count <= 100_000
            ? (number, count)
            : throw new UsageException($"--part {numbers}: expected I/N with I from 1 to N, such as 3/8.");
    }
}
