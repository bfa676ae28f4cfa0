namespace EcgData.Evaluation.Tasks;

/// <summary>A task: tell a source's labels from its signals. A JSON file; schema: label-task.schema.json.</summary>
public sealed record LabelTask
{
    /// <summary>Name in results, <c>ptb-xl-super</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Name of the source in the corpus.</summary>
    public string Source { get; init; } = "";

    /// <summary>The labels that make each class: a record with any of them has it. Empty: every label with the prefix is a class of its own.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Classes { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Of the labels that are classes where <see cref="Classes"/> names none, <c>scp:</c>.</summary>
    public string LabelPrefix { get; init; } = "";

    /// <summary>Classes that fewer kept records have are left out. Counts the test records too, as the study does: it decides what is asked, not the answer.</summary>
    public int LeastRecords { get; init; } = 10;

    /// <summary>Folds that the probe is chosen by; null: the last but one.</summary>
    public IReadOnlyList<int>? ValidationFolds { get; init; }

    /// <summary>Folds that it is judged on; null: the last. All others train.</summary>
    public IReadOnlyList<int>? TestFolds { get; init; }
}
