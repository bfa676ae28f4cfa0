using EcgData.Evaluation.Metrics;
using EcgData.Evaluation.Probes;
using EcgData.Evaluation.Tasks;
using EcgData.Models;
using EcgData.Models.Encoders;
using EcgData.Shards;
using EcgData.Shards.Reading;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Evaluation;

/// <summary>What is needed beside a task to judge an encoder on it.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Length of a crop in seconds: the one that the encoder was trained with.</summary>
    public double CropSeconds { get; init; } = 2.5;

    /// <summary>Crops that are encoded at a time.</summary>
    public int Batch { get; init; } = 64;

    public ProbeOptions Probe { get; init; } = new();

    /// <summary>Resamples of the test's patients.</summary>
    public int Resamples { get; init; } = Bootstrap.Resamples;
}

/// <summary>A class and how well it is told.</summary>
/// <param name="Auroc">null where the test has no positive or no negative.</param>
public sealed record ClassScore(string Name, int Positives, double? Auroc, double? Auprc);

/// <summary>A score that JSON can carry: null where it is not defined.</summary>
public sealed record ScoreInterval(double? Point, double? Low, double? High)
{
    internal static ScoreInterval Of(Interval interval) => new(Finite(interval.Point), Finite(interval.Low), Finite(interval.High));

    internal static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>How one encoder did.</summary>
/// <param name="MacroAuroc">Classes without positives or negatives count 0.5, as in the study.</param>
/// <param name="MacroAurocDefined">Those classes left out.</param>
/// <param name="Epoch">The probe's epoch that validated best, from 1.</param>
public sealed record EncoderScores(
    string Encoder, ScoreInterval MacroAuroc, ScoreInterval MacroAurocDefined, ScoreInterval MacroAuprc, double? MicroAuroc, int Epoch,
    double ValidationMacroAuroc, IReadOnlyList<ClassScore> Classes);

/// <summary>An encoder beside one of random weights, on one task.</summary>
/// <param name="Difference">Macro AUROC of the first less that of the second, on the same resamples of patients.</param>
public sealed record LinearResult(
    string Task, string Version, int TrainingRecords, int ValidationRecords, int TestRecords, int WithoutCrop, EncoderScores Pretrained, EncoderScores Random,
    ScoreInterval Difference);

/// <summary>Linear mode: a probe on frozen embeddings, always beside the same probe on those of an encoder that was never trained.</summary>
public static class LinearEvaluation
{
    /// <param name="encoder">In eval mode, on the device.</param>
    /// <param name="shape">What it was made with: the control is made likewise.</param>
    public static async Task<LinearResult> RunAsync(
        CorpusStore corpus, VersionManifest version, LabelTask task, Encoder encoder, EncoderOptions shape, InputScaling input, EvaluationOptions options,
        Device device, IProgress<string>? progress = null, CancellationToken cancel = default)
    {
        var records = await TaskRecords.LoadAsync(corpus, version, task, cancel);
        var index = await RowGroupIndex.LoadAsync(corpus, version, cancel);
        var rows = await records.SelectAsync(corpus, version, index, cancel);
        var source = new StoredRowGroups(corpus.Objects);
        progress?.Report($"{task.Name}: {records.Records.Count:N0} records, {records.Classes.Count:N0} classes");

        using var control = Encoders.Create(shape, KeyedRandom.Combine(options.Probe.Seed, KeyedRandom.KeyOf("control")));
        control.to(device);
        control.eval();
        var pretrained = Judge("pretrained", encoder);
        var random = Judge("random", control);

        double Difference(ReadOnlySpan<int> weights) =>
            pretrained.Scores.MacroAuroc(UndefinedClasses.CountAsChance, weights) - random.Scores.MacroAuroc(UndefinedClasses.CountAsChance, weights);
        return new LinearResult(
            task.Name, version.Id, pretrained.Parts[0].Records, pretrained.Parts[1].Records, pretrained.Parts[2].Records,
            records.Records.Count - pretrained.Parts.Sum(part => part.Records), pretrained.Result, random.Result,
            ScoreInterval.Of(Bootstrap.Of(Difference, Resamples(pretrained.Patients, options))));

        (EncoderScores Result, MultilabelScores Scores, List<int> Patients, ProbeData[] Parts) Judge(string name, Encoder one)
        {
            using var uncollected = NoCollection.Begin();
            using var scope = NewDisposeScope();
            using var reader = Embeddings.Open(index, version.Id, rows, source, options.CropSeconds, options.Batch, cancel);
            progress?.Report($"{name}: {reader.Items:N0} crops");
            var (parts, patients) = Share(records, Embeddings.Of(one, input, reader, options.Batch, device, cancel), one.Width);
            var (scores, epoch, validation) = LinearProbe.Run(parts[0], parts[1], parts[2], options.Probe);
            var judged = new MultilabelScores(scores, parts[2].Labels);
            progress?.Report($"{name}: macro AUROC {judged.MacroAuroc(UndefinedClasses.CountAsChance):0.0000}, epoch {epoch} of {options.Probe.Epochs}");
            return (Describe(name, judged, records, patients, epoch, validation, options), judged, patients, parts);
        }
    }

    /// <summary>The embeddings of each split, with the labels of the records that have a crop, and a number for each test record's patient.</summary>
    private static (ProbeData[] Parts, List<int> Patients) Share(TaskRecords task, IEnumerable<EmbeddingRow> embeddings, int width)
    {
        var numbers = task.Records.Index().ToDictionary(record => record.Item.RecordId, record => record.Index, StringComparer.Ordinal);
        var values = new[] { new List<float>(), [], [] };
        var recordOf = new[] { new List<int>(), [], [] };
        var places = new[] { new Dictionary<int, int>(), [], [] };
        foreach (var row in embeddings)
        {
            var record = numbers[row.RecordId];
            var split = (int)task.Records[record].Split;
            if (!places[split].TryGetValue(record, out var place)) places[split][record] = place = places[split].Count;
            recordOf[split].Add(place);
            values[split].AddRange(row.Values);
        }

        var parts = new ProbeData[3];
        for (var split = 0; split < parts.Length; split++)
        {
            if (recordOf[split].Count == 0)
                throw new InvalidDataException($"Task {task.Task.Name}: no record for {(TaskSplit)split} is as long as a crop. Take shorter crops, or correct the task's folds.");
            var labels = new double[places[split].Count, task.Classes.Count];
            foreach (var (record, place) in places[split])
            {
                for (var one = 0; one < task.Classes.Count; one++) labels[place, one] = task.Records[record].Labels[one] ? 1 : 0;
            }

            parts[split] = new ProbeData(tensor(values[split].ToArray(), [recordOf[split].Count, width]), [.. recordOf[split]], labels);
        }

        var patients = new Dictionary<string, int>(StringComparer.Ordinal);
        var tested = places[(int)TaskSplit.Test].OrderBy(entry => entry.Value).Select(entry => task.Records[entry.Key].Patient);
        return (parts, [.. tested.Select(patient => patients.TryGetValue(patient, out var number) ? number : patients[patient] = patients.Count)]);
    }

    private static EncoderScores Describe(
        string name, MultilabelScores scores, TaskRecords task, List<int> patients, int epoch, double validation, EvaluationOptions options)
    {
        ScoreInterval Of(WeightedScore score) => ScoreInterval.Of(Bootstrap.Of(score, Resamples(patients, options)));
        return new EncoderScores(
            name, Of(weights => scores.MacroAuroc(UndefinedClasses.CountAsChance, weights)), Of(weights => scores.MacroAuroc(UndefinedClasses.LeftOut, weights)),
            Of(weights => scores.MacroAuprc(UndefinedClasses.LeftOut, weights)), ScoreInterval.Finite(scores.MicroAuroc()), epoch, validation,
            [.. task.Classes.Select((one, index) => new ClassScore(
                one, scores.Classes[index].Positives, ScoreInterval.Finite(scores.Classes[index].Auroc()), ScoreInterval.Finite(scores.Classes[index].Auprc())))]);
    }

    private static IEnumerable<int[]> Resamples(List<int> patients, EvaluationOptions options) => Bootstrap.Draw(patients, options.Probe.Seed, options.Resamples);
}
