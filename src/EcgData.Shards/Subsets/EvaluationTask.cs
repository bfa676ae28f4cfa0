using System.Globalization;

namespace EcgData.Shards.Subsets;

/// <summary>Records that models are judged on: folds of a source, or all of it.</summary>
/// <param name="Source">Name in the corpus, <c>ptb-xl</c>.</param>
/// <param name="Folds">In rising order; empty: all.</param>
public sealed record EvaluationTask(string Source, IReadOnlyList<int> Folds)
{
    /// <summary>Of <c>ptb-xl:9,10</c> or <c>ptb-xl</c>.</summary>
    /// <exception cref="FormatException">Not of that form.</exception>
    public static EvaluationTask Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        var source = colon < 0 ? text : text[..colon];
        var folds = new SortedSet<int>();
        foreach (var part in colon < 0 ? [] : text[(colon + 1)..].Split(','))
        {
            if (!int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var fold))
                throw new FormatException($"'{text}': '{part}' is no fold. Expected SOURCE:FOLD,FOLD, such as ptb-xl:9,10, or SOURCE for all of it.");
            folds.Add(fold);
        }

        return source.Length > 0
            ? new EvaluationTask(source, [.. folds])
            : throw new FormatException($"'{text}' names no source. Expected SOURCE:FOLD,FOLD, such as ptb-xl:9,10.");
    }

    public bool Holds(int fold) => Folds.Count == 0 || Folds.Contains(fold);

    /// <summary>Whether every record of <paramref name="other"/> is one of this task.</summary>
    public bool Covers(EvaluationTask other) =>
        Source == other.Source && (Folds.Count == 0 || other.Folds.Count > 0 && other.Folds.All(Folds.Contains));

    public override string ToString() => Folds.Count == 0 ? Source : $"{Source}:{string.Join(',', Folds)}";
}
