using System.Globalization;
using EcgData.Signals;
using EcgData.Sources.Tables;

namespace EcgData.Sources.WfdbFolder;

/// <summary>What a CSV says about the records of a folder.</summary>
/// <remarks>
/// <list type="table">
/// <item><term>record</term><description>required: path of the header without <c>.hea</c>, parted by <c>/</c></description></item>
/// <item><term>patient</term><description>any text that is the same for all records of a patient</description></item>
/// <item><term>age</term><description>years, 0 to 130</description></item>
/// <item><term>sex</term><description><c>male</c>, <c>female</c>, <c>m</c> or <c>f</c>, whatever the case</description></item>
/// <item><term>fold</term><description>whole number from 1</description></item>
/// <item><term>site, recorded</term><description>text</description></item>
/// <item>
/// <term>labels</term>
/// <description><c>vocabulary:code</c> or <c>vocabulary:code=weight</c>, parted by <c>;</c>; weight in [0, 1]</description>
/// </item>
/// </list>
/// Every column but the first may be left out, every field but the first blank. Other columns are not read. The rows are kept in memory,
/// some hundred bytes each.
/// </remarks>
internal sealed class WfdbFolderTable
{
    private readonly Dictionary<string, CatalogueEntry> _rows = new(StringComparer.Ordinal);
    private readonly HashSet<string> _described = new(StringComparer.Ordinal);
    private readonly List<CatalogueEntry> _unreadable = [];
    private readonly string _path;

    private WfdbFolderTable(string path) => _path = path;

    /// <exception cref="SourceException">No such table, or it has no column <c>record</c>.</exception>
    public static WfdbFolderTable Read(SourceFolder folder, string path, CancellationToken cancel)
    {
        var table = new WfdbFolderTable(path);
        using var rows = SourceTable.Open(folder, path, "record");
        var columns = new Columns(rows);
        while (rows.Read())
        {
            cancel.ThrowIfCancellationRequested();
            table.Add(rows, columns);
        }

        return table;
    }

    /// <summary>The entry with what its row says, or turned away because there is no row or no good one.</summary>
    public CatalogueEntry Describe(CatalogueEntry entry)
    {
        _described.Add(entry.NativeId);
        if (entry.Rejection is not null) return entry;
        return _rows.TryGetValue(entry.NativeId, out var row)
            ? row with { Folder = entry.Folder, Files = entry.Files, Recorded = row.Recorded ?? entry.Recorded }
            : entry with
            {
                Rejection = new Rejection(
                    RejectionReason.CatalogueRow,
                    $"{_path}: no row for record '{entry.NativeId}'; expected one for every record. Add it, or move the record away."),
            };
    }

    /// <summary>The rows that no record was found for, turned away, in ordinal order; then those that cannot be read, in their order.</summary>
    public IEnumerable<CatalogueEntry> RowsWithoutRecord() => _rows.Values
        .Where(row => !_described.Contains(row.NativeId))
        .OrderBy(row => row.NativeId, StringComparer.Ordinal)
        .Select(row => row with
        {
            Rejection = row.Rejection ?? new Rejection(
                RejectionReason.MissingFile,
                $"{_path}: there is no {row.NativeId}.hea for the row of record '{row.NativeId}'. Add the record, or remove the row."),
        })
        .Concat(_unreadable);

    private void Add(SourceTable table, in Columns columns)
    {
        string id;
        try
        {
            id = table.RequiredText(columns.Record);
            if (id.EndsWith(".hea", StringComparison.Ordinal)) id = id[..^4];
        }
        catch (RecordException e)
        {
            _unreadable.Add(new CatalogueEntry { NativeId = table.RowName, Rejection = new Rejection(e.Reason, e.Message) });
            return;
        }

        if (_rows.TryGetValue(id, out var earlier))
        {
            // Two rows may contradict each other, and nothing tells which is right.
            var message = $"{_path}, line {table.LineNumber}: record '{id}' a second time; expected one row per record. Remove one of them.";
            _rows[id] = earlier with { Rejection = new Rejection(RejectionReason.CatalogueRow, message) };
            return;
        }

        try
        {
            _rows.Add(id, new CatalogueEntry
            {
                NativeId = id,
                PatientId = table.Text(columns.Patient),
                AgeYears = (float?)table.NumberOrNull(columns.Age, 0, 130),
                Sex = ReadSex(table, columns.Sex),
                Fold = (int?)table.IntegerOrNull(columns.Fold, 1, int.MaxValue),
                Site = table.Text(columns.Site),
                Recorded = table.Text(columns.Recorded),
                Labels = ReadLabels(table, columns.Labels),
            });
        }
        catch (RecordException e)
        {
            _rows.Add(id, new CatalogueEntry { NativeId = id, Rejection = new Rejection(e.Reason, e.Message) });
        }
    }

    private static string? ReadSex(SourceTable table, TableColumn column) => table.Text(column)?.ToUpperInvariant() switch
    {
        null => null,
        "M" or "MALE" => "male",
        "F" or "FEMALE" => "female",
        _ => throw table.Bad(column, "male, female or a blank"),
    };

    private static List<Label> ReadLabels(SourceTable table, TableColumn column)
    {
        List<Label> labels = [];
        foreach (var text in (table.Text(column) ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = text.LastIndexOf('=');
            var code = equals < 0 ? text : text[..equals].TrimEnd();
            var weight = 1f;
            var isWeight = equals < 0
                || (float.TryParse(text.AsSpan(equals + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out weight)
                    && weight is >= 0 and <= 1);
            if (!isWeight || code.IndexOf(':') is var colon && (colon <= 0 || colon == code.Length - 1))
                throw table.Bad(column, "vocabulary:code or vocabulary:code=weight with a weight from 0 to 1, parted by ';',");
            labels.Add(new Label(code, weight));
        }

        return labels;
    }

    private readonly struct Columns(SourceTable table)
    {
        public readonly TableColumn Record = table.Column("record");
        public readonly TableColumn Patient = table.ColumnOrNone("patient");
        public readonly TableColumn Age = table.ColumnOrNone("age");
        public readonly TableColumn Sex = table.ColumnOrNone("sex");
        public readonly TableColumn Fold = table.ColumnOrNone("fold");
        public readonly TableColumn Site = table.ColumnOrNone("site");
        public readonly TableColumn Recorded = table.ColumnOrNone("recorded");
        public readonly TableColumn Labels = table.ColumnOrNone("labels");
    }
}
