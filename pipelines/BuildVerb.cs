using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using EcgData.Ingest;
using EcgData.Pipelines.Operations;
using EcgData.Shards;
using EcgData.Sources;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata build [RECIPE] --corpus URI --source NAME=DIR</c>: builds or updates a corpus.</summary>
internal static class BuildVerb
{
    public static Option<int> WorkersOption() => new("--workers")
    {
        Description = "Records in work at a time. Default: one per core. The result does not depend on it.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
        HelpName = "N",
    };

    /// <exception cref="UsageException">Not a number of workers.</exception>
    public static void CheckWorkers(int workers)
    {
        if (workers is < 1 or > 256) throw new UsageException($"--workers {workers}: expected 1 to 256.");
    }

    public static Command Create()
    {
        var recipe = new Argument<string?>("recipe") { Description = "A recipe (JSON). Default: the defaults.", Arity = ArgumentArity.ZeroOrOne };
        var corpus = new Option<string>("--corpus") { Description = "The corpus to build or update: a folder, or the address of an Azure container.", HelpName = "URI", Required = true };
        var source = new Option<string[]>("--source")
        {
            Description = "A source and the folder that holds it; repeat it for more. Sources of the corpus that are not named stay as they are.",
            HelpName = "NAME=DIR",
        };
        var drop = new Option<string[]>("--drop") { Description = "A source to take out of the corpus.", HelpName = "NAME" };
        var set = new Option<string[]>("--set") { Description = "A value of the recipe, conditioning.segmentSeconds=5.", HelpName = "KEY=VALUE" };
        var workers = WorkersOption();
        var limit = new Option<int?>("--limit") { Description = "Take the first N records of each source's table only.", HelpName = "N" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Print the plan and stop." };
        var rehash = new Option<bool>("--rehash") { Description = "Forget what is remembered of the sources' files and folders: ask for each, and read those without a published checksum." };
        var check = new Option<bool>("--check") { Description = "Read every shard that is there, and make again what is damaged." };
        var allowShrink = new Option<bool>("--allow-shrink") { Description = "More than 1 % of a source's records may vanish." };
        var rebuild = new Option<bool>("--rebuild") { Description = "A changed recipe or version may build more than 10 % of the shards again." };
        var plan = new Option<bool>("--plan") { Description = "Write the plan into the corpus and stop: parts of it can then be built on many machines." };
        var part = new Option<string?>("--part") { Description = "Build part I of N of the plan that was written.", HelpName = "I/N" };
        var finish = new Option<bool>("--finish") { Description = "Check that every part of the plan is built, and commit the version." };
        var planId = new Option<string?>("--plan-id") { Description = "The plan that --part and --finish work on. Default: the one that was written last.", HelpName = "ID" };
        var hook = new Option<string?>(Hook.Option)
        {
            Description = $"Call this program, or post to this address, if the build fails, rejects too much or drifts. Default: {Hook.Variable} of the environment.",
            HelpName = "PROGRAM|URL",
        };
        var command = new Command("build", "Build or update a corpus; the plan is printed first.")
        {
            recipe, corpus, source, drop, set, workers, limit, dryRun, rehash, check, allowShrink, rebuild, plan, part, finish, planId, hook,
        };
        command.SetAction((arguments, cancel) => BuildWatch.RunAsync(arguments.GetValue(corpus)!, arguments.GetValue(hook), async watch =>
        {
            _ = Task.Run(static () => SHA256.HashData([]), CancellationToken.None);   // the system's library for it is loaded while the recipe is read
            var terminal = new Terminal(arguments);
            var request = new Request(
                arguments.GetValue(corpus)!, Folders(arguments.GetValue(source) ?? []), arguments.GetValue(drop) ?? [],
                RecipeFile.Read<BuildRecipe>(arguments.GetValue(recipe), arguments.GetValue(set) ?? [], compiled: BuildRecipe.Compiled), arguments.GetValue(workers),
                arguments.GetValue(limit), arguments.GetValue(dryRun), arguments.GetValue(rehash),
                arguments.GetValue(check) ? ShardTrust.Content : ShardTrust.Size,
                Meant(arguments.GetValue(allowShrink), arguments.GetValue(rebuild)));
            var whole = arguments.GetValue(recipe) is not null || arguments.GetValue(set)?.Length > 0 || request.Drop.Length > 0 || request.Limit is not null;
            return await ((arguments.GetValue(plan), arguments.GetValue(part), arguments.GetValue(finish)) switch
            {
                (false, null, false) when arguments.GetValue(planId) is null => RunAsync(request, watch, terminal, cancel),
                (false, null, false) => throw new UsageException("--plan-id goes with --part or --finish."),
                (true, null, false) => PlannedBuild.PlanAsync(request, watch, terminal, cancel),
                (false, { } numbers, false) => PlannedBuild.PartAsync(
                    Whole(request, whole, "--part"), numbers, arguments.GetValue(planId), watch, terminal, cancel),
                (false, null, true) => PlannedBuild.FinishAsync(Whole(request, whole, "--finish"), arguments.GetValue(planId), watch, terminal, cancel),
                _ => throw new UsageException("--plan, --part and --finish are three steps: give one of them."),
            });
        }));
        return command;
    }

    /// <summary>What the plan holds already is not said again: it could only differ.</summary>
    private static Request Whole(Request request, bool tellsMore, string step) => tellsMore
        ? throw new UsageException($"{step} follows the plan, which holds the recipe. Give a recipe, --set, --drop and --limit to --plan.")
        : request;

    internal sealed record Request(
        string Corpus, IReadOnlyDictionary<string, string> Sources, string[] Drop, BuildRecipe Recipe, int Workers, int? Limit,
        bool DryRun, bool Rehash, ShardTrust Trust, IReadOnlyList<ObjectionKind> Meant);

    private static List<ObjectionKind> Meant(bool shrink, bool rebuild) =>
        [.. shrink ? [ObjectionKind.Shrink] : Array.Empty<ObjectionKind>(), .. rebuild ? [ObjectionKind.Rebuild] : Array.Empty<ObjectionKind>()];

    private static async Task<int> RunAsync(Request request, BuildWatch watch, Terminal terminal, CancellationToken cancel)
    {
        Check(request);
        var corpus = Corpora.Open(request.Corpus);
        using var checksums = new ChecksumBook(LocalHints.File(), request.Rehash);
        var planner = new Planner(corpus, checksums, KnownSources.Find, request.Trust);
        using var plan = await PlanAsync(planner, request, watch, terminal, cancel);
        var objections = await ObjectionsAsync(plan, corpus, request, cancel);
        var free = corpus.Objects.FreeBytes();
        if (request.DryRun)
        {
            terminal.Result(
                new DryRunDocument(DryRun: true, plan.Parent?.Id, PlanSummary.Of(plan).Document(), free, [.. objections.Select(BuildObjection.Of)]),
                console =>
                {
                    PrintPlan(plan, free, console);
                    foreach (var objection in objections) console.WriteLine($"The build would stop: {objection.Message}");
                });
            return ExitCode.Done;
        }

        if (!terminal.Quiet) PrintPlan(plan, free, terminal.Error);
        StopAt(objections);
        if (plan.EstimatedBytes > free)
            throw new UsageException(
                $"{request.Corpus}: the build needs about {Quantity.Bytes(plan.EstimatedBytes)}, but the disk has {Quantity.Bytes(free.Value)} free. " +
                "Free some space, build fewer sources, or use --limit.");
        var progress = watch.Progress;
        var toBuild = plan.ToBuild.Count();
        VersionManifest version;
        using (new LiveProgress(
            terminal, "records", plan.RecordsToBuild, () => progress.Records,
            () => $"{progress.Shards} of {toBuild} shards, {progress.Rejected:N0} rejected, {Quantity.Bytes(progress.BytesWritten)}"))
        {
            version = await new CorpusBuild(corpus, plan, planner, request.Workers).RunAsync(progress, cancel);
        }

        var beyond = request.Recipe.Acceptance.FindExceeded(version, request.Sources.Keys);
        await watch.CommittedAsync(corpus, plan.Parent, version, request.Recipe, ShardCounts.Of(plan), beyond, cancel);
        return Report(request, plan, version, beyond, watch, terminal);
    }

    /// <exception cref="UsageException">Nothing is asked for, or something impossible.</exception>
    internal static void Check(Request request)
    {
        if (request.Sources.Count == 0 && request.Drop.Length == 0)
            throw new UsageException("Nothing to build: name at least one source with --source NAME=DIR. 'ecgdata sources' lists them.");
        CheckWorkers(request.Workers);
        if (request.Limit < 1) throw new UsageException($"--limit {request.Limit}: expected 1 or more.");
    }

    internal static async Task<BuildPlan> PlanAsync(
        Planner planner, Request request, BuildWatch watch, Terminal terminal, CancellationToken cancel)
    {
        using var span = Telemetry.Spans.StartActivity("plan");
        var start = Stopwatch.GetTimestamp();
        var shown = new Dictionary<(string, string), long>();
        var progress = new PlanningProgress(step =>
        {
            // a line per hundred thousand records is enough to see that it moves
            var last = shown.GetValueOrDefault((step.Source, step.Done));
            if (step.Records - last < 100_000) return;
            shown[(step.Source, step.Done)] = step.Records;
            terminal.Note($"{step.Source}: {step.Records:N0} records {step.Done}");
        });
        try
        {
            var plan = await planner.CreateAsync(
                request.Recipe, request.Sources, request.Drop, request.Limit,
                request.DryRun ? UnreadFiles.Leave : UnreadFiles.Read, progress, cancel);
            span?.SetTag("ecgdata.records", plan.Records).SetTag("ecgdata.shards", plan.Shards.Count);
            watch.Progress.StageDone("plan", start);
            return plan;
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>What speaks against a plan and is not said to be meant.</summary>
    internal static async Task<List<Objection>> ObjectionsAsync(
        BuildPlan plan, CorpusStore corpus, Request request, CancellationToken cancel) =>
        [.. (await BuildGuard.FindObjectionsAsync(plan, corpus, cancel)).Where(objection => !request.Meant.Contains(objection.Kind))];

    /// <exception cref="UsageException">Something speaks against the plan.</exception>
    internal static void StopAt(IReadOnlyList<Objection> objections)
    {
        if (objections.Count > 0) throw new UsageException(string.Join(' ', objections.Select(objection => objection.Message)));
    }

    internal static void PrintPlan(BuildPlan plan, long? free, IAnsiConsole console)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in PlanSummary.Columns) table.AddColumn(column);
        foreach (var row in PlanSummary.Of(plan).Rows()) table.AddRow([.. row.Select(Markup.Escape)]);
        console.Write(table);
        var carried = plan.CarriedOver.Select(source => source.Name).ToList();
        if (carried.Count > 0) console.WriteLine($"carried over as they are: {string.Join(", ", carried)}");
        console.WriteLine(
            $"{plan.RecordsToBuild:N0} records in {plan.ToBuild.Count():N0} shards to build, {plan.Shards.Count - plan.ToBuild.Count():N0} shards " +
            $"to reuse; about {Quantity.Bytes(plan.EstimatedBytes)} to write" +
            (free is null ? "" : $", {Quantity.Bytes(free.Value)} free"));
    }

    private static int Report(
        Request request, BuildPlan plan, VersionManifest version, IReadOnlyList<string> beyond, BuildWatch watch, Terminal terminal)
    {
        var time = watch.Elapsed;
        terminal.Result(
            new BuildDocument(
                version.Id, plan.Parent?.Id, Changed: plan.Parent?.Id != version.Id, Math.Round(time.TotalSeconds, 3), plan.ToBuild.Count(),
                plan.Shards.Count - plan.ToBuild.Count(), version.Totals,
                [.. version.Sources.Select(source => new BuiltSource(source.Name, source.Release, source.Records, source.Segments, source.Rejections, source.Flags))],
                beyond, watch.Events, watch.Page),
            console =>
            {
                var table = new Table { Border = TableBorder.Simple };
                table.AddColumns("source", "records", "kept", "kept with flags", "rejected", "segments", "why rejected");
                foreach (var source in version.Sources)
                {
                    table.AddRow(
                        Markup.Escape(source.Release), $"{source.Records.Read:N0}", $"{source.Records.Kept:N0}", $"{source.Records.KeptWithFlags:N0}",
                        $"{source.Records.Rejected:N0}", $"{source.Segments:N0}",
                        string.Join(", ", source.Rejections.Select(reason => $"{reason.Key} {reason.Value:N0}")));
                }

                console.Write(table);
                console.WriteLine(
                    plan.Parent?.Id == version.Id
                        ? $"Version {version.Id}: nothing has changed. {Quantity.Time(time)}."
                        : $"Version {version.Id}: {version.Totals.Segments:N0} segments, {version.Totals.Seconds / 3600:N1} h of ECG in " +
                          $"{version.Totals.Shards:N0} shards, {Quantity.Bytes(version.Totals.SizeBytes)}. {Quantity.Time(time)}.");
                foreach (var name in beyond)
                    console.WriteLine(
                        $"More than {request.Recipe.Acceptance.MaximumRejectedShare:P0} of {name} was rejected: " +
                        $"'ecgdata list {request.Corpus} --where state=rejected' tells why.");
                if (watch.Events.Contains(RunEvent.Drifted)) console.WriteLine("Distributions have drifted from those of the version before: see the report.");
                if (watch.Page is { } page) console.WriteLine($"Report: {request.Corpus}/{page}");
            });
        return beyond.Count == 0 ? ExitCode.Done : ExitCode.NotAllTrue;
    }

    internal static Dictionary<string, string> Folders(string[] sources)
    {
        var folders = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in sources)
        {
            var equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == item.Length - 1) throw new UsageException($"--source {item}: expected NAME=DIR, such as ptb-xl=data/ptb-xl.");
            if (!folders.TryAdd(item[..equals], item[(equals + 1)..]))
                throw new UsageException($"--source {item}: {item[..equals]} is named twice. A second folder of a source takes a suffix, {item[..equals]}#site-b.");
        }

        return folders;
    }

    private sealed class PlanningProgress(Action<PlanningStep> report) : IProgress<PlanningStep>
    {
        public void Report(PlanningStep value) => report(value);
    }
}
