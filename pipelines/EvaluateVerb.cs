using System.CommandLine;
using System.Text.Json;
using EcgData.Evaluation;
using EcgData.Evaluation.Probes;
using EcgData.Evaluation.Tasks;
using EcgData.Models.Checkpoints;
using EcgData.Shards;
using EcgData.Shards.Subsets;
using EcgData.Training;
using Spectre.Console;
using TorchSharp;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata evaluate CHECKPOINT --corpus CORPUS --task FILE</c>: a linear probe on frozen embeddings, beside a random encoder.</summary>
internal static class EvaluateVerb
{
    public static Command Create()
    {
        var checkpoint = new Argument<string>("checkpoint") { Description = "A checkpoint of 'ecgdata pretrain', or imported weights." };
        var corpus = new Option<string>("--corpus") { Description = "The corpus with the task's source.", HelpName = "URI", Required = true };
        var version = Corpora.VersionOption();
        var task = new Option<string>("--task") { Description = "A task, JSON, such as pipelines/recipes/tasks/ptb-xl-super.json.", HelpName = "FILE", Required = true };
        var subset = new Option<string?>("--subset")
        {
            Description = "The subset manifest that the encoder was pretrained on, with its decontamination certificate beside it.",
            HelpName = "FILE",
        };
        var without = new Option<string[]>("--without-certificate")
        {
            Description = "Judge although the encoder may have seen the test's patients: the task's source, by name.",
            HelpName = "SOURCE",
        };
        var epochs = new Option<int>("--epochs") { Description = "Epochs of the probe.", DefaultValueFactory = _ => new ProbeOptions().Epochs, HelpName = "N" };
        var seed = new Option<ulong>("--seed") { Description = "Decides the probe, the control and the resamples.", DefaultValueFactory = _ => 1, HelpName = "N" };
        var to = new Option<string?>("--out") { Description = "Write the result as JSON to this file too.", HelpName = "FILE" };
        var device = PretrainVerb.DeviceOption();
        var threads = PretrainVerb.ThreadsOption();
        var command = new Command("evaluate", "Judge an encoder by a linear probe, always beside one of random weights.")
        {
            checkpoint, corpus, version, task, subset, without, epochs, seed, to, device, threads,
        };
        command.SetAction((arguments, cancel) => new EvaluateCommand
        {
            Checkpoint = arguments.GetValue(checkpoint)!,
            Corpus = arguments.GetValue(corpus)!,
            VersionId = arguments.GetValue(version),
            Task = RecipeFile.Read<LabelTask>(arguments.GetValue(task)!, [], "label-task"),
            Subset = arguments.GetValue(subset),
            Without = arguments.GetValue(without) ?? [],
            Probe = new ProbeOptions { Epochs = arguments.GetValue(epochs), Seed = arguments.GetValue(seed) },
            To = arguments.GetValue(to),
            Device = PretrainVerb.Device(arguments.GetValue(device)!, arguments.GetValue(threads)),
        }.RunAsync(new Terminal(arguments), cancel));
        return command;
    }

    private sealed class EvaluateCommand
    {
        public required string Checkpoint { get; init; }

        public required string Corpus { get; init; }

        public required string? VersionId { get; init; }

        public required LabelTask Task { get; init; }

        public required string? Subset { get; init; }

        public required string[] Without { get; init; }

        public required ProbeOptions Probe { get; init; }

        public required string? To { get; init; }

        public required TorchSharp.torch.Device Device { get; init; }

        public async Task<int> RunAsync(Terminal terminal, CancellationToken cancel)
        {
            if (Probe.Epochs < 1) throw new UsageException($"--epochs {Probe.Epochs}: expected 1 or more.");
            var corpus = Corpora.OpenExisting(Corpus);
            var version = await corpus.ReadManifestAsync(VersionId, cancel);
            var certified = await CertifyAsync(corpus, version, await TaskRecords.LoadAsync(corpus, version, Task, cancel), cancel);
            var (encoder, options, input) = Checkpoints.Load(Checkpoint);
            using (encoder)
            {
                encoder.to(Device);
                var result = await LinearEvaluation.RunAsync(
                    corpus, version, Task, encoder, options, input,
                    new EvaluationOptions { CropSeconds = Checkpoints.CropSeconds(options, version.Recipe.SamplingFrequencyHz), Probe = Probe },
                    Device, new NoteProgress(terminal), cancel);
                var document = new { checkpoint = Checkpoint, mode = "linear", decontamination = certified, result };
                if (To is not null) await File.WriteAllTextAsync(To, JsonSerializer.Serialize(document, CorpusJson.Readable) + "\n", cancel);
                terminal.Result(document, console => Print(console, result, certified));
            }

            return ExitCode.Done;
        }

        /// <summary>The gate: no score where the encoder may have seen whom it is judged on, unless that is said by name.</summary>
        private async Task<IReadOnlyList<DecontaminationOutcome>> CertifyAsync(CorpusStore corpus, VersionManifest version, TaskRecords records, CancellationToken cancel)
        {
            var judged = new EvaluationTask(Task.Source, [.. records.ValidationFolds.Concat(records.TestFolds).Order()]);
            if (Without.Contains(Task.Source) || Without.Contains(judged.ToString())) return [new DecontaminationOutcome(judged.ToString(), null)];
            var plan = PlanOf();
            if (Subset is null)
            {
                throw new UsageException(
                    $"{Checkpoint}: nothing shows that it was pretrained without the patients of {judged}. Expected --subset FILE with the certificate that " +
                    $"'ecgdata subset --exclude-evaluation {judged}' writes, or --without-certificate {Task.Source} if it may have seen them.");
            }

            var subset = await SubsetManifest.ReadAsync(Subset, cancel);
            if (plan?.Subset != subset.Digest)
            {
                throw new UsageException(
                    $"{Checkpoint}: it was pretrained on {(plan?.Subset is { } digest ? $"the subset {digest}" : "no subset that it names")}; {Subset} is " +
                    $"{subset.Digest}. Expected the subset that it was pretrained on.");
            }

            // The subset may be one of another version: its certificate speaks of that one.
            var trained = subset.Version == version.Id ? version : await corpus.ReadManifestAsync(subset.Version, cancel);
            return await DecontaminationCheck.RunAsync(corpus, trained, subset, [judged], [], cancel);
        }

        private PretrainPlan? PlanOf()
        {
            using var file = Checkpoints.Open(Checkpoint);
            return file.Metadata.TryGetValue("plan", out var plan) ? JsonSerializer.Deserialize<PretrainPlan>(plan, CorpusJson.Recipe) : null;
        }
    }

    private static void Print(IAnsiConsole console, LinearResult result, IReadOnlyList<DecontaminationOutcome> certified)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("encoder", "macro AUROC", "95 %", "defined classes", "macro AUPRC", "micro AUROC", "epoch");
        foreach (var one in new[] { result.Pretrained, result.Random })
        {
            table.AddRow(
                one.Encoder, $"{one.MacroAuroc.Point:0.0000}", $"{one.MacroAuroc.Low:0.0000} to {one.MacroAuroc.High:0.0000}",
                $"{one.MacroAurocDefined.Point:0.0000}", $"{one.MacroAuprc.Point:0.0000}", $"{one.MicroAuroc:0.0000}", $"{one.Epoch}");
        }

        console.Write(table);
        console.WriteLine(
            $"{result.Task}: {result.TestRecords:N0} test records, {result.Pretrained.Classes.Count:N0} classes; pretrained less random " +
            $"{result.Difference.Point:+0.0000;-0.0000} ({result.Difference.Low:+0.0000;-0.0000} to {result.Difference.High:+0.0000;-0.0000}); " +
            $"{(certified[0].Certificate is { } digest ? $"certificate {digest[..12]}" : "no certificate asked")}.");
    }

    private sealed class NoteProgress(Terminal terminal) : IProgress<string>
    {
        public void Report(string value) => terminal.Note(value);
    }
}
