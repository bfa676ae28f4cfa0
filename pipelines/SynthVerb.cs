using System.CommandLine;
using EcgData.Sources;
using EcgData.Sources.Synthesis;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata synth DIR --source NAME --records N</c>: a synthetic tree in the exact layout of a source.</summary>
internal static class SynthVerb
{
    public static Command Create()
    {
        var directory = new Argument<string>("dir") { Description = "The folder to write; must be new or empty." };
        var source = new Option<string>("--source")
        {
            Description = $"The source to imitate: {string.Join(", ", SyntheticTree.Sources)}.",
            HelpName = "NAME",
            Required = true,
        };
        var records = new Option<int>("--records") { Description = "How many records.", HelpName = "N", Required = true };
        var seed = new Option<ulong>("--seed") { Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => 1 };
        var defects = new Option<double>("--defects")
        {
            Description = "Share of records with a planted defect, 0 to 1.",
            DefaultValueFactory = _ => 0.02,
            HelpName = "SHARE",
        };
        var command = new Command("synth", "Write synthetic recordings in the exact layout of a source.")
        {
            directory, source, records, seed, defects,
        };
        command.SetAction((arguments, cancel) => Task.FromResult(Run(
            arguments.GetValue(directory)!, arguments.GetValue(source)!,
            new SynthesisOptions
            {
                Records = arguments.GetValue(records),
                Seed = arguments.GetValue(seed),
                DefectShare = arguments.GetValue(defects),
            },
            new Terminal(arguments), cancel)));
        return command;
    }

    private static int Run(string directory, string source, SynthesisOptions options, Terminal terminal, CancellationToken cancel)
    {
        if (!SyntheticTree.Sources.Contains(source))
            throw new UsageException(
                $"--source {source}: cannot be imitated. The nearest that can is '{Spelling.Nearest(source, SyntheticTree.Sources)}'.");
        if (options.Records < 1) throw new UsageException($"--records {options.Records}: expected 1 or more.");
        if (options.DefectShare is < 0 or > 1) throw new UsageException($"--defects {options.DefectShare}: expected a share, 0 to 1.");
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
            throw new UsageException($"{directory}: not empty. Expected a new or empty folder, so that nothing is overwritten.");
        using var progress = new LiveProgress(terminal, "records", options.Records);
        SyntheticTree.Write(source, directory, options, progress, cancel);
        progress.Dispose();
        terminal.Result(
            new { directory, source, records = options.Records, seed = options.Seed, defectShare = options.DefectShare },
            console => console.WriteLine($"{options.Records:N0} synthetic {source} records in {directory}"));
        return ExitCode.Done;
    }
}
