using System.Diagnostics;
using System.Text;
using EcgData.Ingest;
using EcgData.Reports;
using EcgData.Shards;
using EcgData.Sources;

namespace EcgData.Pipelines.Operations;

/// <summary>
/// Stands beside a build and changes nothing of it: measures it, writes its history and report once a version is committed, and calls
/// the hook if somebody should know.
/// </summary>
internal sealed class BuildWatch
{
    private readonly string _address;
    private readonly Hook? _hook;
    private readonly RequestCount? _requests;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private RunReport? _report;
    private string? _page;

    private BuildWatch(string address, Hook? hook, RequestCount? requests) => (_address, _hook, _requests) = (address, hook, requests);

    public BuildProgress Progress { get; } = new();

    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>What somebody should know of, so far.</summary>
    public IReadOnlyList<RunEvent> Events => _report?.Events ?? [];

    /// <summary>Name of the report's page in the corpus, or null.</summary>
    public string? Page => _page;

    /// <param name="address">The corpus, as it was named.</param>
    /// <param name="target">The hook that the command line names, or null.</param>
    /// <param name="work">The build; returns its exit code.</param>
    /// <exception cref="UsageException">The hook is none.</exception>
    public static async Task<int> RunAsync(string address, string? target, Func<BuildWatch, Task<int>> work)
    {
        using var export = Telemetry.Start();
        using var requests = Corpora.IsRemote(address) ? new RequestCount() : null;
        using var span = Telemetry.Spans.StartActivity("build")?.SetTag("ecgdata.corpus", address);
        var watch = new BuildWatch(address, Hook.Find(target), requests);
        try
        {
            var exitCode = await work(watch);
            span?.SetTag("ecgdata.exit_code", exitCode).SetTag("ecgdata.version", watch._report?.Version);
            await watch.CallAsync();
            return exitCode;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            var refused = e is UsageException or SourceException;
            watch._report = watch.Report(refused ? RunEvent.Refused : RunEvent.Failed, refused ? ExitCode.BadUsage : ExitCode.Fault) with { Error = e.Message };
            await watch.CallAsync();
            throw;
        }
    }

    /// <summary>Shards of the plan are missing, nothing is committed.</summary>
    public void Incomplete(string what) => _report = Report(RunEvent.Incomplete, ExitCode.NotAllTrue) with { Error = what };

    /// <summary>Writes history and report of a version that is committed.</summary>
    /// <param name="beyond">Sources of which more was rejected than the recipe allows.</param>
    public async Task CommittedAsync(
        CorpusStore corpus, VersionManifest? parent, VersionManifest version, BuildRecipe recipe, ShardCounts shards, IReadOnlyList<string> beyond,
        CancellationToken cancel)
    {
        var number = await corpus.AddHistoryAsync(
            number => new HistoryEntry
            {
                Number = number,
                Version = version.Id,
                Parent = parent?.Id,
                Finished = TimeProvider.System.GetUtcNow(),
                Seconds = _clock.Elapsed.TotalSeconds,
                Command = CommandLine.Shown(),
                Machine = Environment.MachineName,
                Signature = version.Signature,
                ShardsBuilt = shards.Built,
                ShardsReused = shards.Reused,
                RecordsBuilt = shards.RecordsBuilt,
            },
            CancellationToken.None);
        using var span = Telemetry.Spans.StartActivity("report");
        var exitCode = beyond.Count == 0 ? ExitCode.Done : ExitCode.NotAllTrue;
        _report = new RunReport
        {
            Number = number,
            Events = beyond.Count == 0 ? [] : [RunEvent.Rejected],
            ExitCode = exitCode,
            Corpus = _address,
            Version = version.Id,
            Parent = parent?.Id,
            Finished = TimeProvider.System.GetUtcNow(),
            Command = CommandLine.Shown(),
            Machine = Environment.MachineName,
            Totals = version.Totals,
            ParentTotals = parent?.Totals,
            Sources = SourcesOf(parent, version, shards),
            Slowest = Progress.Slowest,
            Cost = Cost(),
        };
        try
        {
            if (parent is not null && parent.Id != version.Id) await CompareAsync(corpus, parent, version, recipe.Drift, cancel);
            await corpus.WriteRunReportAsync(_report, Encoding.UTF8.GetBytes(RunReportPage.Write(_report)), cancel);
            _page = CorpusPaths.RunPage(number);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CorpusException or InvalidDataException or OperationCanceledException)
        {
            Console.Error.WriteLine($"Version {version.Id} is committed, its run report is not written: {e.Message}");
        }
    }

    private async Task CompareAsync(CorpusStore corpus, VersionManifest parent, VersionManifest version, DriftOptions options, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var comparison = new VersionComparison(corpus, parent, version);
        var difference = await comparison.RunAsync(cancel);
        var drift = Drift.Measure(parent, version, comparison.LabelsBefore, comparison.LabelsAfter, difference, options);
        Progress.StageDone("compare", start);
        _report = _report! with
        {
            Difference = difference,
            Drift = drift,
            Events = drift.Any(measure => measure.Drifted) ? [.. _report.Events, RunEvent.Drifted] : _report.Events,
            Cost = Cost(),
        };
    }

    private async Task CallAsync()
    {
        if (_report is not { Events.Count: > 0 } || _hook is null) return;
        using var span = Telemetry.Spans.StartActivity("hook");
        await _hook.CallAsync(_report, _page is null ? null : $"{_address.TrimEnd('/')}/{_page}");
    }

    private RunReport Report(RunEvent why, int exitCode) => new()
    {
        Events = [why],
        ExitCode = exitCode,
        Corpus = _address,
        Finished = TimeProvider.System.GetUtcNow(),
        Command = CommandLine.Shown(),
        Machine = Environment.MachineName,
        Slowest = Progress.Slowest,
        Cost = Cost(),
    };

    private static List<SourceRun> SourcesOf(VersionManifest? parent, VersionManifest version, ShardCounts shards)
    {
        var sources = new List<SourceRun>();
        foreach (var source in version.Sources)
        {
            var before = parent?.Sources.FirstOrDefault(candidate => candidate.Name == source.Name);
            var (built, reused) = shards.OfSource(source.Name) ?? (0, version.Shards.Count(shard => shard.Source == source.Name));
            sources.Add(new SourceRun(
                source.Name, source.Release, source.Records, before?.Records, source.Segments, source.Rejections, source.Flags, built, reused));
        }

        return sources;
    }

    private RunCost Cost()
    {
        var (read, written) = ProcessCost.Bytes();
        var stages = Progress.StageSeconds;
        return new RunCost
        {
            Seconds = Math.Round(_clock.Elapsed.TotalSeconds, 6),
            StageSeconds = stages,
            RecordSeconds = Progress.RecordSeconds,
            Records = Progress.Records,
            RecordsPerSecond = stages.TryGetValue("shards", out var seconds) && seconds > 0 ? Math.Round(Progress.Records / seconds, 1) : 0,
            ShardBytes = Progress.BytesWritten,
            BytesRead = read,
            BytesWritten = written,
            PeakMemoryBytes = ProcessCost.PeakMemory(),
            Requests = _requests?.Count,
        };
    }
}
