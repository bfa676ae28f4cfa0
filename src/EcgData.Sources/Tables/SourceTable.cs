using System.Text;
using CsvHelper;
using EcgData.Signals;

namespace EcgData.Sources.Tables;

/// <summary>
/// A CSV table of a source, read row by row: RFC 4180 with commas, UTF-8 with or without a byte order mark, LF or CRLF, line breaks
/// inside quotes. Columns are found by name, whatever their order; columns that nobody asks for are ignored.
/// </summary>
/// <remarks>
/// <code>
/// using var table = SourceTable.Open(folder, "exams.csv", "exam_id", "age");
/// var (id, age) = (table.Column("exam_id"), table.Column("age"));
/// while (table.Read())
///     try { Use(table.IntegerText(id), table.NumberOrNull(age, 0, 130)); }
///     catch (RecordException bad) { /* an entry with new Rejection(bad.Reason, bad.Message), called table.RowName */ }
/// </code>
/// Memory is bounded by one row. A row that has too many or too few fields throws when a field of it is asked for.
/// </remarks>
internal sealed class SourceTable : IDisposable
{
    // A quote that is never closed makes the rest of the file one row; genuine rows have a few kilobytes.
    private const int MaximumRowBytes = 1 << 20;

    private readonly CsvReader _reader;
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);
    private CsvMalformedRecord? _malformed;

    private SourceTable(SourceFolder folder, string path)
    {
        Path = path;
        try
        {
            var options = CsvReaderOptions.Default with
            {
                Separator = ',',
                TrackLineNumbers = true,
                MaxRecordSize = MaximumRowBytes,
                OnMalformedRecord = record => _malformed = record,
            };
            var stream = new FileStream(
                folder.Resolve(path), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
            _reader = CsvReader.Create(stream, options, leaveOpen: false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SourceException(
                $"{path}: not in {folder.Path}. Expected this table of the source; give the folder that holds it, or download the file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RecordException)
        {
            throw new SourceException($"{path}: cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>As given, relative to the source's folder.</summary>
    public string Path { get; }

    /// <summary>Line on which the current row starts, from 1; line breaks inside quotes count.</summary>
    public long LineNumber => _reader.LineNumber;

    /// <summary><c>line 17</c>: what a row is called whose id cannot be read.</summary>
    public string RowName => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"line {LineNumber}");

    /// <summary>The names of the columns as the file has them.</summary>
    public IReadOnlyList<string> Headers { get; private set; } = [];

    /// <summary>Opens a table and makes sure that it has the columns.</summary>
    /// <exception cref="SourceException">No such file, not readable, empty, or a column is missing or there twice.</exception>
    public static SourceTable Open(SourceFolder folder, string path, params ReadOnlySpan<string> required)
    {
        var table = new SourceTable(folder, path);
        try
        {
            table.ReadHeaders(required);
            return table;
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <summary>The column called <paramref name="name"/>.</summary>
    /// <exception cref="SourceException">There is none.</exception>
    public TableColumn Column(string name) => ColumnOrNone(name) is { Index: >= 0 } column ? column : throw Missing([name]);

    /// <summary>The column called <paramref name="name"/>, or one that is blank in every row.</summary>
    public TableColumn ColumnOrNone(string name) => new(name, _columns.TryGetValue(name, out var index) ? index : TableColumn.None);

    /// <summary>Goes to the next row; blank lines are passed over.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="SourceException">The file cannot be read on: a quote is never closed, or the disk fails.</exception>
    public bool Read()
    {
        _malformed = null;
        try
        {
            if (!_reader.Read()) return false;
        }
        catch (CsvFormatException e)
        {
            throw Broken(e.LineNumber, e);
        }
        catch (IOException e)
        {
            throw new SourceException($"{Path}: cannot be read on: {e.Message}", e);
        }

        return _malformed?.Reason == CsvMalformedReason.UnterminatedQuote ? throw Broken(LineNumber, null) : true;
    }

    /// <summary>Why the current row cannot be read at all, or null: its number of fields, or text behind a closing quote.</summary>
    public Rejection? Problem =>
        _reader.FieldCount != Headers.Count
            ? RowRejection($"{_reader.FieldCount} fields, but the header names {Headers.Count}")
            : _malformed?.Reason == CsvMalformedReason.TextAfterClosingQuote
                ? RowRejection("text between a closing quote and the next comma; quotes inside a quoted field must be doubled")
                : null;

    /// <summary>The field as UTF-8 without surrounding blanks and quotes, valid until the next <see cref="Read"/>.</summary>
    /// <exception cref="RecordException">The row cannot be read (<see cref="Problem"/>).</exception>
    public ReadOnlySpan<byte> Utf8(TableColumn column)
    {
        if (_reader.FieldCount != Headers.Count || _malformed is not null) ThrowIfProblem();
        if (column.Index == TableColumn.None) return default;
        var field = _reader.GetSpan(column.Index);
        return field.IsEmpty || (field[0] > ' ' && field[^1] > ' ') ? field : field.Trim(" \t\r\n"u8);
    }

    /// <summary>The field without surrounding blanks, or null where it is blank.</summary>
    /// <exception cref="RecordException">The row cannot be read.</exception>
    public string? Text(TableColumn column)
    {
        var field = Utf8(column);
        return field.IsEmpty ? null : Encoding.UTF8.GetString(field);
    }

    /// <summary>
    /// What stands in the column's place, even in a row with another number of fields: a guess, to be believed only where
    /// something else says the same. Null where it is blank or the row is too short.
    /// </summary>
    public string? Guess(TableColumn column) => column.Index != TableColumn.None && column.Index < _reader.FieldCount
        && _reader.GetSpan(column.Index).Trim(" \t\r\n"u8) is { IsEmpty: false } field ? Encoding.UTF8.GetString(field) : null;

    /// <summary>The field without surrounding blanks.</summary>
    /// <exception cref="RecordException">The row cannot be read, or the field is blank.</exception>
    public string RequiredText(TableColumn column) => Text(column) ?? throw Bad(column, "text");

    /// <summary>The field as UTF-8 without surrounding blanks, valid until the next <see cref="Read"/>.</summary>
    /// <exception cref="RecordException">The row cannot be read, or the field is blank.</exception>
    public ReadOnlySpan<byte> RequiredUtf8(TableColumn column) => Utf8(column) is { IsEmpty: false } field ? field : throw Bad(column, "text");

    /// <summary>An error about a field of the current row: file, line, column, value.</summary>
    /// <param name="expected">What should be there: <c>0 (male) or 1 (female)</c>.</param>
    public RecordException Bad(TableColumn column, string expected) => new(
        RejectionReason.CatalogueRow,
        $"{Path}, line {LineNumber}, column '{column.Name}': {Shown(Text(column))}, but {expected} was expected. " +
        "Compare with the published table, or leave the record out.");

    public void Dispose() => _reader.Dispose();

    /// <summary>A value as a message shows it: in quotes, control characters made visible, cut to 80 characters.</summary>
    internal static string Shown(string? value)
    {
        const int longest = 80;
        if (string.IsNullOrEmpty(value)) return "blank";
        var shown = new StringBuilder(value, 0, Math.Min(value.Length, longest), longest + 8);
        for (var i = 0; i < shown.Length; i++)
            if (char.IsControl(shown[i])) shown[i] = '\u00b7';
        return value.Length > longest ? $"'{shown}...'" : $"'{shown}'";
    }

    private void ReadHeaders(ReadOnlySpan<string> required)
    {
        try
        {
            _reader.ReadHeader();
            Headers = [.. _reader.Headers.Select(name => name.Trim())];
        }
        catch (CsvFormatException e)
        {
            throw Broken(e.LineNumber, e);
        }
        catch (IOException e)
        {
            throw new SourceException($"{Path}: cannot be read: {e.Message}", e);
        }

        if (Headers.All(name => name.Length == 0))
            throw new SourceException($"{Path}: no header line was found; a line of column names was expected. Download the file again.");
        for (var index = 0; index < Headers.Count; index++)
        {
            if (!_columns.TryAdd(Headers[index], index) && required.Contains(Headers[index]))
                throw new SourceException(
                    $"{Path}: column '{Headers[index]}' is there twice; one was expected. Compare with the published table.");
        }

        List<string> missing = [];
        foreach (var name in required)
            if (!_columns.ContainsKey(name)) missing.Add(name);
        if (missing.Count > 0) throw Missing(missing);
    }

    private SourceException Missing(IReadOnlyList<string> names) => new(
        $"{Path}: no column {Listed(names)}; found are {Listed(Headers)}. " +
        "Expected the source's published table, comma-separated with a header line; is this another file or another release?");

    private static string Listed(IReadOnlyList<string> names)
    {
        const int most = 60;
        return string.Join(", ", names.Take(most).Select(name => name.Length == 0 ? "(unnamed)" : Shown(name)))
            + (names.Count > most ? $" and {names.Count - most} more" : "");
    }

    private SourceException Broken(long line, Exception? cause) => new(
        $"{Path}, line {line}: a quoted field is not closed within the file or within {MaximumRowBytes} bytes, so no later row can be told apart. " +
        "Download the file again.", cause);

    private Rejection RowRejection(string found) => new(
        RejectionReason.CatalogueRow,
        $"{Path}, line {LineNumber}: {found}. The row is not read; compare with the published table.");

    private void ThrowIfProblem()
    {
        if (Problem is { } problem) throw new RecordException(problem.Reason, problem.Message);
    }
}

/// <summary>A column of a <see cref="SourceTable"/>.</summary>
/// <param name="Index">From 0, or <see cref="None"/> where the table has no such column.</param>
internal readonly record struct TableColumn(string Name, int Index)
{
    public const int None = -1;
}
