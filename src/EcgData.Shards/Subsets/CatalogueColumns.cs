using EcgData.Shards.Parquet;
using global::Parquet;

namespace EcgData.Shards.Subsets;

/// <summary>Columns of one row group of a catalogue, each read when it is first asked for.</summary>
internal sealed class CatalogueColumns(Stream stream, ParquetReader reader, int index, CancellationToken cancel) : IDisposable
{
    private readonly RowGroupColumns _columns = new(reader, index, cancel);
    private readonly Dictionary<string, ColumnTexts> _texts = new(StringComparer.Ordinal);

    private ColumnTexts? _kept;

    public int Rows => _columns.Rows;

    /// <summary>Folds that stand for the catalogue's own, one per row; null where none were imported.</summary>
    public int[]? ImportedFolds { get; set; }

    public async Task<ColumnTexts> TextsAsync(string name) =>
        _texts.TryGetValue(name, out var texts) ? texts : _texts[name] = await _columns.ColumnTextsAsync(stream, name);

    /// <summary>Takes a column of texts out of those that are disposed of with this.</summary>
    public ColumnTexts Keep(ColumnTexts texts)
    {
        _kept = texts;
        return texts;
    }

    public void Dispose()
    {
        foreach (var texts in _texts.Values)
        {
            if (texts != _kept) texts.Dispose();
        }
    }

    public Task<int[]> FoldsAsync() => ImportedFolds is { } folds ? Task.FromResult(folds) : _columns.NumbersAsync<int>("fold");

    public Task<int[]> SegmentsAsync() => _columns.NumbersAsync<int>("segments");

    public Task<int?[]> ShardRowsAsync() => _columns.OptionalNumbersAsync<int>("row");

    public Task<float?[]> AgesAsync() => _columns.OptionalNumbersAsync<float>("age_years");

    /// <summary>Clears <paramref name="allowed"/> where the condition does not hold.</summary>
    public async Task NarrowAsync(CataloguePredicate condition, bool[] allowed)
    {
        switch (condition.Field)
        {
            case "labels" or "files" or "checksums":
                var lists = await _columns.TextListsAsync($"{condition.Field}/list/element");
                for (var row = 0; row < Rows; row++) allowed[row] = allowed[row] && condition.HoldsFor(lists[row]);
                break;
            case "patient_known":
                var known = await _columns.NumbersAsync<bool>("patient_known");
                Narrow(condition, allowed, row => known[row] ? "true" : "false");
                break;
            case "year":
                var (recorded, sites) = (await TextsAsync("recorded"), await TextsAsync("site"));
                Narrow(condition, allowed, row => CataloguePredicate.Year(TextOf(recorded, row), TextOf(sites, row)));
                break;
            case "fold":
                Narrow(condition, allowed, await FoldsAsync());
                break;
            case "flags":
                Narrow(condition, allowed, await _columns.NumbersAsync<int>("flags"));
                break;
            case "segments":
                Narrow(condition, allowed, await SegmentsAsync());
                break;
            case "native_sampling_frequency_hz":
                var frequencies = await _columns.OptionalNumbersAsync<double>(condition.Field);
                Narrow(condition, allowed, row => frequencies[row]);
                break;
            case "age_years":
                var ages = await AgesAsync();
                Narrow(condition, allowed, row => (double?)ages[row]);
                break;
            case "native_samples" or "row":
                var numbers = await _columns.OptionalNumbersAsync<int>(condition.Field);
                Narrow(condition, allowed, row => (double?)numbers[row]);
                break;
            default:
                Narrow(condition, allowed, await TextsAsync(condition.Field));
                break;
        }
    }

    internal static string? TextOf(ColumnTexts texts, int row) => texts.CodeOf(row) is var code and >= 0 ? texts.Text(code) : null;

    private static void Narrow(CataloguePredicate condition, bool[] allowed, Func<int, object?> value)
    {
        for (var row = 0; row < allowed.Length; row++) allowed[row] = allowed[row] && condition.HoldsFor(value(row));
    }

    /// <summary>Numbers that repeat are judged once.</summary>
    private static void Narrow(CataloguePredicate condition, bool[] allowed, int[] values)
    {
        var judged = new Dictionary<int, bool>();
        for (var row = 0; row < allowed.Length; row++)
        {
            if (!allowed[row]) continue;
            if (!judged.TryGetValue(values[row], out var holds)) judged[values[row]] = holds = condition.HoldsFor((double)values[row]);
            allowed[row] = holds;
        }
    }

    /// <summary>Each distinct text is judged once.</summary>
    private static void Narrow(CataloguePredicate condition, bool[] allowed, ColumnTexts texts)
    {
        var judged = new bool?[texts.Values + 1];
        for (var row = 0; row < allowed.Length; row++)
        {
            if (!allowed[row]) continue;
            var code = texts.CodeOf(row);
            allowed[row] = judged[code + 1] ??= condition.HoldsFor(code < 0 ? null : texts.Text(code));
        }
    }
}
