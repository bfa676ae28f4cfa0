using System.CommandLine;
using EcgData.Ingest;
using EcgData.Shards;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata gc CORPUS</c>: drops what no version, pin, plan or build of the last days needs.</summary>
internal static class GcVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var versions = new Option<int?>("--versions") { Description = "Drop all but the last N versions, too; HEAD and pinned ones stay. Default: all stay.", HelpName = "N" };
        var days = new Option<double>("--days") { Description = "What was written in the last N days stays, whoever needs it.", HelpName = "N", DefaultValueFactory = _ => 7 };
        var pin = new Option<string[]>("--pin") { Description = "A version that must stay from now on.", HelpName = "ID" };
        var unpin = new Option<string[]>("--unpin") { Description = "A version that need not stay any more.", HelpName = "ID" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would go, and stop." };
        var command = new Command("gc", "Drop what nothing needs: shards, receipts and, if asked, old versions.") { corpus, versions, days, pin, unpin, dryRun };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(versions), arguments.GetValue(days), arguments.GetValue(pin) ?? [],
            arguments.GetValue(unpin) ?? [], arguments.GetValue(dryRun), new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string address, int? versions, double days, string[] pins, string[] unpins, bool dryRun, Terminal terminal, CancellationToken cancel)
    {
        if (versions < 1) throw new UsageException($"--versions {versions}: expected 1 or more.");
        if (days is not (>= 0 and <= 36_500)) throw new UsageException($"--days {days}: expected 0 or more.");
        if (dryRun && pins.Length + unpins.Length > 0) throw new UsageException("--dry-run writes nothing: give --pin and --unpin without it.");
        var corpus = Corpora.OpenExisting(address);
        foreach (var id in pins) await corpus.PinAsync(id, cancel);
        foreach (var id in unpins) await corpus.UnpinAsync(id, cancel);
        var sweep = new CorpusSweep(corpus);
        var found = await sweep.FindAsync(
            new SweepOptions { Grace = TimeSpan.FromDays(days), Versions = versions }, TimeProvider.System.GetUtcNow(), cancel);
        if (!dryRun) await sweep.RunAsync(found, cancel);
        var (receipts, shards) = (Count(found, CorpusPaths.Receipts), Count(found, CorpusPaths.Shards));
        terminal.Result(
            new { dryRun, versions = found.Versions, receipts, shards, sizeBytes = found.SizeBytes, objects = found.Objects.Select(stored => stored.Name) },
            console =>
            {
                foreach (var id in found.Versions) console.WriteLine($"version {id}");
                console.WriteLine(
                    $"{found.Versions.Count:N0} versions, {receipts:N0} receipts and {shards:N0} shards, {Quantity.Bytes(found.SizeBytes)}, " +
                    (dryRun ? "would go." : "are gone."));
            });
        return ExitCode.Done;
    }

    private static int Count(Sweep sweep, string prefix) => sweep.Objects.Count(stored => stored.Name.StartsWith(prefix, StringComparison.Ordinal));
}
