using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcgData.Shards.Parquet;
using global::Parquet;
using global::Parquet.Schema;

namespace EcgData.Shards;

/// <summary>A row of <c>catalogue.parquet</c>: one source record of a version, whatever became of it.</summary>
public sealed record CatalogueRow
{
    public required string RecordId { get; init; }

    public required string Source { get; init; }

    public required string NativeId { get; init; }

    public required string Patient { get; init; }

    public required bool PatientKnown { get; init; }

    public string? Site { get; init; }

    /// <summary>Time of the recording, as published.</summary>
    public string? Recorded { get; init; }

    /// <summary>Null where the record could not be read.</summary>
    public double? NativeSamplingFrequencyHz { get; init; }

    public int? NativeSamples { get; init; }

    public float? AgeYears { get; init; }

    public string? Sex { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    public IReadOnlyList<float> LabelWeights { get; init; } = [];

    public required int Fold { get; init; }

    public required string Licence { get; init; }

    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>One per file, SHA-256 in hex, "" where a missing file has none.</summary>
    public IReadOnlyList<string> Checksums { get; init; } = [];

    /// <summary><c>kept</c>, <c>kept with flags</c> or <c>rejected</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it was rejected, <c>missing-file: …</c>; else null.</summary>
    public string? Reason { get; init; }

    public required int Flags { get; init; }

    /// <summary>Path of the shard that holds it, or null.</summary>
    public string? Shard { get; init; }

    /// <summary>Its first row in the shard.</summary>
    public int? Row { get; init; }

    public required int Segments { get; init; }

    public string? DuplicateOf { get; init; }

    /// <summary>Whether it was left out because its patient was erased: then nothing is told of it but its id.</summary>
    [JsonIgnore]
    public bool IsErased => Reason?.StartsWith(ErasedPatients.Reason, StringComparison.Ordinal) == true;
}

/// <summary>Writes and reads <c>catalogue.parquet</c> in pieces: neither holds the table.</summary>
/// <remarks>
/// Each row group is encoded as a file of its own and moved into the table with its place in the footer changed, so that its bytes follow
/// from its rows alone: what is taken over from another version's catalogue cannot be told from what is encoded anew.
/// </remarks>
public sealed class CatalogueTableWriter : IAsyncDisposable
{
    /// <summary>Version of the bytes that a build makes of given rows with this writer, its cuts into row groups included; a version's manifest names it.</summary>
    public const int Version = 2;

    /// <summary>Rows per row group where nobody ends it: some 30 MB. 65,536 took 550 MiB in all for a catalogue of 200,000 records.</summary>
    public const int RowGroupRows = 16_384;

    private static readonly string[] DictionaryColumns = ["source", "site", "sex", "licence", "state", "shard"];
    private static readonly ParquetSchema Schema = CreateSchema();

    private readonly Stream _stream;
    private readonly List<CatalogueGroup> _groups = [];
    private readonly List<ReadOnlyMemory<byte>> _structures = [];
    private readonly List<CatalogueRow> _rows = [];
    private long _position = FooterParts.FirstOffset;
    private long _count;

    /// <summary>The columns: name, type of a value, and whether there is a list of them.</summary>
    internal static IReadOnlyList<(string Name, Type Type, bool IsList)> Fields { get; } =
        [.. Schema.Fields.Select(field => field is ListField list
            ? (field.Name, ((DataField)list.Item).ClrType, true)
            : (field.Name, ((DataField)field).ClrType, false))];

    private CatalogueTableWriter(Stream stream) => _stream = stream;

    /// <param name="stream">Written front to back and left open.</param>
    public static async Task<CatalogueTableWriter> CreateAsync(Stream stream, CancellationToken cancel = default)
    {
        await stream.WriteAsync(Magic, cancel);
        return new(stream);
    }

    private static byte[] Magic { get; } = [.. "PAR1"u8];

    /// <exception cref="ArgumentException">A row whose parallel lists differ in length.</exception>
    public async Task AddAsync(CatalogueRow row, CancellationToken cancel = default)
    {
        if (row.Labels.Count != row.LabelWeights.Count || row.Files.Count != row.Checksums.Count)
        {
            throw new ArgumentException(
                $"{row.RecordId}: {row.Labels.Count} labels with {row.LabelWeights.Count} weights, {row.Files.Count} files with " +
                $"{row.Checksums.Count} checksums; each label has a weight and each file a checksum, if only \"\".", nameof(row));
        }

        _rows.Add(row);
        if (_rows.Count >= RowGroupRows) await EndRowGroupAsync(cancel);
    }

    /// <summary>Adds a row group, made by <see cref="EncodeAsync"/> or taken over from another catalogue.</summary>
    public async Task AddAsync(CatalogueRowGroup rowGroup, CancellationToken cancel = default)
    {
        await EndRowGroupAsync(cancel);
        await WriteAsync(rowGroup, cancel);
    }

    /// <summary>Makes a row group of rows of one source; any number of them at a time.</summary>
    /// <param name="inputs">All that the rows follow from, as one hash.</param>
    /// <param name="sums">What they add up to, or null where that is not known.</param>
    public static async Task<CatalogueRowGroup> EncodeAsync(
        IReadOnlyList<CatalogueRow> rows, string? inputs, CatalogueSums? sums, CancellationToken cancel = default)
    {
        using var file = new MemoryStream();
        await using (var table = await ParquetTable.CreateAsync(Schema, file, DictionaryColumns, cancel)) await WriteAsync(table, rows, cancel);
        var (footer, end) = await FooterParts.ReadAsync(file, cancel);
        var pages = file.GetBuffer().AsMemory(FooterParts.FirstOffset, (int)end - FooterParts.FirstOffset);
        var structure = FooterParts.Rebase(footer.RowGroups[0], 0, 0);
        var group = new CatalogueGroup
        {
            Source = rows[0].RecordId[..Math.Max(0, rows[0].RecordId.IndexOf('/', StringComparison.Ordinal))],
            Rows = rows.Count,
            SizeBytes = pages.Length,
            Inputs = inputs,
            Labels = CountLabels(rows),
            Sums = sums,
        };
        return new CatalogueRowGroup(group.Sealed(pages.Span, structure), pages, structure);
    }

    /// <summary>Writes what is left, and the footer.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndRowGroupAsync(CancellationToken.None);
        var metadata = JsonSerializer.Serialize(_groups.ToArray(), CorpusJson.Compact.For<CatalogueGroup[]>());
        var footer = (await EmptyFooterAsync()).Write(_count, _structures, [new(CatalogueGroup.MetadataKey, metadata)]);
        await _stream.WriteAsync(footer);
        await _stream.WriteAsync((byte[])[.. BitConverter.GetBytes(footer.Length), .. Magic]);
    }

    private async Task EndRowGroupAsync(CancellationToken cancel)
    {
        if (_rows.Count == 0) return;
        await WriteAsync(await EncodeAsync(_rows, null, null, cancel), cancel);
        _rows.Clear();
    }

    private async Task WriteAsync(CatalogueRowGroup rowGroup, CancellationToken cancel)
    {
        await _stream.WriteAsync(rowGroup.Pages, cancel);
        _structures.Add(FooterParts.Rebase(rowGroup.Structure, _position - FooterParts.FirstOffset, _groups.Count));
        _groups.Add(rowGroup.Group);
        _position += rowGroup.Pages.Length;
        _count += rowGroup.Group.Rows;
    }

    /// <returns>null where there are too many, or where the rows are of several sources.</returns>
    private static SortedDictionary<string, long>? CountLabels(IReadOnlyList<CatalogueRow> rows)
    {
        var name = rows[0].RecordId.AsSpan(0, rows[0].RecordId.IndexOf('/', StringComparison.Ordinal) + 1);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (!row.RecordId.AsSpan().StartsWith(name)) return null;
            if (row.State == "rejected") continue;
            foreach (var label in row.Labels) CollectionsMarshal.GetValueRefOrAddDefault(counts, label, out _)++;
            if (counts.Count > CatalogueGroup.MostLabels) return null;
        }

        return new SortedDictionary<string, long>(counts, StringComparer.Ordinal);
    }

    /// <summary>The footer of a table without rows, which has the schema.</summary>
    private static async Task<FooterParts> EmptyFooterAsync()
    {
        using var file = new MemoryStream();
        await (await ParquetTable.CreateAsync(Schema, file, DictionaryColumns, CancellationToken.None)).DisposeAsync();
        return (await FooterParts.ReadAsync(file, CancellationToken.None)).Parts;
    }

    private static ParquetSchema CreateSchema() => new(
        new DataField<string>("record_id", false),
        new DataField<string>("source", false),
        new DataField<string>("native_id", false),
        new DataField<string>("patient", false),
        new DataField<bool>("patient_known"),
        new DataField<string>("site", true),
        new DataField<string>("recorded", true),
        new DataField<double?>("native_sampling_frequency_hz"),
        new DataField<int?>("native_samples"),
        new DataField<float?>("age_years"),
        new DataField<string>("sex", true),
        ParquetTable.List<string>("labels"),
        ParquetTable.List<float>("label_weights"),
        new DataField<int>("fold"),
        new DataField<string>("licence", false),
        ParquetTable.List<string>("files"),
        ParquetTable.List<string>("checksums"),
        new DataField<string>("state", false),
        new DataField<string>("reason", true),
        new DataField<int>("flags"),
        new DataField<string>("shard", true),
        new DataField<int?>("row"),
        new DataField<int>("segments"),
        new DataField<string>("duplicate_of", true));

    private static async Task WriteAsync(ParquetTable table, IReadOnlyList<CatalogueRow> rows, CancellationToken cancel)
    {
        var group = table.BeginRowGroup();
        await group.AddAsync(Texts(rows, row => row.RecordId));
        await group.AddAsync(Texts(rows, row => row.Source));
        await group.AddAsync(Texts(rows, row => row.NativeId));
        await group.AddAsync(Texts(rows, row => row.Patient));
        await group.AddAsync(Numbers(rows, row => row.PatientKnown), cancel);
        await group.AddAsync(Texts(rows, row => row.Site));
        await group.AddAsync(Texts(rows, row => row.Recorded));
        await group.AddAsync(Numbers(rows, row => row.NativeSamplingFrequencyHz), cancel);
        await group.AddAsync(Numbers(rows, row => row.NativeSamples), cancel);
        await group.AddAsync(Numbers(rows, row => row.AgeYears), cancel);
        await group.AddAsync(Texts(rows, row => row.Sex));
        await group.AddListsAsync(rows.Select(row => row.Labels), label => label.AsMemory(), cancel);
        await group.AddListsAsync(rows.Select(row => row.LabelWeights), weight => weight, cancel);
        await group.AddAsync(Numbers(rows, row => row.Fold), cancel);
        await group.AddAsync(Texts(rows, row => row.Licence));
        await group.AddListsAsync(rows.Select(row => row.Files), file => file.AsMemory(), cancel);
        await group.AddListsAsync(rows.Select(row => row.Checksums), checksum => checksum.AsMemory(), cancel);
        await group.AddAsync(Texts(rows, row => row.State));
        await group.AddAsync(Texts(rows, row => row.Reason));
        await group.AddAsync(Numbers(rows, row => row.Flags), cancel);
        await group.AddAsync(Texts(rows, row => row.Shard));
        await group.AddAsync(Numbers(rows, row => row.Row), cancel);
        await group.AddAsync(Numbers(rows, row => row.Segments), cancel);
        await group.AddAsync(Texts(rows, row => row.DuplicateOf));
        group.Complete();
    }

    private static string?[] Texts(IReadOnlyList<CatalogueRow> rows, Func<CatalogueRow, string?> value) => [.. rows.Select(value)];

    private static T[] Numbers<T>(IReadOnlyList<CatalogueRow> rows, Func<CatalogueRow, T> value) => [.. rows.Select(value)];
}

/// <inheritdoc cref="CatalogueTableWriter"/>
public static class CatalogueTableReader
{
    private static readonly string[] Columns =
    [
        "record_id String", "source String", "native_id String", "patient String", "patient_known Boolean", "site String?", "recorded String?",
        "native_sampling_frequency_hz Double?", "native_samples Int32?", "age_years Single?", "sex String?", "labels/list/element String?[]",
        "label_weights/list/element Single?[]", "fold Int32", "licence String", "files/list/element String?[]", "checksums/list/element String?[]",
        "state String", "reason String?", "flags Int32", "shard String?", "row Int32?", "segments Int32", "duplicate_of String?",
    ];

    /// <param name="stream">A <c>catalogue.parquet</c>; seekable.</param>
    /// <exception cref="InvalidDataException">Not a catalogue, or damaged.</exception>
    public static IAsyncEnumerable<CatalogueRow> ReadAsync(Stream stream, CancellationToken cancel = default) => ReadAsync(stream, _ => true, null, cancel);

    /// <inheritdoc cref="ReadAsync(Stream, CancellationToken)"/>
    /// <param name="isWanted">Which row groups to read, from 0.</param>
    /// <param name="isShardWanted">Of which shards to read the rows, null for records in none; all where it is not given.</param>
    public static async IAsyncEnumerable<CatalogueRow> ReadAsync(
        Stream stream, Func<int, bool> isWanted, Func<string?, bool>? isShardWanted = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var reader = await ParquetFile.OpenAsync(stream, "a catalogue", cancel);
        CheckColumns(reader);
        for (var index = 0; index < reader.RowGroupCount; index++)
        {
            var group = index;
            if (!isWanted(index)) continue;
            foreach (var row in await ParquetFile.GuardAsync($"row group {index}", () => ReadRowGroupAsync(reader, group, isShardWanted, cancel)))
            {
                cancel.ThrowIfCancellationRequested();
                yield return row;
            }
        }
    }

    /// <exception cref="InvalidDataException">Its columns are not those of a catalogue.</exception>
    internal static void CheckColumns(ParquetReader reader) => ParquetFile.CheckColumns(reader, Columns, "catalogue");

    private static async Task<List<CatalogueRow>> ReadRowGroupAsync(
        ParquetReader reader, int index, Func<string?, bool>? isShardWanted, CancellationToken cancel)
    {
        var columns = new RowGroupColumns(reader, index, cancel);
        var shards = await columns.OptionalTextsAsync("shard");
        if (isShardWanted is not null) columns.Wanted = Array.ConvertAll(shards, shard => isShardWanted(shard));
        var recordIds = await columns.TextsAsync("record_id");
        var sources = await columns.TextsAsync("source");
        var nativeIds = await columns.TextsAsync("native_id");
        var patients = await columns.TextsAsync("patient");
        var known = await columns.NumbersAsync<bool>("patient_known");
        var sites = await columns.OptionalTextsAsync("site");
        var recorded = await columns.OptionalTextsAsync("recorded");
        var frequencies = await columns.OptionalNumbersAsync<double>("native_sampling_frequency_hz");
        var samples = await columns.OptionalNumbersAsync<int>("native_samples");
        var ages = await columns.OptionalNumbersAsync<float>("age_years");
        var sexes = await columns.OptionalTextsAsync("sex");
        var labels = await columns.TextListsAsync("labels/list/element");
        var weights = await columns.ListsAsync<float>("label_weights/list/element");
        var folds = await columns.NumbersAsync<int>("fold");
        var licences = await columns.TextsAsync("licence");
        var files = await columns.TextListsAsync("files/list/element");
        var checksums = await columns.TextListsAsync("checksums/list/element");
        var states = await columns.TextsAsync("state");
        var reasons = await columns.OptionalTextsAsync("reason");
        var flags = await columns.NumbersAsync<int>("flags");
        var shardRows = await columns.OptionalNumbersAsync<int>("row");
        var segments = await columns.NumbersAsync<int>("segments");
        var duplicates = await columns.OptionalTextsAsync("duplicate_of");

        var rows = new List<CatalogueRow>();
        for (var row = 0; row < columns.Rows; row++)
        {
            if (columns.Wanted is { } wanted && !wanted[row]) continue;
            rows.Add(new CatalogueRow
            {
                RecordId = recordIds[row],
                Source = sources[row],
                NativeId = nativeIds[row],
                Patient = patients[row],
                PatientKnown = known[row],
                Site = sites[row],
                Recorded = recorded[row],
                NativeSamplingFrequencyHz = frequencies[row],
                NativeSamples = samples[row],
                AgeYears = ages[row],
                Sex = sexes[row],
                Labels = labels[row],
                LabelWeights = weights[row] ?? [],
                Fold = folds[row],
                Licence = licences[row],
                Files = files[row],
                Checksums = checksums[row],
                State = states[row],
                Reason = reasons[row],
                Flags = flags[row],
                Shard = shards[row],
                Row = shardRows[row],
                Segments = segments[row],
                DuplicateOf = duplicates[row],
            });
        }

        return rows;
    }
}
