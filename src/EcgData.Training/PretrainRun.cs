using System.Diagnostics;
using EcgData.Models;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using EcgData.Shards.Reading;
using EcgData.Training.TensorBoard;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Training;

/// <summary>A finished step.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Of">Steps of the whole run.</param>
/// <param name="Waited">Share of the time since the start that the run has waited for data.</param>
/// <param name="LiveTensors">Tensors of this thread that are alive after the step: the same after each.</param>
public readonly record struct PretrainStep(long Number, long Of, int Epoch, double Loss, double Waited, long LiveTensors);

/// <summary>What became of a run.</summary>
public sealed record PretrainResult
{
    public required long Steps { get; init; }

    public required int Epochs { get; init; }

    /// <summary>Of the last step; null where this start made none.</summary>
    public required double? Loss { get; init; }

    /// <summary>Least validation loss; null where there was no validation.</summary>
    public required double? BestValidationLoss { get; init; }

    /// <summary>Why it was stopped; null: it ran to its end.</summary>
    public required string? Stopped { get; init; }

    /// <summary>Step that this start went on from.</summary>
    public required long ResumedFrom { get; init; }

    /// <summary>Training crops of an epoch that an encoder saw, and those that the last, short batch lost.</summary>
    public required long CropsPerEpoch { get; init; }

    public required double CropsPerSecond { get; init; }

    /// <summary>Share of the time that the run waited for data.</summary>
    public required double Waited { get; init; }
}

/// <summary>Pretraining. The same plan and rows make the same weights, however often the run is stopped and started again.</summary>
public static class PretrainRun
{
    private const string ValidationPurpose = "validation";

    /// <summary>
    /// Goes on from the folder's latest checkpoint, or begins, and returns when the run is over. On the calling thread, because torch keeps
    /// dispose scopes and gradient modes per thread.
    /// </summary>
    /// <exception cref="InvalidDataException">Too few crops, a damaged shard or checkpoint.</exception>
    /// <exception cref="OperationCanceledException">After the step in hand; there is a checkpoint of it.</exception>
    public static PretrainResult Run(
        PretrainPlan plan, TrainingRows rows, RunFolder folder, Device device, TimeProvider clock, IProgress<PretrainStep>? progress = null,
        CancellationToken cancel = default)
    {
        var recipe = plan.Recipe;
        using var student = Encoders.Create(recipe.Encoder, recipe.Seed);
        using var objective = Objectives.Create(recipe.Objective, student, recipe.Encoder, recipe.Seed);
        student.to(device);
        objective.to(device);
        using var optimiser = new AdamW(Groups(student, objective, recipe.Optimiser), recipe.Optimiser.WeightDecay);
        var memory = folder.Resume(student, objective, optimiser);
        var (resumedFrom, perEpoch) = (memory.Position.Step, CropsPerEpoch(recipe, rows));
        var steps = Math.Min(recipe.Steps ?? long.MaxValue, recipe.Epochs * (perEpoch / recipe.Batch));
        var watch = new CollapseWatch(recipe.StopRules) { BadLooks = memory.BadLooks };
        using var events = new EventFile(folder.EventsPath, StartsIn(folder.EventsPath), resumedFrom, clock);
        using var tensors = new BatchTensors(recipe.Batch, recipe.Encoder.Leads, CropSamples(recipe, rows), device);
        var (time, stalled, loss) = (Stopwatch.StartNew(), TimeSpan.Zero, (double?)null);

        while (!memory.Finished && memory.Stopped is null)
        {
            using var reader = Open(recipe, rows, memory.Position, cancel);
            using var crops = reader.CreateBatch();
            while (memory.Position.Step < steps && memory.Stopped is null && ReadOrSave(reader, crops))
            {
                var step = memory.Position.Step;
                var height = RateSchedule.HeightAt(step, steps, recipe.Schedule);
                var (value, figures) = Step(student, objective, optimiser, tensors, crops, height, KeyOf(recipe.Seed, step++), recipe.Optimiser.GradientNorm);
                loss = value;
                memory = memory with { Position = new(step, memory.Position.Epoch, reader.Position) };
                var waited = (stalled + reader.Times.Stalled) / time.Elapsed;
                progress?.Report(new PretrainStep(step, steps, memory.Position.Epoch, value, waited, DisposeScopeManager.Statistics.ThreadTotalLiveCount));
                if (!double.IsFinite(value)) return Result($"The loss of step {step} is {value}: the run has diverged. Lower the rates, or set optimiser.gradientNorm.");
                if (step % recipe.LogEverySteps == 0) Log(folder, events, memory.Position.Epoch, step, value, height, figures, waited);
                if (step == steps || EndsEpoch(reader)) continue;   // validated and saved below
                var isBest = IsDue(step, recipe.Validation.EverySteps) && Validate();
                if (isBest || IsDue(step, recipe.Checkpoints.EverySteps) || memory.Stopped is not null) folder.Save(memory, student, objective, optimiser, isBest);
            }

            stalled += reader.Times.Stalled;
            if (memory.Stopped is not null) break;
            var position = memory.Position;
            memory = memory with { Position = EndsEpoch(reader) ? new(position.Step, position.Epoch + 1, 0) : position, Finished = position.Step == steps };
            var best = Validate();
            folder.Save(memory, student, objective, optimiser, best);
        }

        return Result(memory.Stopped);

        static bool IsDue(long step, long every) => every > 0 && step % every == 0;

        bool EndsEpoch(CropReader reader) => reader.Position + recipe.Batch > reader.Items;

        // Between two steps, where a run may be cut without a trace.
        bool ReadOrSave(CropReader reader, CropBatch crops)
        {
            try
            {
                return reader.Read(crops, cancel);
            }
            catch (OperationCanceledException)
            {
                folder.Save(memory, student, objective, optimiser, isBest: false);
                throw;
            }
        }

        PretrainResult Result(string? stopped) => new()
        {
            Steps = memory.Position.Step,
            Epochs = memory.Position.Epoch,
            Loss = loss,
            BestValidationLoss = double.IsFinite(memory.BestLoss) ? memory.BestLoss : null,
            Stopped = stopped,
            ResumedFrom = resumedFrom,
            CropsPerEpoch = perEpoch,
            CropsPerSecond = (memory.Position.Step - resumedFrom) * recipe.Batch / time.Elapsed.TotalSeconds,
            Waited = stalled / time.Elapsed,
        };

        bool Validate()
        {
            var (validationLoss, figures) = Validation(student, objective, tensors, rows, recipe, cancel);
            var follows = objective is MaskedObjective masked && masked.Teacher.Mode == TeacherMode.Ema;
            var reason = watch.Judge(figures, follows);
            var isBest = validationLoss < memory.BestLoss;
            var position = memory.Position;
            memory = memory with { BestLoss = isBest ? validationLoss!.Value : memory.BestLoss, BadLooks = watch.BadLooks, Stopped = reason };
            folder.AddMetrics(new { step = position.Step, epoch = position.Epoch, validationLoss, figures });
            folder.FlushMetrics();
            events.Write(position.Step, figures.Select(figure => KeyValuePair.Create("validation/" + figure.Key, figure.Value))
                .Concat(validationLoss is { } known ? [KeyValuePair.Create("loss/validation", known)] : []));
            return isBest;
        }
    }

    /// <summary>One update. Nothing that it makes outlives it.</summary>
    private static (double Loss, IReadOnlyDictionary<string, double> Figures) Step(
        Encoder student, Objective objective, AdamW optimiser, BatchTensors tensors, CropBatch crops, double height, ulong key, double? gradientNorm)
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        manual_seed(unchecked((long)key)).Dispose();   // dropout: the one thing that draws from torch's generator
        student.train();
        optimiser.ClearGradients();
        var loss = objective.Loss(student, tensors.Millivolt(crops), key);
        loss.Value.backward();
        var figures = new Dictionary<string, double>(loss.Figures, StringComparer.Ordinal);
        if (gradientNorm is { } largest) figures["gradientNorm"] = optimiser.ClipGradients(largest);
        optimiser.Step(height);
        objective.AfterStep(student);
        return (loss.Value.ToDouble(), figures);
    }

    /// <summary>Mean loss over the validation's crops, the same ones with the same draws each time, and what the collapse watch looks at.</summary>
    private static (double? Loss, Dictionary<string, double> Figures) Validation(
        Encoder student, Objective objective, BatchTensors tensors, TrainingRows rows, PretrainRecipe recipe, CancellationToken cancel)
    {
        using var noGradient = no_grad();
        student.eval();
        var hasFold = rows.Validation is not null;
        var order = Order(recipe) with { Ordered = true, Unit = ItemUnit.Segment, Crops = CropPlacement.Consecutive };
        var options = new ReadingOptions { Order = order, Batch = recipe.Batch };
        using var reader = CropReader.Open(rows.Index, rows.Version, rows.Validation ?? rows.Training, options, rows.Source, cancel);
        using var crops = reader.CreateBatch();
        var (sum, count, figures, sums) = (0.0, 0L, new Dictionary<string, double>(), new Dictionary<string, double>(StringComparer.Ordinal));
        var most = !hasFold ? 1 : recipe.Validation.LargestBatches == 0 ? int.MaxValue : recipe.Validation.LargestBatches;
        for (var batch = 0; batch < most && reader.Read(crops, cancel); batch++)
        {
            using var uncollected = NoCollection.Begin();
            using var scope = NewDisposeScope();
            var millivolt = tensors.Millivolt(crops);
            if (batch == 0) figures = CollapseWatch.Look(student, objective, millivolt);
            var loss = objective.Loss(student, millivolt, KeyedRandom.Combine(KeyedRandom.Combine(recipe.Seed, KeyedRandom.KeyOf(ValidationPurpose)), (ulong)batch));
            sum += loss.Value.ToDouble() * crops.Count;
            count += crops.Count;
            foreach (var (name, value) in loss.Figures) sums[name] = sums.GetValueOrDefault(name) + value * crops.Count;
        }

        foreach (var (name, value) in sums) figures[name] = value / count;
        return (hasFold && count > 0 ? sum / count : null, figures);
    }

    private static void Log(
        RunFolder folder, EventFile events, int epoch, long step, double loss, double height, IReadOnlyDictionary<string, double> figures, double waited)
    {
        folder.AddMetrics(new { step, epoch, loss, rate = height, figures });
        folder.FlushMetrics();
        events.Write(step, figures.Select(figure => KeyValuePair.Create("training/" + figure.Key, figure.Value))
            .Concat([KeyValuePair.Create("loss/training", loss), KeyValuePair.Create("rate/height", height), KeyValuePair.Create("time/waited", waited)]));
    }

    private static List<ParameterGroup> Groups(Encoder student, Objective objective, OptimiserOptions options)
    {
        var named = student.named_parameters().Select(entry => ("encoder." + entry.name, entry.parameter))
            .Concat(objective.named_parameters().Select(entry => ("objective." + entry.name, entry.parameter))).ToList();
        List<(string, TorchSharp.Modules.Parameter)> Of(IEnumerable<TorchSharp.Modules.Parameter> wanted)
        {
            var handles = wanted.Select(parameter => parameter.Handle).ToHashSet();
            return [.. named.Where(entry => handles.Contains(entry.parameter.Handle))];
        }

        return
        [
            new("head", options.HeadRate, Of(objective.HeadParameters())),
            new("backbone", options.BackboneRate, Of(student.Backbone.parameters().Concat(objective.MaskParameters()))),
            new("stem", options.StemRate, Of(student.Stem.parameters())),
        ];
    }

    private static CropReader Open(PretrainRecipe recipe, TrainingRows rows, Models.Checkpoints.RunPosition position, CancellationToken cancel)
    {
        var options = new ReadingOptions
        {
            Order = Order(recipe) with { Epoch = position.Epoch },
            Batch = recipe.Batch,
            From = position.Position,
            DropLast = true,
        };
        return CropReader.Open(rows.Index, rows.Version, rows.Training, options, rows.Source, cancel);
    }

    private static OrderOptions Order(PretrainRecipe recipe) =>
        new() { Seed = recipe.Seed, CropSeconds = recipe.CropSeconds, OpenRowGroups = recipe.OpenRowGroups };

    private static long CropsPerEpoch(PretrainRecipe recipe, TrainingRows rows)
    {
        var order = new ReadingOrder(rows.Index, rows.Training, Order(recipe));
        if (order.Items >= recipe.Batch) return order.Items;
        throw new InvalidDataException(
            $"Version {rows.Version}: {order.Items} records train, and {order.TooShort} more are shorter than {recipe.CropSeconds} s; expected a batch of " +
            $"{recipe.Batch} or more. Make batch or cropSeconds smaller, or take a larger subset.");
    }

    private static int CropSamples(PretrainRecipe recipe, TrainingRows rows) => (int)Math.Round(recipe.CropSeconds * rows.Index.SamplingFrequencyHz);

    private static ulong KeyOf(ulong seed, long step) => KeyedRandom.Combine(KeyedRandom.Combine(seed, KeyedRandom.KeyOf("step")), (ulong)step);

    private static int StartsIn(string events) => Directory.Exists(events) ? Directory.EnumerateFiles(events).Count() : 0;
}
