using System.Globalization;
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
        var (listed, published) = ReadBeside(folder, rate.Folder);
        using var checksums = published;
        var (ids, labels) = (new HashSet<int>(), new StatementLabels());
        using var table = SourceTable.Open(
            folder, Database, "ecg_id", "patient_id", "age", "sex", "site", "recording_date", "scp_codes", "strat_fold", rate.PathColumn);
        var columns = new Columns(table, rate);
        List<(int Id, CatalogueEntry Entry)> broken = [];
        while (table.Read())
        {
            cancel.ThrowIfCancellationRequested();
            var entry = ReadRow(table, columns, checksums, listed, ids, labels);
            if (table.Problem is not null && columns.GuessId(table) is { } id && listed.IsNotTaken(columns.PathOf(id))) broken.Add((id, entry));
            else yield return entry;
        }

        // A row that cannot be read, and a record of RECORDS that no other row tells of, are one rejection and not two.
        foreach (var (id, entry) in broken)
        {
            var path = columns.PathOf(id);
            yield return listed.IsNotTaken(path) && listed.Take(path) && ids.Add(id)
                ? entry with { NativeId = id.ToString(CultureInfo.InvariantCulture) }
                : entry;
        }

        foreach (var path in listed.NotTaken) yield return NotInTable(path, ids);
    }

    public IRecordReader OpenReader(SourceFolder folder, SourceOptions options) => new WfdbRecordReader(folder);

    /// <summary>Reads the two lists that rows are looked up in, each on a core.</summary>
    private static (ListedRecords Listed, PublishedChecksums Checksums) ReadBeside(SourceFolder folder, string under)
    {
        var listed = Task.Run(() => ListedRecords.Read(folder, under));
        var checksums = PublishedChecksums.Read(folder, under);
        try
        {
            return (listed.GetAwaiter().GetResult(), checksums);
        }
        catch
        {
            checksums.Dispose();
            throw;
        }
    }

    private static CatalogueEntry ReadRow(
        SourceTable table, Columns columns, PublishedChecksums checksums, ListedRecords listed, HashSet<int> ids,
        StatementLabels labels)
    {
        var (nativeId, patient) = (table.RowName, (string?)null);
        Rejection? withdrawn = null;
        try
        {
            // First of all: a row with a bad id is one rejection, not a second one for its path.
            var path = table.Text(columns.Path);
            var isListed = path is null || listed.Take(path) || listed.AreNone;
            var id = (int)table.Integer(columns.Id, 1, int.MaxValue);
            var text = id.ToString(CultureInfo.InvariantCulture);
            if (!ids.Add(id))
            {
                nativeId = $"{text} ({table.RowName})";
                throw table.Bad(columns.Id, "an id that no earlier row has");
            }

            nativeId = text;
            patient = table.IntegerText(columns.Patient);
            withdrawn = Withdrawn(table, id, path, isListed);
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
                Labels = labels.Read(table, columns.Statements),
                Fold = (int?)table.IntegerOrNull(columns.Fold, 1, 10),
                Files = WfdbFiles.Of(table.RequiredUtf8(columns.Path), checksums),
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

    private static Rejection? Withdrawn(SourceTable table, int id, string? path, bool isListed)
    {
        if (PtbXlQuirks.KeptInPlaceOf.TryGetValue(id, out var kept))
            return new Rejection(
                RejectionReason.Withdrawn,
                $"{Database}, line {table.LineNumber}: record {id} was withdrawn in release 1.0.3 as a duplicate of {kept}. " +
                "Nothing to do; the table is that of an older release.");
        if (!isListed)
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

    private static CatalogueEntry NotInTable(string path, HashSet<int> ids)
    {
        // records500/21000/21837_hr is record 21837.
        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        var end = name.IndexOf('_');
        var isNumber = int.TryParse(name[..Math.Max(end, 0)], NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        var id = !isNumber ? path : ids.Add(number) ? number.ToString(CultureInfo.InvariantCulture) : $"{number} ({path})";
        return new CatalogueEntry
        {
            NativeId = id,
            Rejection = new Rejection(
                RejectionReason.CatalogueRow,
                $"RECORDS: '{path}' has no row in {Database}, so nothing is known about it. Take table and RECORDS from one release."),
        };
    }

    /// <summary>Statements as labels: a few dozen codes come in every record, and a few texts in most. They are made once.</summary>
    private sealed class StatementLabels
    {
        private const int Most = 4096;

        private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
        private readonly DistinctBytes _texts = new();
        private readonly List<Label[]> _labels = [];   // of each of the texts

        /// <exception cref="RecordException">The column is not a dictionary of statement and likelihood.</exception>
        public Label[] Read(SourceTable table, TableColumn column)
        {
            var text = table.Utf8(column);
            if (_texts.Find(text) is >= 0 and var known) return _labels[known];
            var labels = Parse(table, column);
            if (_labels.Count == Most) return labels;
            _texts.NumberOf(text);
            _labels.Add(labels);
            return labels;
        }

        private Label[] Parse(SourceTable table, TableColumn column)
        {
            if (!PythonDictionary.TryParse(table.Text(column), out var statements))
                throw table.Bad(column, "a Python dictionary of statement and likelihood, {'NORM': 100.0},");
            if (statements.Exists(statement => statement.Key.Length == 0 || statement.Value is < 0 or > 100))
                throw table.Bad(column, "a code and a likelihood from 0 to 100 percent");
            var labels = new Label[statements.Count];
            for (var index = 0; index < labels.Length; index++)
            {
                var (code, percent) = statements[index];
                labels[index] = new Label(NameOf(code), percent == 0 ? 1 : (float)(percent / 100));
            }

            return labels;
        }

        private string NameOf(string code)
        {
            if (_names.TryGetValue(code, out var name)) return name;
            name = $"scp:{code}";
            if (_names.Count < Most) _names.Add(code, name);
            return name;
        }
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
