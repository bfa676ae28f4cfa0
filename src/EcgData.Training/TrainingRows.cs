using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Training;

/// <summary>The rows of a run: what it trains on and what it is validated on.</summary>
public sealed class TrainingRows
{
    private TrainingRows(RowGroupIndex index, string version, RowSelection? training, RowSelection? validation, IRowGroupSource source)
    {
        (Index, Version, Training, Validation, Source) = (index, version, training, validation, source);
    }

    public RowGroupIndex Index { get; }

    /// <summary>Id of the version.</summary>
    public string Version { get; }

    /// <summary>Null: all rows.</summary>
    public RowSelection? Training { get; }

    /// <summary>Null: there is no validation.</summary>
    public RowSelection? Validation { get; }

    public IRowGroupSource Source { get; }

    /// <param name="subset">Null: all rows of the version.</param>
    /// <param name="source">Where row groups come from; null: straight from the corpus.</param>
    public static async Task<TrainingRows> LoadAsync(
        CorpusStore corpus, VersionManifest version, RowSelection? subset, ValidationFolds folds, IRowGroupSource? source = null,
        CancellationToken cancel = default)
    {
        var index = await RowGroupIndex.LoadAsync(corpus, version, cancel);
        source ??= new StoredRowGroups(corpus.Objects);
        if (folds == ValidationFolds.None) return new TrainingRows(index, version.Id, subset, null, source);
        var last = await LastFoldsAsync(corpus, version, index, subset, cancel);
        const int Training = 0, Validation = 1;
        var parts = await RowParts.ShareAsync(
            corpus, version, index, subset, 2,
            record => last.TryGetValue(record.Source, out var fold) && record.Fold == fold ? Validation : Training, cancel);
        return new TrainingRows(index, version.Id, parts[Training], parts[Validation], source);
    }

    /// <summary>The largest fold that each source has among the rows. A source of one fold has none to spare: all of it trains.</summary>
    private static async Task<Dictionary<string, int>> LastFoldsAsync(
        CorpusStore corpus, VersionManifest version, RowGroupIndex index, RowSelection? subset, CancellationToken cancel)
    {
        var (first, last) = (new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        await foreach (var (record, _) in RowParts.RecordsAsync(corpus, version, index, subset, cancel))
        {
            first[record.Source] = Math.Min(record.Fold, first.GetValueOrDefault(record.Source, int.MaxValue));
            last[record.Source] = Math.Max(record.Fold, last.GetValueOrDefault(record.Source, int.MinValue));
        }

        foreach (var source in first.Keys.Where(source => first[source] == last[source])) last.Remove(source);
        return last;
    }
}
