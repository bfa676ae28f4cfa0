using System.CommandLine;
using EcgData.Shards.Subsets;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata pull CORPUS --subset F --to DIR</c>: the shards of a subset on a disk nearby, verified; goes on where it was stopped.</summary>
internal static class PullVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var subset = new Option<string>("--subset") { Description = "A subset manifest.", HelpName = "FILE", Required = true };
        var to = new Option<string>("--to") { Description = "The folder: a new one, or one that an earlier pull made.", HelpName = "DIR", Required = true };
        var workers = BuildVerb.WorkersOption();
        var command = new Command("pull", "Copy the shards that a subset has rows of to a folder that reads like the corpus.") { corpus, subset, to, workers };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(subset)!, arguments.GetValue(to)!, arguments.GetValue(workers), new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(string address, string subsetFile, string to, int workers, Terminal terminal, CancellationToken cancel)
    {
        BuildVerb.CheckWorkers(workers);
        var corpus = Corpora.OpenExisting(address);
        var subset = (await SubsetFile.ReadAsync(subsetFile, cancel))!;
        var version = await corpus.ReadManifestAsync(subset.Version, cancel);
        var copy = Corpora.Open(to);
        var pull = new SubsetPull(corpus, copy, version);
        var shards = await pull.ShardsAsync(subset, cancel);
        var bytes = shards.Sum(shard => shard.SizeBytes);
        terminal.Note(
            $"{shards.Count:N0} of {version.Totals.Shards:N0} shards hold rows of the subset, {Quantity.Bytes(bytes)} in all; " +
            $"'ecgdata export' writes its {subset.Segments:N0} rows alone.");
        long present = 0;
        foreach (var shard in shards) present += (await copy.Objects.FindAsync(shard.Path!, cancel))?.SizeBytes ?? 0;
        if (copy.Objects.FreeBytes() is { } free && bytes - present > free)
            throw new UsageException(
                $"--to {to}: {Quantity.Bytes(bytes - present)} are to be copied, the disk has {Quantity.Bytes(free)} free. Free some space, or export the subset.");

        PullReport report;
        long done = 0;
        using (new LiveProgress(terminal, "bytes", bytes, () => Interlocked.Read(ref done)))
        {
            report = await pull.RunAsync(subset, shards, workers, count => Interlocked.Add(ref done, count), cancel);
        }

        terminal.Result(report, console => console.WriteLine(
            $"{to}: version {report.Version}, {report.Shards:N0} shards for {report.Records:N0} records; {report.Present:N0} were there, " +
            $"{Quantity.Bytes(report.CopiedBytes)} copied."));
        return ExitCode.Done;
    }
}
