using System.CommandLine;
using EcgData.Consumers.Conformance;
using EcgData.Pipelines.Streaming;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata conformance PLUGIN.dll</c>: holds a plug-in to the contract; <c>--arrow-golden DIR</c>: what a reader of the stream must find.</summary>
internal static class ConformanceVerb
{
    public static Command Create()
    {
        var plugin = new Argument<string?>("plugin")
        {
            Description = "The plug-in: its .dll or folder; PLUGIN.dll#TYPE where it has several consumers.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var options = StreamVerb.ConsumerOption();
        var patience = new Option<double>("--patience")
        {
            Description = "Seconds that a check may take before it counts as hanging.",
            DefaultValueFactory = _ => 60,
            HelpName = "SECONDS",
        };
        var golden = new Option<string?>("--arrow-golden")
        {
            Description = "Write a small Arrow stream, and what a reader must find in it, into this folder.",
            HelpName = "DIR",
        };
        var command = new Command("conformance", "Hold a consumer to its contract.") { plugin, options, patience, golden };
        command.SetAction(arguments => Run(
            arguments.GetValue(plugin), arguments.GetValue(options) ?? [], arguments.GetValue(patience), arguments.GetValue(golden),
            new Terminal(arguments)));
        return command;
    }

    private static int Run(string? address, string[] options, double patience, string? golden, Terminal terminal)
    {
        if (address is null == golden is null)
            throw new UsageException("conformance: expected a plug-in to check, or --arrow-golden DIR for files to check a reader with; give one of them.");
        if (!(patience is > 0 and < 1e6)) throw new UsageException($"--patience {patience}: expected a number of seconds above 0.");
        if (golden is not null)
        {
            ArrowGolden.Write(golden);
            var (stream, expected) = (Path.Join(golden, ArrowGolden.StreamFile), Path.Join(golden, ArrowGolden.ExpectedFile));
            terminal.Result(new { stream, expected }, console => console.WriteLine($"{stream} is a stream; {expected} is what a reader must find in it."));
            return ExitCode.Done;
        }

        var plugin = Plugin.Load(address!);
        var values = StreamVerb.ParseOptions(options);
        List<ConformanceCheck> checks = [];
        foreach (var check in new ConformanceSuite(plugin.Create, values, TimeSpan.FromSeconds(patience)).Run())
        {
            checks.Add(check);
            terminal.Note($"{(check.Passed ? "passed" : "FAILED")}  {check.Name}{(check.Passed ? "" : $": {check.Message}")}");
        }

        var failed = checks.Count(check => !check.Passed);
        terminal.Result(new { plugin = plugin.Name, passed = checks.Count - failed, failed, checks }, console => console.WriteLine(
            failed == 0 ? $"{plugin.Name} keeps the contract: {checks.Count} checks." : $"{plugin.Name} does not keep the contract: {failed} of {checks.Count} checks failed."));
        return failed == 0 ? ExitCode.Done : ExitCode.NotAllTrue;
    }
}
