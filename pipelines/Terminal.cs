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

    private static readonly JsonSerializerOptions Documents = CorpusJson.With(BuildDocuments.Default, indented: true);

    private IAnsiConsole? _output;
    private IAnsiConsole? _error;

    public Terminal(ParseResult arguments) => (Json, Quiet) = (arguments.GetValue(JsonOption), arguments.GetValue(QuietOption));

    public bool Json { get; }

    public bool Quiet { get; }

    /// <summary>Standard error, with colours and live displays where it is a terminal.</summary>
    public IAnsiConsole Error => _error ??= Open(Console.Error, Console.IsErrorRedirected);

    public bool IsLive => !Quiet && !Console.IsErrorRedirected;

    private IAnsiConsole Output => _output ??= Open(Console.Out, Console.IsOutputRedirected);

    /// <summary>A remark, to standard error.</summary>
    public void Note(string text)
    {
        if (!Quiet) Console.Error.WriteLine(text);
    }

    /// <summary>The verb's result: <paramref name="document"/> as JSON if it was asked for, else what <paramref name="print"/> prints.</summary>
    public void Result(object document, Action<IAnsiConsole> print)
    {
        if (Json) Console.Out.WriteLine(JsonSerializer.Serialize(document, Documents.GetTypeInfo(document.GetType())));
        else print(Output);
    }

    private static IAnsiConsole Open(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (isRedirected) console.Profile.Width = PipeWidth;   // a pipe has no width: lines must not be folded for it
        return console;
    }
}
