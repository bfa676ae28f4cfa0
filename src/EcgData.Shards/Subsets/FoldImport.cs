using System.Globalization;
using System.Text;
using EcgData.Shards.Parquet;

namespace EcgData.Shards.Subsets;

/// <summary>Folds that others have published for records, in place of the catalogue's; a later file stands over an earlier one.</summary>
internal sealed class FoldImport
{
    private readonly List<(TwoColumnTable Table, Dictionary<UInt128, int> Folds)> _files = [];
    private readonly List<Counts> _counts = [];

    public static FoldImport None { get; } = new();

    public int Count => _files.Count;

    /// <exception cref="CorpusException">A fold that is no whole number, or a record with two.</exception>
    public static FoldImport Of(IReadOnlyList<TwoColumnTable> tables)
    {
        var import = new FoldImport();
        foreach (var table in tables)
        {
            var folds = new Dictionary<UInt128, int>(table.Rows.Count);
            foreach (var (record, text, line) in table.Rows)
            {
                if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var fold))
                    throw new CorpusException($"{table.Name}, line {line}: '{text}' is no fold. Expected a whole number.");
                if (!folds.TryAdd(RecordIds.HashOf(Encoding.UTF8.GetBytes(record)), fold))
                    throw new CorpusException($"{table.Name}, line {line}: {record} stands there twice. Expected a line for each record.");
            }

            import._files.Add((table, folds));
            import._counts.Add(new Counts());
        }

        return import;
    }

    /// <param name="folds">int[rows]: the catalogue's.</param>
    /// <param name="found">Gets a line for each row that a file names.</param>
    /// <returns>int[rows]: the folds that hold.</returns>
    public int[] Apply(ColumnTexts ids, int[] folds, List<(int Row, int File, int Fold, bool Differs)> found)
    {
        var imported = folds.ToArray();
        for (var row = 0; row < imported.Length; row++)
        {
            var id = RecordIds.HashOf(ids[row]);
            for (var file = 0; file < _files.Count; file++)
            {
                if (!_files[file].Folds.TryGetValue(id, out var fold)) continue;
                found.Add((row, file, fold, fold != imported[row]));
                imported[row] = fold;
            }
        }

        return imported;
    }

    public void Found(int file, int patient, int fold, bool differs)
    {
        var counts = _counts[file];
        counts.Known++;
        if (differs) counts.Differ++;
        if (!counts.FoldOfPatient.TryAdd(patient, fold) && counts.FoldOfPatient[patient] != fold) counts.Split.Add(patient);
    }

    public IReadOnlyList<FoldReport> Report(PatientGroups groups) =>
    [
        .. _files.Zip(_counts, (file, counts) => new FoldReport(
            file.Table.Name, file.Table.Sha256, file.Table.Rows.Count, file.Table.Rows.Count - counts.Known, counts.Differ, counts.SplitGroups(groups))),
    ];

    private sealed class Counts
    {
        public Dictionary<int, int> FoldOfPatient { get; } = [];

        public HashSet<int> Split { get; } = [];

        public long Known { get; set; }

        public long Differ { get; set; }

        public long SplitGroups(PatientGroups groups)
        {
            var split = Split.Select(groups.Of).ToHashSet();
            var foldOfGroup = new Dictionary<int, int>();
            foreach (var (patient, fold) in FoldOfPatient)
            {
                var group = groups.Of(patient);
                if (!foldOfGroup.TryAdd(group, fold) && foldOfGroup[group] != fold) split.Add(group);
            }

            return split.Count;
        }
    }
}
