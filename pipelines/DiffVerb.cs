using System.CommandLine;
using EcgData.Shards;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata diff CORPUS A B</c>: what changed from one version to another, and why.</summary>
internal static class DiffVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var from = new Argument<string>("from") { Description = "The earlier version, as 'ecgdata log' lists it." };
        var to = new Argument<string?>("to") { Description = "The later version. Default: the current one.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("diff", "What changed from one version to another, and why.") { corpus, from, to };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(from)!, arguments.GetValue(to), new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(string address, string from, string? to, Terminal terminal, CancellationToken cancel)
    {
        var corpus = Corpora.OpenExisting(address);
        var (before, after) = (await corpus.ReadAnyManifestAsync(from, cancel), await corpus.ReadAnyManifestAsync(to, cancel));
        var difference = await new VersionComparison(corpus, before, after).RunAsync(cancel);
        terminal.Result(difference, console =>
        {
            if (!difference.IsNone && difference.SameRows == true) console.WriteLine($"The rows are the same, signature {difference.ToSignature}; what follows is how they are cut or what was turned away.");
            if (difference.IsNone) console.WriteLine($"{before.Id} and {after.Id} hold the same records, processed the same way.");
            foreach (var cause in difference.Causes) console.WriteLine(cause);
            foreach (var source in difference.Sources)
            {
                console.WriteLine(
                    $"{source.Name}: {source.ShardsKept:N0} shards kept, {source.ShardsAdded:N0} added, {source.ShardsRemoved:N0} removed");
                foreach (var cause in source.Causes) console.WriteLine($"  {cause}");
                foreach (var (change, count) in source.Records)
                {
                    var examples = source.Examples[change];
                    console.WriteLine($"  {Sentence(change)}: {count:N0} records, {string.Join(", ", examples)}{(examples.Count < count ? ", …" : "")}");
                }
            }
        });
        return ExitCode.Done;
    }

    private static string Sentence(RecordChange change) => change switch
    {
        RecordChange.Added => "added",
        RecordChange.Removed => "removed",
        RecordChange.Files => "other files or bytes",
        RecordChange.Labels => "other labels",
        RecordChange.Erased => "left out, for their patients were erased",
        RecordChange.Metadata => "other patient, site, age, sex, fold, time or licence",
        _ => "other state, reason, flags or segments",
    };
}
