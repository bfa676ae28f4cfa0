using System.CommandLine;
using EcgData.Ingest;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata progress CORPUS</c>: how far a planned build is, seen from anywhere.</summary>
internal static class ProgressVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var planId = new Option<string?>("--plan-id") { Description = "Default: the plan that was written last.", HelpName = "ID" };
        var command = new Command("progress", "Show how far the parts of a planned build are.") { corpus, planId };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(planId), new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(string address, string? planId, Terminal terminal, CancellationToken cancel)
    {
        var corpus = Corpora.OpenExisting(address);
        var plans = new PlanStore(corpus);
        var document = await plans.ReadAsync(planId, cancel);
        List<PlanShard> missing = [];
        var records = (Done: 0L, All: 0L);
        var shards = (Done: 0, All: 0);
        foreach (var shard in document.Shards.Where(shard => !shard.Reused))
        {
            var built = await plans.FindReceiptAsync(document.Id, shard.InputDigest, cancel) is not null;
            if (!built) missing.Add(shard);
            records = (records.Done + (built ? shard.Count : 0), records.All + shard.Count);
            shards = (shards.Done + (built ? 1 : 0), shards.All + 1);
        }

        terminal.Result(
            new { plan = document.Id, shards = shards.All, shardsBuilt = shards.Done, records = records.All, recordsBuilt = records.Done, missing = missing.Select(shard => shard.ToString()) },
            console =>
            {
                foreach (var shard in missing.Take(20)) console.WriteLine($"missing: {shard}");
                if (missing.Count > 20) console.WriteLine($"and {missing.Count - 20:N0} more");
                console.WriteLine(
                    $"Plan {document.Id}: {shards.Done:N0} of {shards.All:N0} shards and {records.Done:N0} of {records.All:N0} records are built." +
                    (missing.Count == 0 ? " 'ecgdata build --finish' commits the version." : ""));
            });
        return ExitCode.Done;
    }
}
