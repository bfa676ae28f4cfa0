using System.Globalization;
using System.Text;
using EcgData.Signals;
using EcgData.Sources.Tables;
using EcgData.Sources.Wfdb;

namespace EcgData.Sources.PtbXl;

/// <summary>PTB-XL: 12-lead ECGs of 10 s at 500 Hz and again at 100 Hz, with SCP-ECG statements. Wagner et al. 2020, Scientific Data 7:154.</summary>
/// <remarks>
/// <para>
/// A statement's weight is its likelihood in percent / 100. A likelihood of 0.0 means that none was given, not that the statement
/// is absent: it is so for every rhythm and form statement, <c>SR</c> included. Such a statement has weight 1, as every
/// label without likelihood; a weight of 0 would read as "absent".
/// </para>
/// <para>
/// <c>RECORDS</c>, where it is there and lists records of the chosen sampling frequency, is held against the table in both directions.
/// </para>
/// </remarks>
public sealed class PtbXlSource : IEcgSource
{
    private const string Database = "ptbxl_database.csv";

    public SourceManifest Manifest { get; } = SourceManifest.Load("ptb-xl");

    public int ReaderVersion => 1;

    public IEnumerable<CatalogueEntry> ReadCatalogue(SourceFolder folder, SourceOptions options, CancellationToken cancel)
    {
        var rate = Rate.Of(options);
        using var checksums = PublishedChecksums.Read(folder, rate.Folder);
        var unseen = ListedRecords(folder, rate);
        var listed = unseen.Count == 0 ? null : new HashSet<string>(unseen, StringComparer.Ordinal);
        var ids = new HashSet<string>(StringComparer.Ordinal);

        using var table = SourceTable.Open(
            folder, Database, "ecg_id", "patient_id", "age", "sex", "site", "recording_date", "scp_codes", "strat_fold", rate.PathColumn);
        var columns = new Columns(table, rate);
        List<(int Id, CatalogueEntry Entry)> broken = [];
        while (table.Read())
        {
            cancel.ThrowIfCancellationRequested();
            var entry = ReadRow(table, columns, folder, checksums, listed, unseen, ids);
            if (table.Problem is not null && columns.GuessId(table) is { } id && unseen.Contains(columns.PathOf(id))) broken.Add((id, entry));
            else yield return entry;
        }

        // A row that cannot be read, and a record of RECORDS that no other row tells of, are one rejection and not two.
        foreach (var (id, entry) in broken)
        {
            var text = id.ToString(CultureInfo.InvariantCulture);
            yield return unseen.Remove(columns.PathOf(id)) && ids.Add(text) ? entry with { NativeId = text } : entry;
        }

        foreach (var path in unseen.Order(StringComparer.Ordinal))
            yield return NotInTable(path, ids);
    }

    public IRecordReader OpenReader(SourceFolder folder, SourceOptions options) => new WfdbRecordReader(folder);

    private static CatalogueEntry ReadRow(
        SourceTable table, Columns columns, SourceFolder folder, PublishedChecksums checksums,
        HashSet<string>? listed, HashSet<string> unseen, HashSet<string> ids)
    {
        var (nativeId, patient) = (table.RowName, (string?)null);
        Rejection? withdrawn = null;
        try
        {
            // First of all: a row with a bad id is one rejection, not a second one for its path.
            if (table.Text(columns.Path) is { } listedPath) unseen.Remove(listedPath);
            var id = table.Integer(columns.Id, 1, int.MaxValue);
            var text = id.ToString(CultureInfo.InvariantCulture);
            if (!ids.Add(text))
            {
                nativeId = $"{text} ({table.RowName})";
                throw table.Bad(columns.Id, "an id that no earlier row has");
            }

            nativeId = text;
            patient = table.IntegerText(columns.Patient);
            withdrawn = Withdrawn(table, (int)id, table.Text(columns.Path), listed);
            return new CatalogueEntry
            {
                NativeId = nativeId,
                PatientId = patient,
                Site = table.IntegerText(columns.Site),
                Recorded = table.Text(columns.Recorded),
                AgeYears = ReadAge(table, columns.Age),
                Sex = table.IntegerOrNull(columns.Sex) switch
                {
                    null => null,
                    0 => "male",
                    1 => "female",
                    _ => throw table.Bad(columns.Sex, "0 (male) or 1 (female)"),
                },
                Labels = ReadLabels(table, columns.Statements),
                Fold = (int?)table.IntegerOrNull(columns.Fold, 1, 10),
                Files = WfdbFiles.Of(folder, table.RequiredText(columns.Path), checksums),
                Rejection = withdrawn,
            };
        }
        catch (RecordException e)
        {
            return new CatalogueEntry
            {
                NativeId = nativeId,
                PatientId = patient,
                Rejection = withdrawn ?? new Rejection(e.Reason, e.Message),
            };
        }
    }

    private static Rejection? Withdrawn(SourceTable table, int id, string? path, HashSet<string>? listed)
    {
        if (PtbXlQuirks.KeptInPlaceOf.TryGetValue(id, out var kept))
            return new Rejection(
                RejectionReason.Withdrawn,
                $"{Database}, line {table.LineNumber}: record {id} was withdrawn in release 1.0.3 as a duplicate of {kept}. " +
                "Nothing to do; the table is that of an older release.");
        if (path is not null && listed?.Contains(path) == false)
            return new Rejection(
                RejectionReason.Withdrawn,
                $"{Database}, line {table.LineNumber}: record {id}, {SourceTable.Shown(path)}, is not in RECORDS, the list of the release's records. " +
                "Take table and RECORDS from one release.");
        return null;
    }

    private static float? ReadAge(SourceTable table, TableColumn column)
    {
        const double oldest = 130;
        var age = table.NumberOrNull(column, 0, PtbXlQuirks.AgeAbove89);
        if (age == PtbXlQuirks.AgeAbove89) age = PtbXlQuirks.OldestStatedAge;
        return age > oldest ? throw table.Bad(column, "an age in years, or 300 for above 89,") : (float?)age;
    }

    private static Label[] ReadLabels(SourceTable table, TableColumn column)
    {
        if (!PythonDictionary.TryParse(table.Text(column), out var statements))
            throw table.Bad(column, "a Python dictionary of statement and likelihood, {'NORM': 100.0},");
        if (statements.Exists(statement => statement.Key.Length == 0 || statement.Value is < 0 or > 100))
            throw table.Bad(column, "a code and a likelihood from 0 to 100 percent");
        return [.. statements.Select(s => new Label($"scp:{s.Key}", s.Value == 0 ? 1 : (float)(s.Value / 100)))];
    }

    /// <summary>The paths of the chosen sampling frequency in RECORDS; none where there is no such file.</summary>
    private static HashSet<string> ListedRecords(SourceFolder folder, Rate rate)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (_, _, line) in SourceLines.TryRead(folder, "RECORDS") ?? [])
        {
            var path = Encoding.UTF8.GetString(line.Span).Trim();
            if (path.StartsWith(rate.Folder, StringComparison.Ordinal)) paths.Add(path);
        }

        return paths;
    }

    private static CatalogueEntry NotInTable(string path, HashSet<string> ids)
    {
        // records500/21000/21837_hr is record 21837.
        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        var end = name.IndexOf('_');
        var id = end > 0 && int.TryParse(name[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : path;
        if (!ids.Add(id)) ids.Add(id = $"{id} ({path})");
        return new CatalogueEntry
        {
            NativeId = id,
            Rejection = new Rejection(
                RejectionReason.CatalogueRow,
                $"RECORDS: '{path}' has no row in {Database}, so nothing is known about it. Take table and RECORDS from one release."),
        };
    }

    /// <summary>One of the two published sampling frequencies.</summary>
    private sealed record Rate(string Folder, string PathColumn, string Suffix)
    {
        public static Rate Of(SourceOptions options) => options.SamplingFrequencyHz switch
        {
            null or 500 => new Rate("records500/", "filename_hr", "_hr"),
            100 => new Rate("records100/", "filename_lr", "_lr"),
            { } other => throw new SourceException(
                $"ptb-xl: samplingFrequencyHz is {other}; the source is published at 500 and 100 Hz. Take one of them; the corpus is resampled anyway."),
        };
    }

    private sealed class Columns(SourceTable table, Rate rate)
    {
        public TableColumn Id { get; } = table.Column("ecg_id");

        public TableColumn Patient { get; } = table.Column("patient_id");

        public TableColumn Age { get; } = table.Column("age");

        public TableColumn Sex { get; } = table.Column("sex");

        public TableColumn Site { get; } = table.Column("site");

        public TableColumn Recorded { get; } = table.Column("recording_date");

        public TableColumn Statements { get; } = table.Column("scp_codes");

        public TableColumn Fold { get; } = table.Column("strat_fold");

        public TableColumn Path { get; } = table.Column(rate.PathColumn);

        /// <summary>The id that a row which cannot be read seems to have.</summary>
        public int? GuessId(SourceTable broken) =>
            int.TryParse(broken.Guess(Id), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

        /// <summary>records500/21000/21837_hr for 21837.</summary>
        public string PathOf(int id) => $"{rate.Folder}{id / 1000 * 1000:D5}/{id:D5}{rate.Suffix}";
    }
}
