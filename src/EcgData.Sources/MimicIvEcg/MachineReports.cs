using System.Collections;
using System.Text;
using EcgData.Signals;
using EcgData.Sources.Tables;

namespace EcgData.Sources.MimicIvEcg;

/// <summary>The report lines of <c>machine_measurements.csv</c> by study, whatever the order of the rows.</summary>
/// <remarks>
/// The reports repeat themselves (950 distinct first lines among 800,035 records), so a line's text is kept once and a study's
/// lines are indices: 16 bytes a study and 4 a line, under 40 bytes a record at the usual four to five lines. Whether a study was
/// asked for is a bit of it.
/// </remarks>
internal sealed class MachineReports
{
    private const string Table = "machine_measurements.csv";

    private readonly GrowingColumn<long> _studies;   // as the rows lie
    private readonly int[] _rows;                    // in the order of their studies
    private readonly GrowingColumn<int> _starts;
    private readonly GrowingColumn<int> _lines;
    private readonly Label[] _labels;
    private readonly BitArray _repeated;             // rows whose study has another row
    private readonly BitArray _taken;
    private readonly HashSet<long> _takenElsewhere = [];
    private int _expected;   // the row behind the one asked for last

    /// <param name="starts">Where each row's lines begin, and the end of the last.</param>
    private MachineReports(GrowingColumn<long> studies, GrowingColumn<int> starts, GrowingColumn<int> lines, Label[] labels)
    {
        (_studies, _starts, _lines, _labels) = (studies, starts, lines, labels);
        _rows = new int[studies.Count];
        for (var row = 0; row < _rows.Length; row++) _rows[row] = row;
        studies.ToArray().AsSpan().Sort(_rows.AsSpan());
        _repeated = new BitArray(_rows.Length);
        for (var place = 1; place < _rows.Length; place++)
            if (studies[_rows[place]] == studies[_rows[place - 1]]) _repeated[_rows[place]] = _repeated[_rows[place - 1]] = true;
        _taken = new BitArray(_rows.Length);
    }

    /// <summary>Rows that cannot be read; their studies have no labels.</summary>
    public IReadOnlyList<CatalogueEntry> BadRows { get; private init; } = [];

    /// <summary>Reads the table; where there is none, as in the demo, no study has labels.</summary>
    /// <exception cref="SourceException">The table lacks a column or cannot be read.</exception>
    public static MachineReports Read(SourceFolder folder, CancellationToken cancel)
    {
        var (studies, starts, lines) = (new GrowingColumn<long>(), new GrowingColumn<int>(), new GrowingColumn<int>());
        List<Label> labels = [];
        List<CatalogueEntry> badRows = [];
        if (folder.Exists(Table))
        {
            using var table = SourceTable.Open(folder, Table, "study_id", "report_0");
            var study = table.Column("study_id");
            var reports = ReportColumns(table);
            // Looked up by span: a text is made once, not for each of its hundred thousand uses.
            var known = new Dictionary<string, int>(StringComparer.Ordinal);
            var byText = known.GetAlternateLookup<ReadOnlySpan<char>>();
            var text = new char[1024];
            while (table.Read())
            {
                cancel.ThrowIfCancellationRequested();
                try
                {
                    var id = table.Integer(study);
                    starts.Add(lines.Count);
                    studies.Add(id);
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

                var first = lines.Count;
                foreach (var column in reports)
                {
                    var field = table.Utf8(column);
                    if (field.IsEmpty) continue;
                    if (text.Length < field.Length) text = new char[field.Length];
                    var line = text.AsSpan(0, Encoding.UTF8.GetChars(field, text));
                    if (!byText.TryGetValue(line, out var index))
                    {
                        index = labels.Count;
                        byText[line] = index;
                        labels.Add(new Label($"mimic-report:{line}"));
                    }

                    var told = false;
                    for (var earlier = first; earlier < lines.Count && !told; earlier++) told = lines[earlier] == index;
                    if (!told) lines.Add(index);
                }
            }
        }

        starts.Add(lines.Count);
        return new MachineReports(studies, starts, lines, [.. labels]) { BadRows = badRows };
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
        var (first, end) = LinesOf(row);
        var labels = new Label[end - first];
        for (var i = 0; i < labels.Length; i++) labels[i] = _labels[_lines[first + i]];
        return labels;
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

        var (low, high) = (0, _rows.Length);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (_studies[_rows[middle]] < study) low = middle + 1;
            else high = middle;
        }

        if (low == _rows.Length || _studies[_rows[low]] != study) return -1;
        _expected = _rows[low] + 1;
        if (_repeated[_rows[low]]) place = low;
        return _rows[low];
    }

    private (int First, int End) LinesOf(int row) => (_starts[row], _starts[row + 1]);

    private void Same(int row, int other, long study)
    {
        var ((first, end), (otherFirst, otherEnd)) = (LinesOf(row), LinesOf(other));
        var same = end - first == otherEnd - otherFirst;
        for (var line = 0; same && line < end - first; line++) same = _lines[first + line] == _lines[otherFirst + line];
        if (!same)
            throw new RecordException(
                RejectionReason.CatalogueRow,
                $"{Table}: study {study} has several rows with different reports; one was expected. Compare with the published table.");
    }

    /// <summary>report_0, report_1 ... in the order of their numbers, as many as the table has.</summary>
    private static List<TableColumn> ReportColumns(SourceTable table)
    {
        List<TableColumn> columns = [];
        for (var number = 0; table.ColumnOrNone($"report_{number}") is { Index: >= 0 } column; number++) columns.Add(column);
        return columns;
    }
}
