using System.CommandLine;
using EcgData.Shards;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata verify CORPUS [--deep]</c>: whether a version is what its manifest says.</summary>
internal static class VerifyVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var version = Corpora.VersionOption();
        var deep = new Option<bool>("--deep") { Description = "Read every value of every shard and derive every statistic again." };
        var workers = BuildVerb.WorkersOption();
        var subset = SubsetCheck.Option();
        var command = new Command("verify", "Check a version's manifest, tables, counts and checksums.") { corpus, version, deep, workers, subset };
        command.SetAction((arguments, cancel) => arguments.GetValue(subset) is { Length: > 0 } subsets
            ? SubsetCheck.RunAsync(arguments.GetValue(corpus)!, arguments.GetValue(version), subsets, new Terminal(arguments), cancel)
            : RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(version), arguments.GetValue(deep), arguments.GetValue(workers),
            new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string address, string? version, bool deep, int workers, Terminal terminal, CancellationToken cancel)
    {
        BuildVerb.CheckWorkers(workers);
        var corpus = Corpora.OpenExisting(address);
        var manifest = await corpus.ReadManifestAsync(version, cancel);
        var done = 0;
        VerificationReport report;
        using (var progress = new LiveProgress(terminal, "shards", manifest.Totals.Shards, () => Volatile.Read(ref done)))
        {
            report = await new CorpusVerifier(corpus, manifest).RunAsync(
                deep ? VerificationDepth.Signals : VerificationDepth.Bytes, workers, _ => Interlocked.Increment(ref done), cancel);
        }

        terminal.Result(report, console =>
        {
            foreach (var problem in report.Problems) console.MarkupLineInterpolated($"[red]{problem.Subject}[/]: {problem.Message}");
            var totals = manifest.Totals;
            var depth = deep ? $"every value of {report.Rows:N0} segments" : "every checksum";
            console.WriteLine(report.Holds
                ? $"Version {report.Version} holds: {report.Checks:N0} checks, {depth}, {report.Shards:N0} shards, " +
                  $"{totals.Records.Read:N0} records = {totals.Records.Kept:N0} kept + {totals.Records.KeptWithFlags:N0} kept with flags + " +
                  $"{totals.Records.Rejected:N0} rejected."
                : $"Version {report.Version} does not hold: {report.Problems.Count:N0} of {report.Checks:N0} checks failed.");
        });
        return report.Holds ? ExitCode.Done : ExitCode.NotAllTrue;
    }
}
