using System.CommandLine;
using EcgData.Shards;
using EcgData.Shards.Subsets;
using EcgData.Training;
using Spectre.Console;
using TorchSharp;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata pretrain [RECIPE] --corpus CORPUS</c>: one run, or what is left of it.</summary>
internal static class PretrainVerb
{
    public static Command Create()
    {
        var recipe = new Argument<string?>("recipe") { Description = "A pretraining recipe, JSON. Default: CPC with S4, as in the study.", Arity = ArgumentArity.ZeroOrOne };
        var corpus = new Option<string?>("--corpus") { Description = "The corpus; in place of the recipe's.", HelpName = "URI" };
        var version = Corpora.VersionOption();
        var subset = new Option<string?>("--subset") { Description = "A subset manifest; in place of the recipe's. Default: the whole version.", HelpName = "FILE" };
        var runs = new Option<string>("--runs") { Description = "Where the folders of runs are made.", DefaultValueFactory = _ => "runs", HelpName = "DIR" };
        var set = new Option<string[]>("--set") { Description = "Override a value of the recipe, such as objective.kind=jepa; repeat it for more.", HelpName = "KEY=VALUE" };
        var device = DeviceOption();
        var threads = ThreadsOption();
        var command = new Command("pretrain", "Pretrain an encoder without labels. Started again, it goes on where it was.")
        {
            recipe, corpus, version, subset, runs, set, device, threads,
        };
        command.SetAction((arguments, cancel) =>
        {
            var read = RecipeFile.Read<PretrainRecipe>(arguments.GetValue(recipe), arguments.GetValue(set) ?? [], "pretrain-recipe");
            read = read with
            {
                Corpus = arguments.GetValue(corpus) ?? read.Corpus,
                Version = arguments.GetValue(version) ?? read.Version,
                Subset = arguments.GetValue(subset) ?? read.Subset,
            };
            return RunAsync(read, arguments.GetValue(runs)!, arguments.GetValue(device)!, arguments.GetValue(threads), new Terminal(arguments), cancel);
        });
        return command;
    }

    public static Option<string> DeviceOption() => new("--device")
    {
        Description = "cpu, or cuda where the program was built with TORCH=cuda (untested).",
        DefaultValueFactory = _ => "cpu",
    };

    public static Option<int?> ThreadsOption() => new("--threads")
    {
        Description = "Threads of torch. Sums depend on it in their last bits: a run has to go on with as many as it began with. Default: torch's.",
        HelpName = "N",
    };

    /// <exception cref="UsageException">No such device here, or no thread.</exception>
    public static torch.Device Device(string name, int? threads)
    {
        if (threads is < 1) throw new UsageException($"--threads {threads}: expected 1 or more.");
        if (threads is { } number) torch.set_num_threads(number);
        if (name == "cpu") return torch.CPU;
        if (name != "cuda") throw new UsageException($"--device {name}: expected cpu or cuda.");
        return torch.cuda.is_available()
            ? torch.CUDA
            : throw new UsageException("--device cuda: torch finds no CUDA device. Build with 'make clean build TORCH=cuda' and run on a machine that has one, or use cpu.");
    }

    private static async Task<int> RunAsync(
        PretrainRecipe recipe, string runs, string deviceName, int? threads, Terminal terminal, CancellationToken cancel)
    {
        if (recipe.Corpus is null) throw new UsageException("No corpus is named. Expected --corpus URI, or 'corpus' in the recipe.");
        var device = Device(deviceName, threads);
        var corpus = Corpora.OpenExisting(recipe.Corpus);
        var subset = recipe.Subset is null ? null : await SubsetManifest.ReadAsync(recipe.Subset, cancel);
        var version = await corpus.ReadManifestAsync(recipe.Version ?? subset?.Version, cancel);
        var selection = subset is null ? null : await subset.LoadSelectionAsync(corpus, version, cancel);
        var rows = await TrainingRows.LoadAsync(corpus, version, selection, recipe.Validation.Folds, cancel: cancel);
        var plan = Plan(recipe, rows, version, subset, subset is null ? null : await CertificateAsync(recipe.Subset!, cancel));
        var folder = Path.Join(runs, plan.RunId);
        using var run = new RunFolder(folder, plan);
        terminal.Note($"{folder}: {(run.Latest is { } latest ? $"going on from {Path.GetFileName(latest)}" : "a new run")}, {torch.get_num_threads()} threads of torch");

        PretrainResult result;
        var last = default(PretrainStep);
        using (var progress = new LiveProgress(
            terminal, "steps", recipe.Steps ?? 0, () => last.Number, () => $"epoch {last.Epoch}, loss {last.Loss:0.####}, {last.Waited:0.0%} waiting for data", () => last.Of))
        {
            // A thread of its own: torch's scopes belong to one thread, and an await may come back on another.
            result = await Task.Factory.StartNew(
                () => PretrainRun.Run(plan, rows, run, device, TimeProvider.System, new StepProgress(step => last = step), cancel),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        terminal.Result(
            new
            {
                run = folder,
                hash = plan.Hash,
                version = version.Id,
                subset = subset?.Digest,
                checkpoint = run.Latest,
                result.Steps,
                result.Epochs,
                result.ResumedFrom,
                result.CropsPerEpoch,
                result.Loss,
                result.BestValidationLoss,
                result.Stopped,
                result.CropsPerSecond,
                waitingShare = result.Waited,
            },
            console =>
            {
                if (result.Stopped is { } reason) console.MarkupLineInterpolated($"[red]Stopped[/]: {reason}");
                console.WriteLine(
                    $"{folder}: {result.Steps:N0} steps, {result.Epochs:N0} epochs, loss {result.Loss:0.####}, best validation loss {result.BestValidationLoss:0.####}; " +
                    $"{result.CropsPerSecond:N0} crops/s, {result.Waited:0.0%} waiting for data.");
            });
        return result.Stopped is null ? ExitCode.Done : ExitCode.NotAllTrue;
    }

    private static PretrainPlan Plan(PretrainRecipe recipe, TrainingRows rows, VersionManifest version, SubsetManifest? subset, string? certificate)
    {
        try
        {
            return PretrainPlan.Create(recipe, rows.Index.SamplingFrequencyHz, version.Id, subset?.Digest, certificate);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Digest of the certificate beside a subset, or null where there is none.</summary>
    private static async Task<string?> CertificateAsync(string subset, CancellationToken cancel) =>
        File.Exists(DecontaminationCertificate.PathOf(subset)) ? (await DecontaminationCertificate.ReadAsync(DecontaminationCertificate.PathOf(subset), cancel)).Digest : null;

    private sealed class StepProgress(Action<PretrainStep> report) : IProgress<PretrainStep>
    {
        public void Report(PretrainStep value) => report(value);
    }
}
