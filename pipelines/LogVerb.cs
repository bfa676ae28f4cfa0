using System.CommandLine;
using EcgData.Shards;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata log CORPUS</c>: the builds of a corpus and the versions that they made.</summary>
internal static class LogVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var command = new Command("log", "List the builds of a corpus and the versions that they made.") { corpus };
        command.SetAction((arguments, cancel) => RunAsync(arguments.GetValue(corpus)!, new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(string address, Terminal terminal, CancellationToken cancel)
    {
        var corpus = Corpora.OpenExisting(address);
        var head = await corpus.ReadHeadAsync(cancel);
        var withdrawn = (await corpus.ReadErasuresAsync(cancel)).List?.Withdrawn ?? [];
        var entries = await corpus.ReadHistoryAsync(cancel).ToListAsync(cancel);
        terminal.Result(new { corpus = address, head, withdrawn, builds = entries }, console =>
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("build", "version", "finished", "took", "shards built", "reused", "signature", "command");
            foreach (var entry in entries.OrderByDescending(entry => entry.Number))
            {
                table.AddRow(
                    $"{entry.Number}", entry.Version + (entry.Version == head ? " HEAD" : "") + (withdrawn.Contains(entry.Version) ? " withdrawn" : ""), $"{entry.Finished:yyyy-MM-dd HH:mm:ss}",
                    Quantity.Time(TimeSpan.FromSeconds(entry.Seconds)), $"{entry.ShardsBuilt}", $"{entry.ShardsReused}", entry.Signature?[..16] ?? "",
                    Markup.Escape(entry.Command));
            }

            console.Write(table);
        });
        return ExitCode.Done;
    }
}
