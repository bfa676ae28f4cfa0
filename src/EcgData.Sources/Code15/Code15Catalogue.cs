using System.Globalization;
using EcgData.Signals;
using EcgData.Sources.Tables;

namespace EcgData.Sources.Code15;

/// <summary>Joins exams.csv with the parts' <c>exam_id</c>.</summary>
/// <remarks>
/// The table is read twice: first its ids, so that an exam listed twice is known before its first row is passed on, then the rows.
/// Held in memory are 8 bytes per row of the table and 12 per row of the parts.
/// </remarks>
internal sealed class Code15Catalogue
{
    public const string Table = "exams.csv";

    private static readonly string[] Columns =
        ["exam_id", "age", "is_male", "1dAVb", "RBBB", "LBBB", "SB", "ST", "AF", "patient_id", "normal_ecg", "trace_file"];

    private static readonly string[] LabelColumns = ["1dAVb", "RBBB", "LBBB", "SB", "ST", "AF", "normal_ecg"];

    // Every combination of flags once: most records share a few.
    private static readonly IReadOnlyList<Label>[] LabelSets = [.. Enumerable.Range(0, 1 << 7).Select(LabelsOf)];

    private readonly SourceFolder _folder;
    private readonly SortedDictionary<string, Code15Rows?> _parts = new(StringComparer.Ordinal);   // null: not downloaded
    private long[] _tableIds = [];   // sorted

    private Code15Catalogue(SourceFolder folder) => _folder = folder;

    /// <exception cref="SourceException">No table, no part at all, or a part that is damaged.</exception>
    public static IEnumerable<CatalogueEntry> Read(SourceFolder folder, CancellationToken cancel)
    {
        var catalogue = new Code15Catalogue(folder);
        catalogue.ReadIds(cancel);
        catalogue.ReadParts(cancel);
        return catalogue.Entries(cancel);
    }

    private void ReadIds(CancellationToken cancel)
    {
        List<long> ids = [];
        HashSet<string> named = new(StringComparer.Ordinal);
        using (var table = SourceTable.Open(_folder, Table, Columns))
        {
            var (id, file) = (table.Column("exam_id"), table.Column("trace_file"));
            while (table.Read())
            {
                cancel.ThrowIfCancellationRequested();
                if (table.Problem is not null || !TableNumbers.TryParseInteger(table.Utf8(id), out var examId)) continue;
                ids.Add(examId);
                if (table.Text(file) is { } name && IsPlainName(name)) named.Add(name);
            }
        }

        ids.Sort();
        _tableIds = [.. ids];
        foreach (var name in named.Concat(PartsInFolder()))
            _parts[name] = null;
    }

    private void ReadParts(CancellationToken cancel)
    {
        foreach (var path in _parts.Keys.Where(_folder.Exists).ToArray())
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                using var part = Code15Part.Open(_folder, path);
                _parts[path] = new Code15Rows(path, part.ExamIds);
            }
            catch (RecordException e)
            {
                throw new SourceException(
                    $"code-15: {e.Message} To build without this part, take the file out of the folder: its exams are then listed as missing.", e);
            }
        }

        if (_parts.Values.All(part => part is null))
            throw new SourceException(
                $"code-15: {_folder.Path} holds {Table} but none of the {_parts.Count} parts that it names " +
                $"({string.Join(", ", _parts.Keys.Take(3))}, ...). Download exams_part0.zip and unpack it beside {Table}.");
    }

    private IEnumerable<CatalogueEntry> Entries(CancellationToken cancel)
    {
        HashSet<long> twice = [.. _tableIds.Where((id, index) => index > 0 && _tableIds[index - 1] == id)];
        HashSet<long> told = [];
        using (var table = SourceTable.Open(_folder, Table, Columns))
        {
            var row = new Row(table);
            while (table.Read())
            {
                cancel.ThrowIfCancellationRequested();
                if (Entry(row, twice, told) is { } entry) yield return entry;
            }
        }

        foreach (var entry in UnlistedExams()) yield return entry;
    }

    /// <summary>The entry of a row of the table, or null where its exam has been told already.</summary>
    private CatalogueEntry? Entry(Row row, HashSet<long> twice, HashSet<long> told)
    {
        var nativeId = row.Table.RowName;
        try
        {
            var examId = row.Table.Integer(row.ExamId);
            nativeId = Text(examId);
            if (!twice.Contains(examId)) return Entry(row, examId, nativeId);
            if (!told.Add(examId)) return null;
            throw new RecordException(
                RejectionReason.CatalogueRow,
                $"{Table}, line {row.Table.LineNumber}: exam {examId} is there more than once; one row was expected. " +
                "None is taken; compare the table with the published one.");
        }
        catch (RecordException bad)
        {
            return new CatalogueEntry { NativeId = nativeId, Rejection = new Rejection(bad.Reason, bad.Message) };
        }
    }

    private CatalogueEntry Entry(Row row, long examId, string nativeId)
    {
        var table = row.Table;
        if (examId == Code15Part.NoExam) throw table.Bad(row.ExamId, "an exam's id (0 marks the padding row of a part)");
        var file = table.RequiredText(row.TraceFile);
        if (!IsPlainName(file))
            throw new RecordException(
                RejectionReason.OutsideFolder,
                $"{Table}, line {table.LineNumber}, column 'trace_file': {SourceTable.Shown(file)}; expected the name of a part beside the " +
                "table, without a folder. Compare with the published table.");
        var part = _parts.GetValueOrDefault(file);
        var entry = new CatalogueEntry
        {
            NativeId = nativeId,
            PatientId = table.IntegerText(row.PatientId),
            AgeYears = (float?)table.NumberOrNull(row.Age, 0, 130),
            Sex = table.FlagOrNull(row.IsMale) switch { true => "male", false => "female", null => null },
            Labels = LabelSets[row.Flags()],
            Folder = part?.Folder ?? Path.GetFileNameWithoutExtension(file),
            Files = part?.Files ?? [new RecordFile(file, IsContainer: true)],
        };
        if (part is null)
            return entry with
            {
                Rejection = new Rejection(
                    RejectionReason.MissingFile,
                    $"{file}: not in {_folder.Path}, though line {table.LineNumber} of {Table} names it. Download the part, or leave it out."),
            };
        try
        {
            return entry with { Position = part.Find(examId) };
        }
        catch (RecordException bad)
        {
            return entry with { Rejection = new Rejection(bad.Reason, bad.Message) };
        }
    }

    private IEnumerable<CatalogueEntry> UnlistedExams()
    {
        HashSet<long> told = [];
        foreach (var part in _parts.Values.OfType<Code15Rows>())
        {
            foreach (var (examId, row) in part.Unlisted())
            {
                // An exam that the table places elsewhere has its entry already.
                if (Array.BinarySearch(_tableIds, examId) >= 0 || !told.Add(examId)) continue;
                yield return new CatalogueEntry
                {
                    NativeId = Text(examId),
                    Folder = part.Folder,
                    Files = part.Files,
                    Position = row,
                    Rejection = new Rejection(
                        RejectionReason.CatalogueRow,
                        $"{part.Path}, row {row}: exam {examId} has no row in {Table}, so its patient is unknown. " +
                        "Expected every exam of a part there; compare the table with the published one."),
                };
            }
        }
    }

    private IEnumerable<string> PartsInFolder() =>
        Directory.EnumerateFiles(_folder.Path, "exams_part*.hdf5").Select(path => Path.GetFileName(path));

    private static bool IsPlainName(string name) =>
        name is not ("." or "..") && name.AsSpan().IndexOfAny("/\\\0") < 0 && !Path.IsPathRooted(name);

    private static string Text(long examId) => examId.ToString(CultureInfo.InvariantCulture);

    private static IReadOnlyList<Label> LabelsOf(int flags) =>
        [.. LabelColumns.Where((_, bit) => (flags >> bit & 1) != 0).Select(name => new Label($"code15:{name}"))];

    /// <summary>The columns that are used, in the table's current row. death and timey are outcomes, not labels, and not read.</summary>
    private sealed class Row(SourceTable table)
    {
        private readonly TableColumn[] _labels = [.. LabelColumns.Select(table.Column)];

        public SourceTable Table => table;

        public TableColumn ExamId { get; } = table.Column("exam_id");

        public TableColumn PatientId { get; } = table.Column("patient_id");

        public TableColumn Age { get; } = table.Column("age");

        public TableColumn IsMale { get; } = table.Column("is_male");

        public TableColumn TraceFile { get; } = table.Column("trace_file");

        /// <summary>Bit i: the i-th label column says True.</summary>
        public int Flags()
        {
            var flags = 0;
            for (var bit = 0; bit < _labels.Length; bit++)
                if (table.FlagOrNull(_labels[bit]) == true) flags |= 1 << bit;
            return flags;
        }
    }
}
