using System.CommandLine;
using System.Text.Json;
using EcgData.Shards;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary>
/// Where a verb writes: its result to standard output, as text or as one JSON document; progress and remarks to standard error.
/// </summary>
internal sealed class Terminal
{
    private const int PipeWidth = 240;

    public static readonly Option<bool> JsonOption = new("--json")
    {
        Description = "Print one JSON document to standard output, and nothing else there.",
        Recursive = true,
    };

    public static readonly Option<bool> QuietOption = new("--quiet")
    {
        Description = "No progress.",
        Recursive = true,
    };

    public Terminal(ParseResult arguments)
    {
        Json = arguments.GetValue(JsonOption);
        Quiet = arguments.GetValue(QuietOption);
        // a pipe has no width: lines must not be folded for it
        if (Console.IsErrorRedirected) Error.Profile.Width = PipeWidth;
    }

    public bool Json { get; }

    public bool Quiet { get; }

    /// <summary>Standard error, with colours and live displays where it is a terminal.</summary>
    public IAnsiConsole Error { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    public bool IsLive => !Quiet && !Console.IsErrorRedirected;

    private IAnsiConsole Output { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });

    /// <summary>A remark, to standard error.</summary>
    public void Note(string text)
    {
        if (!Quiet) Console.Error.WriteLine(text);
    }

    /// <summary>The verb's result: <paramref name="document"/> as JSON if it was asked for, else what <paramref name="print"/> prints.</summary>
    public void Result(object document, Action<IAnsiConsole> print)
    {
        if (Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(document, document.GetType(), CorpusJson.Readable));
            return;
        }

        if (Console.IsOutputRedirected) Output.Profile.Width = PipeWidth;
        print(Output);
    }
}
