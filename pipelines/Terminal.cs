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

    private readonly TextWriter _results;
    private readonly TextWriter _remarks;
    private readonly bool _isSeen;
    private IAnsiConsole? _output;
    private IAnsiConsole? _error;

    public Terminal(ParseResult arguments)
        : this(arguments.GetValue(JsonOption), arguments.GetValue(QuietOption), Console.Out, Console.Error, isSeen: true)
    {
    }

    private Terminal(bool json, bool quiet, TextWriter results, TextWriter remarks, bool isSeen) =>
        (Json, Quiet, _results, _remarks, _isSeen) = (json, quiet, results, remarks, isSeen);

    public bool Json { get; }

    public bool Quiet { get; }

    /// <summary>Standard error, with colours and live displays where it is a terminal.</summary>
    public IAnsiConsole Error => _error ??= Open(_remarks, Console.IsErrorRedirected);

    public bool IsLive => !Quiet && !Console.IsErrorRedirected;

    private IAnsiConsole Output => _output ??= Open(_results, Console.IsOutputRedirected);

    /// <summary>One to which the same is written, and nobody sees it.</summary>
    public Terminal Unseen() => new(Json, quiet: true, TextWriter.Null, TextWriter.Null, isSeen: false);

    /// <summary>A remark, to standard error.</summary>
    public void Note(string text)
    {
        if (!Quiet) _remarks.WriteLine(text);
    }

    /// <summary>The verb's result: <paramref name="document"/> as JSON if it was asked for, else what <paramref name="print"/> prints.</summary>
    public void Result(object document, Action<IAnsiConsole> print)
    {
        if (Json) _results.WriteLine(JsonSerializer.Serialize(document, document.GetType(), CorpusJson.Readable));
        else print(Output);
    }

    private IAnsiConsole Open(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = _isSeen ? AnsiSupport.Detect : AnsiSupport.No,   // to find out takes regular expressions, and they some milliseconds
            ColorSystem = _isSeen ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        if (isRedirected) console.Profile.Width = PipeWidth;   // a pipe has no width: lines must not be folded for it
        return console;
    }
}
