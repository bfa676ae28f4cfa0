using System.Collections;
using System.Runtime.InteropServices;
using System.Text;
using EcgData.Signals;
using EcgData.Sources.Tables;

namespace EcgData.Sources.MimicIvEcg;

/// <summary>The report lines of <c>machine_measurements.csv</c> by study, whatever the order of the rows.</summary>
/// <remarks>
/// The reports repeat themselves (950 distinct first lines among 800,035 records), and so do whole ones: a line's text is kept once,
/// a list of lines is their numbers and kept once, and a row is its study and the number of its list. Whether a study was asked for
/// is a bit of it.
/// </remarks>
internal sealed class MachineReports
{
    private const string Table = "machine_measurements.csv";
    private const int ListsAtHand = 1 << 12;

    private readonly GrowingColumn<long> _studies;   // as the rows lie
    private readonly GrowingColumn<int> _lists;      // a row's number in the distinct ones
    private readonly DistinctBytes _distinct;        // int[]: the numbers of the lines
    private readonly Label[] _labels;                // the lines
    private readonly int[] _rows;                    // in the order of their studies' hashes
    private readonly BitArray _repeated;             // rows whose study has another row
    private readonly BitArray _taken;
    private readonly HashSet<long> _takenElsewhere = [];
    private readonly (int List, Label[]? Labels)[] _atHand = new (int, Label[]?)[ListsAtHand];   // made before, by the end of their number
    private int _expected;   // the row behind the one asked for last

    private MachineReports(GrowingColumn<long> studies, GrowingColumn<int> lists, DistinctBytes distinct, Label[] labels)
    {
        (_studies, _lists, _distinct, _labels) = (studies, lists, distinct, labels);
        (_rows, _repeated, _taken) = (new int[studies.Count], new BitArray(studies.Count), new BitArray(studies.Count));
        var hashes = new ulong[studies.Count];
        for (var row = 0; row < hashes.Length; row++) (_rows[row], hashes[row]) = (row, HashOf(studies[row]));
        ShortHash.Sort<int>(hashes, _rows);
        for (var place = 1; place < hashes.Length; place++)
            if (hashes[place] == hashes[place - 1]) _repeated[_rows[place]] = _repeated[_rows[place - 1]] = true;
    }

    /// <summary>Rows that cannot be read; their studies have no labels.</summary>
    public IReadOnlyList<CatalogueEntry> BadRows { get; private init; } = [];

    /// <summary>Reads the table; where there is none, as in the demo, no study has labels.</summary>
    /// <exception cref="SourceException">The table lacks a column or cannot be read.</exception>
    public static MachineReports Read(SourceFolder folder, CancellationToken cancel)
    {
        var (studies, lists) = (new GrowingColumn<long>(), new GrowingColumn<int>());
        var (texts, distinct) = (new DistinctBytes(), new DistinctBytes());
        List<CatalogueEntry> badRows = [];
        if (folder.Exists(Table))
        {
            using var table = SourceTable.Open(folder, Table, "study_id", "report_0");
            var study = table.Column("study_id");
            var reports = ReportColumns(table);
            var lines = new int[reports.Length];
            while (table.Read())
            {
                cancel.ThrowIfCancellationRequested();
                try
                {
                    studies.Add(table.Integer(study));
                }
                catch (RecordException e)
                {
                    badRows.Add(new CatalogueEntry
                    {
                        NativeId = $"{Table} {table.RowName}",
                        Rejection = new Rejection(e.Reason, e.Message + " The record itself, if listed, is taken without labels."),
                    });
                    continue;
                }

                var count = 0;
                foreach (var column in reports)
                {
                    var field = table.Utf8(column);
                    if (field.IsEmpty) continue;
                    // what is no UTF-8 is told apart by the text that it becomes
                    var line = texts.NumberOf(Ascii.IsValid(field) ? field : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(field)));
                    if (!lines.AsSpan(0, count).Contains(line)) lines[count++] = line;
                }

                lists.Add(distinct.NumberOf(MemoryMarshal.AsBytes(lines.AsSpan(0, count))));
            }
        }

        var labels = new Label[texts.Count];
        for (var line = 0; line < labels.Length; line++) labels[line] = new Label($"mimic-report:{Encoding.UTF8.GetString(texts[line])}");
        return new MachineReports(studies, lists, distinct, labels) { BadRows = badRows };
    }

    /// <summary>Whether nobody has asked for this study before.</summary>
    public bool TryTake(long study)
    {
        var row = RowOf(study, out _);
        if (row < 0) return _takenElsewhere.Add(study);   // a bit each for the studies of the table, and few are not there
        if (_taken[row]) return false;
        return _taken[row] = true;
    }

    /// <summary>The study's report lines in the order of their columns; none where the study is not in the table.</summary>
    /// <exception cref="RecordException">The table has several rows for the study that do not say the same.</exception>
    public Label[] Of(long study)
    {
        var row = RowOf(study, out var place);
        if (row < 0) return [];
        if (place >= 0)
            while (++place < _rows.Length && _studies[_rows[place]] == study) Same(_rows[place], row, study);
        return LabelsOf(_lists[row]);
    }

    /// <summary>The row of a study, of several always the same one; -1 where there is none.</summary>
    /// <param name="place">Of the row in the order of the studies; -1 where the study has no other row.</param>
    /// <remarks>Both tables are published in one order: the row behind the last is nearly always the one, and needs no search.</remarks>
    private int RowOf(long study, out int place)
    {
        place = -1;
        for (var row = Math.Max(0, _expected - 1); row <= _expected && row < _rows.Length; row++)
        {
            if (_studies[row] != study || _repeated[row]) continue;
            _expected = row + 1;
            return row;
        }

        var hash = HashOf(study);
        var (low, high) = (0, _rows.Length);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (HashOf(_studies[_rows[middle]]) < hash) low = middle + 1;
            else high = middle;
        }

        if (low == _rows.Length || _studies[_rows[low]] != study) return -1;
        _expected = _rows[low] + 1;
        if (_repeated[_rows[low]]) place = low;
        return _rows[low];
    }

    /// <summary>The labels of a list. Studies that say the same one after the other share them.</summary>
    private Label[] LabelsOf(int list)
    {
        ref var atHand = ref _atHand[list % ListsAtHand];
        if (atHand.Labels is not null && atHand.List == list) return atHand.Labels;
        var lines = MemoryMarshal.Cast<byte, int>(_distinct[list]);
        var labels = new Label[lines.Length];
        for (var i = 0; i < labels.Length; i++) labels[i] = _labels[lines[i]];
        atHand = (list, labels);
        return labels;
    }

    private void Same(int row, int other, long study)
    {
        if (_lists[row] != _lists[other])
            throw new RecordException(
                RejectionReason.CatalogueRow,
                $"{Table}: study {study} has several rows with different reports; one was expected. Compare with the published table.");
    }

    /// <summary>report_0, report_1 ... in the order of their numbers, as many as the table has.</summary>
    private static TableColumn[] ReportColumns(SourceTable table)
    {
        List<TableColumn> columns = [];
        for (var number = 0; table.ColumnOrNone($"report_{number}") is { Index: >= 0 } column; number++) columns.Add(column);
        return [.. columns];
    }

    private static ulong HashOf(long study) => ShortHash.Of((ulong)study);
}
