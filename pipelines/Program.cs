using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using EcgData.Consumers;
using EcgData.Shards;
using EcgData.Sources;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata VERB …</c></summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Turns public ECG archives into one verified Parquet corpus, and trains and judges models on it.")
        {
            Terminal.JsonOption,
            Terminal.QuietOption,
        };
        foreach (var verb in Verbs()) root.Add(verb);

        // numbers stand in messages that are part of a version: no environment may bring a culture back that the build has taken out
        CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
        CultureInfo.CurrentUICulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;

        var arguments = root.Parse(args);
        if (!ManagedProgram.IsThis && arguments.CommandResult.Command == root) return ManagedProgram.TakeOver(args);
        if (Mistake() is { } mistake)
        {
            Console.Error.WriteLine($"ecgdata: {mistake}");
            Console.Error.WriteLine("'ecgdata --help', or 'ecgdata VERB --help', tells how it is used.");
            return ExitCode.BadUsage;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await arguments.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.Error.WriteLine("ecgdata: cancelled. What was finished is kept and will be found again.");
            return ExitCode.Cancelled;
        }
        catch (Exception e) when (e is UsageException or SourceException)
        {
            Console.Error.WriteLine($"ecgdata: {e.Message}");
            return ExitCode.BadUsage;
        }
        catch (Exception e) when (e is CorpusException or InvalidDataException or ConsumerException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"ecgdata: {e.Message}");
            return ExitCode.Fault;
        }
        catch (Exception e)
        {
            // not foreseen: whoever reports it needs to know where it came from
            Console.Error.WriteLine($"ecgdata: {e.Message}");
            Console.Error.WriteLine(e.ToString());
            return ExitCode.Fault;
        }

        // the first signal asks for an orderly end, the second is not caught any more
        void Stop(PosixSignalContext context)
        {
            if (stop.IsCancellationRequested) return;
            context.Cancel = true;
            Console.Error.WriteLine("ecgdata: stopping; again to stop at once.");
            stop.Cancel();
        }

        // One sentence, or null: a misspelt verb is an unknown word and a missing verb to the parser, a misspelt option a recipe called --opton.
        string? Mistake()
        {
            var astray = arguments.Tokens.FirstOrDefault(
                token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal));
            if (arguments.Errors.Count == 0 && astray is null) return null;
            if ((astray?.Value ?? (arguments.UnmatchedTokens is [var unmatched, ..] ? unmatched : null)) is not { } word)
                return arguments.Errors[0].Message.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal);
            var verb = arguments.CommandResult.Command;
            List<string> known = word.StartsWith('-')
                ? [.. verb.Options.Concat(root.Options).Select(option => option.Name)]
                : [.. verb.Subcommands.Select(one => one.Name)];
            return known.Count == 0
                ? $"'{word}' is one word too many."
                : $"'{word}' is not known here. The nearest is '{Spelling.Nearest(word, known)}'.";
        }
    }

    /// <summary>All of them; of a native image those that are compiled into it. Whatever else it is told, it hands over.</summary>
    private static Command[] Verbs() => ManagedProgram.IsThis
        ?
        [
            SourcesVerb.Create(),
            SynthVerb.Create(),
            BuildVerb.Create(),
            VerifyVerb.Create(),
            LogVerb.Create(),
            DiffVerb.Create(),
            GcVerb.Create(),
            EraseVerb.Create(),
            ProgressVerb.Create(),
            ListVerb.Create(),
            ShowVerb.Create(),
            ReportVerb.Create(),
            SubsetVerb.Create(),
            PullVerb.Create(),
            StreamVerb.Create(),
            ExportVerb.Create(),
            ConformanceVerb.Create(),
            PretrainVerb.Create(),
            EmbedVerb.Create(),
            EvaluateVerb.Create(),
            InspectVerb.Create(),
            ImportWeightsVerb.Create(),
        ]
        : [BuildVerb.Create()];
}
