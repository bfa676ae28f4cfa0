using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Evaluation.Tasks;

public enum TaskSplit
{
    Training,
    Validation,
    Test,
}

/// <summary>A record of a task.</summary>
/// <param name="Labels">Whether it has each class.</param>
public sealed record TaskRecord(string RecordId, string Patient, TaskSplit Split, bool[] Labels);

/// <summary>The records, classes and folds that a task comes to in a version of a corpus.</summary>
public sealed class TaskRecords
{
    private TaskRecords(LabelTask task, IReadOnlyList<string> classes, IReadOnlyList<TaskRecord> records, IReadOnlyList<int> validation, IReadOnlyList<int> test)
    {
        (Task, Classes, Records, ValidationFolds, TestFolds) = (task, classes, records, validation, test);
    }

    public LabelTask Task { get; }

    /// <summary>In ordinal order, where the task does not name them.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Kept records of the source, in the order of the catalogue.</summary>
    public IReadOnlyList<TaskRecord> Records { get; }

    public IReadOnlyList<int> ValidationFolds { get; }

    public IReadOnlyList<int> TestFolds { get; }

    /// <exception cref="InvalidDataException">The corpus does not have what the task asks for.</exception>
    public static async Task<TaskRecords> LoadAsync(CorpusStore corpus, VersionManifest version, LabelTask task, CancellationToken cancel = default)
    {
        var rows = new List<CatalogueRow>();
        await foreach (var row in corpus.ReadCatalogueAsync(version, cancel))
        {
            if (row.Shard is not null && row.RecordId.StartsWith(task.Source + "/", StringComparison.Ordinal)) rows.Add(row);
        }

        var folds = rows.Select(row => row.Fold).Distinct().Order().ToList();
        if (folds.Count < 3)
        {
            throw new InvalidDataException(
                $"Task {task.Name}: version {version.Id} has {rows.Count} kept records of source '{task.Source}' in {folds.Count} folds; expected three folds or " +
                "more. Build the corpus with that source, or correct the task's source.");
        }

        var (validation, test) = (task.ValidationFolds ?? [folds[^2]], task.TestFolds ?? [folds[^1]]);
        var classes = ClassesOf(task, rows);
        if (classes.Count == 0)
        {
            throw new InvalidDataException(
                $"Task {task.Name}: no class has {task.LeastRecords} of {rows.Count} records; expected one or more. Correct the task's classes, labelPrefix or leastRecords.");
        }

        var records = rows.Select(row => new TaskRecord(
            row.RecordId, row.Patient, test.Contains(row.Fold) ? TaskSplit.Test : validation.Contains(row.Fold) ? TaskSplit.Validation : TaskSplit.Training,
            [.. classes.Select(one => row.Labels.Any(one.Value.Contains))])).ToList();
        foreach (var split in Enum.GetValues<TaskSplit>())
        {
            if (!records.Exists(record => record.Split == split))
                throw new InvalidDataException($"Task {task.Name}: no record is for {split}; the folds are {string.Join(", ", folds)}. Correct the task's folds.");
        }

        return new TaskRecords(task, [.. classes.Select(one => one.Key)], records, validation, test);
    }

    /// <summary>The rows of the task's records.</summary>
    public async Task<RowSelection> SelectAsync(CorpusStore corpus, VersionManifest version, RowGroupIndex index, CancellationToken cancel = default)
    {
        var ids = Records.Select(record => record.RecordId).ToHashSet(StringComparer.Ordinal);
        var parts = await RowParts.ShareAsync(corpus, version, index, within: null, 1, row => ids.Contains(row.RecordId) ? 0 : RowParts.None, cancel);
        return parts[0];
    }

    private static List<KeyValuePair<string, HashSet<string>>> ClassesOf(LabelTask task, List<CatalogueRow> rows)
    {
        var wanted = task.Classes.Count > 0
            ? task.Classes.Select(one => KeyValuePair.Create(one.Key, one.Value.ToHashSet(StringComparer.Ordinal)))
            : rows.SelectMany(row => row.Labels).Where(label => label.StartsWith(task.LabelPrefix, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal).Select(label => KeyValuePair.Create(label, new HashSet<string>(StringComparer.Ordinal) { label }));
        return [.. wanted.Where(one => rows.Count(row => row.Labels.Any(one.Value.Contains)) >= task.LeastRecords)];
    }
}
