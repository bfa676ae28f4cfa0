using System.Globalization;
using System.Text.Json;
using EcgData.Models.Checkpoints;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using EcgData.Shards;
using TorchSharp;

namespace EcgData.Training;

/// <summary>What a run remembers beside its tensors and its position.</summary>
/// <param name="BestLoss">Least validation loss so far.</param>
/// <param name="BadLooks">See <see cref="CollapseWatch"/>.</param>
/// <param name="Stopped">Why it was stopped for good; null: it was not.</param>
/// <param name="Finished">All steps are done, and validated.</param>
public readonly record struct RunMemory(RunPosition Position, double BestLoss, int BadLooks, string? Stopped, bool Finished)
{
    public static RunMemory Start => new(default, double.PositiveInfinity, 0, null, false);
}

/// <summary>
/// The folder of a run: run.json (the plan), metrics.jsonl, checkpoints/, events/ for TensorBoard. Nothing in run.json and metrics.jsonl
/// depends on when, where or how often the run was started.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private const string BestLossKey = "best_loss";
    private const string BadLooksKey = "bad_looks";
    private const string StoppedKey = "stopped";
    private const string FinishedKey = "finished";
    private const string MetricsBytesKey = "metrics_bytes";

    private readonly PretrainPlan _plan;
    private readonly CheckpointFolder _checkpoints;
    private readonly FileStream _metrics;

    /// <exception cref="InvalidDataException">The folder is that of another run.</exception>
    public RunFolder(string path, PretrainPlan plan)
    {
        (Path, _plan) = (path, plan);
        Directory.CreateDirectory(path);
        var document = System.IO.Path.Join(path, "run.json");
        var text = JsonSerializer.Serialize(new { hash = plan.Hash, plan.Recipe, plan.Version, plan.Subset, plan.Certificate }, CorpusJson.Readable) + "\n";
        if (!File.Exists(document))
        {
            File.WriteAllText(document + ".partial", text);
            File.Move(document + ".partial", document, overwrite: true);
        }
        else if (File.ReadAllText(document) != text)
        {
            throw new InvalidDataException(
                $"{document}: the run there has another recipe, version or subset; expected the one with hash {plan.Hash}. " +
                "Give the run a folder of its own, or the recipe that this one was begun with.");
        }

        _checkpoints = new CheckpointFolder(System.IO.Path.Join(path, "checkpoints"), plan.Recipe.Checkpoints.KeepLast);
        _metrics = new FileStream(System.IO.Path.Join(path, "metrics.jsonl"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
    }

    public string Path { get; }

    public string EventsPath => System.IO.Path.Join(Path, "events");

    /// <summary>The latest checkpoint, or null.</summary>
    public string? Latest => _checkpoints.Latest();

    /// <summary>Loads the latest checkpoint, if there is one, and cuts off the metrics that were written after it.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or of another run.</exception>
    public RunMemory Resume(Encoder student, Objective objective, AdamW optimiser)
    {
        var memory = RunMemory.Start;
        var metricsBytes = 0L;
        if (_checkpoints.Latest() is { } path)
        {
            using var file = SafetensorsFile.Open(path);
            var hash = file.Metadata.GetValueOrDefault(EncoderFile.RunHashKey);
            if (hash != _plan.Hash)
            {
                throw new InvalidDataException(
                    $"{path}: it is a checkpoint of the run with hash {hash}; expected {_plan.Hash}. Give this run a folder of its own.");
            }

            Checkpoint.Load(file, Checkpoint.EncoderPrefix, student);
            Checkpoint.Load(file, Checkpoint.ObjectivePrefix, objective);
            memory = new RunMemory(
                Checkpoint.PositionOf(file), double.Parse(file.Metadata[BestLossKey], CultureInfo.InvariantCulture),
                int.Parse(file.Metadata[BadLooksKey], CultureInfo.InvariantCulture), file.Metadata.GetValueOrDefault(StoppedKey),
                file.Metadata.ContainsKey(FinishedKey));
            optimiser.Load(file, memory.Position.Step);
            metricsBytes = long.Parse(file.Metadata[MetricsBytesKey], CultureInfo.InvariantCulture);
        }

        _metrics.SetLength(Math.Min(_metrics.Length, metricsBytes));
        _metrics.Position = _metrics.Length;
        return memory;
    }

    /// <summary>Adds a line to the metrics.</summary>
    public void AddMetrics<T>(T line)
    {
        JsonSerializer.Serialize(_metrics, line, CorpusJson.Compact);
        _metrics.WriteByte((byte)'\n');
    }

    public void FlushMetrics() => _metrics.Flush();

    /// <param name="isBest">Whether it validated better than any before.</param>
    public void Save(RunMemory memory, Encoder student, Objective objective, AdamW optimiser, bool isBest)
    {
        _metrics.Flush(flushToDisk: true);   // first: a checkpoint never speaks of metrics that are not there
        var documents = new Dictionary<string, string>(EncoderFile.Describe(_plan.Recipe.Encoder, objective.Input), StringComparer.Ordinal)
        {
            [EncoderFile.RunHashKey] = _plan.Hash,
            ["plan"] = JsonSerializer.Serialize(_plan, CorpusJson.Compact),
            [BestLossKey] = memory.BestLoss.ToString("R", CultureInfo.InvariantCulture),
            [BadLooksKey] = memory.BadLooks.ToString(CultureInfo.InvariantCulture),
            [MetricsBytesKey] = _metrics.Length.ToString(CultureInfo.InvariantCulture),
        };
        if (memory.Stopped is { } reason) documents[StoppedKey] = reason;
        if (memory.Finished) documents[FinishedKey] = "true";
        var path = _checkpoints.PathOf(memory.Position.Step);
        Checkpoint.Write(
            path, memory.Position, [(Checkpoint.EncoderPrefix, student), (Checkpoint.ObjectivePrefix, objective)], optimiser.State(), documents);
        if (isBest) _checkpoints.MakeBest(path);
        _checkpoints.Trim();
    }

    public void Dispose() => _metrics.Dispose();
}
