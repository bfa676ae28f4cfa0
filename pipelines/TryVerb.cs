using System.CommandLine;
using EcgData.Training;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata try CORPUS</c>: a few gradient steps, to see that training works on this machine.</summary>
internal static class TryVerb
{
    public static Command Create()
    {
        var corpus = Corpora.Argument();
        var version = Corpora.VersionOption();
        var steps = new Option<int>("--steps") { Description = "Gradient steps.", DefaultValueFactory = _ => 40, HelpName = "N" };
        var batch = new Option<int>("--batch") { Description = "Crops of 2.5 s in a step.", DefaultValueFactory = _ => 32, HelpName = "N" };
        var seed = new Option<ulong>("--seed") { Description = "Decides weights, crops and masks.", DefaultValueFactory = _ => 1 };
        var command = new Command("try", "Take a few gradient steps on crops of a corpus, to see that training works here; nothing is kept.")
        {
            corpus, version, steps, batch, seed,
        };
        command.SetAction((arguments, cancel) => RunAsync(
            arguments.GetValue(corpus)!, arguments.GetValue(version),
            new FirstStepsOptions
            {
                Steps = arguments.GetValue(steps),
                Batch = arguments.GetValue(batch),
                Seed = arguments.GetValue(seed),
            },
            new Terminal(arguments), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string address, string? version, FirstStepsOptions options, Terminal terminal, CancellationToken cancel)
    {
        if (options.Steps < 1) throw new UsageException($"--steps {options.Steps}: expected 1 or more.");
        if (options.Batch is < 1 or > 4096) throw new UsageException($"--batch {options.Batch}: expected 1 to 4096.");
        var corpus = Corpora.OpenExisting(address);
        var manifest = await corpus.ReadManifestAsync(version, cancel);
        if (manifest.Totals.Segments == 0) throw new UsageException($"{address}: version {manifest.Id} holds no segment to train on.");
        var every = Math.Max(1, options.Steps / 8);
        var result = await FirstSteps.RunAsync(
            corpus.ReadSegmentsInTurnAsync(manifest, cancel), options,
            new StepProgress(step =>
            {
                if (step.Number == 1 || step.Number % every == 0) terminal.Note($"step {step.Number,4}  loss {step.Loss:0.000}");
            }),
            cancel);
        terminal.Result(
            new
            {
                version = manifest.Id,
                losses = result.Losses,
                firstLoss = result.FirstLoss,
                lastLoss = result.LastLoss,
                crops = result.Crops,
                liveTensorGrowth = result.LiveTensorGrowth,
                peakMemoryBytes = result.PeakMemoryBytes,
            },
            console => console.WriteLine(
                $"Loss {result.FirstLoss:0.000} -> {result.LastLoss:0.000} over {result.Losses.Count:N0} steps of {options.Batch} crops; " +
                $"{result.LiveTensorGrowth} tensors left behind, {Quantity.Bytes(result.PeakMemoryBytes)} at most."));
        return ExitCode.Done;
    }

    private sealed class StepProgress(Action<FirstStep> report) : IProgress<FirstStep>
    {
        public void Report(FirstStep value) => report(value);
    }
}
