using System.Globalization;
using System.Runtime.CompilerServices;
using EcgData.Signals;
using global::Parquet;

namespace EcgData.Shards;

/// <summary>Reads the rows of a shard in stored order, row group by row group, through Parquet.Net.</summary>
/// <remarks>Shares no code with the writer: what it reads, others can read.</remarks>
public static class ShardReader
{
    private const string MakeAgain = "Verify the shard's SHA-256, and build it again if it differs.";

    private static readonly string[] Columns =
    [
        "record_id String", "segment Int32", "start_seconds Double", "samples Int32", "source String", "site String?", "licence String",
        "patient String", "patient_known Boolean", "rank Int64", "sampling_frequency_hz Double", "native_sampling_frequency_hz Double",
        "amplitude_unit String",
        .. Montage.ColumnNames.ToArray().Select(lead => $"{lead}/list/element Int16?[]"),
        "derived_leads Int32", "flags Int32", "gaps/list/element Int32[]", "age_years Single?", "sex String?", "labels/list/element String[]",
        "label_weights/list/element Single[]", "fold Int32", "source_file String", "source_sha256 String",
    ];

    /// <param name="stream">A shard; seekable.</param>
    /// <param name="firstRowGroup">Index of the first row group to read.</param>
    /// <exception cref="InvalidDataException">Not a shard of a schema version that is known, or damaged.</exception>
    public static async IAsyncEnumerable<StoredSegment> ReadAsync(
        Stream stream, int firstRowGroup = 0, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRowGroup);
        await using var reader = await ParquetFile.OpenAsync(stream, "a shard", cancel);
        CheckSchema(reader);
        for (var index = firstRowGroup; index < reader.RowGroupCount; index++)
        {
            foreach (var row in await GuardedAsync(reader, index, cancel))
            {
                cancel.ThrowIfCancellationRequested();
                yield return row;
            }
        }
    }

    /// <summary>The rows of some row groups, each with its group's place in <paramref name="rowGroups"/> and its own in the group.</summary>
    /// <exception cref="InvalidDataException">Not a shard of a schema version that is known, or damaged.</exception>
    public static async IAsyncEnumerable<(int Place, int Row, StoredSegment Segment)> ReadAsync(
        Stream stream, IReadOnlyList<int> rowGroups, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await using var reader = await ParquetFile.OpenAsync(stream, "a shard", cancel);
        CheckSchema(reader);
        for (var place = 0; place < rowGroups.Count; place++)
        {
            if (rowGroups[place] >= reader.RowGroupCount)
                throw new InvalidDataException($"The shard has {reader.RowGroupCount} row groups; row group {rowGroups[place]} is asked for. {MakeAgain}");
            var rows = await GuardedAsync(reader, rowGroups[place], cancel);
            for (var row = 0; row < rows.Length; row++)
            {
                cancel.ThrowIfCancellationRequested();
                yield return (place, row, rows[row]);
            }
        }
    }

    private static Task<StoredSegment[]> GuardedAsync(ParquetReader reader, int index, CancellationToken cancel) =>
        ParquetFile.GuardAsync($"row group {index}", () => ReadRowGroupAsync(reader, index, cancel));

    private static void CheckSchema(ParquetReader reader)
    {
        if (!reader.CustomMetadata.TryGetValue(ShardSchema.VersionKey, out var version))
        {
            throw new InvalidDataException(
                $"The Parquet file has no '{ShardSchema.VersionKey}' among its metadata; a shard states its schema version there. Give a file that 'build' wrote.");
        }

        if (version != ShardSchema.Version.ToString(CultureInfo.InvariantCulture))
        {
            throw new InvalidDataException(
                $"The shard has schema version '{version}'; readable is version {ShardSchema.Version}. Read it with the release that wrote it, or build it again.");
        }

        ParquetFile.CheckColumns(reader, Columns, $"shard of schema version {version}");
    }

    private static async Task<StoredSegment[]> ReadRowGroupAsync(ParquetReader reader, int index, CancellationToken cancel)
    {
        var columns = new RowGroupColumns(reader, index, cancel);
        var recordIds = await columns.TextsAsync("record_id");
        var segments = await columns.NumbersAsync<int>("segment");
        var starts = await columns.NumbersAsync<double>("start_seconds");
        var samples = await columns.NumbersAsync<int>("samples");
        var sources = await columns.TextsAsync("source");
        var sites = await columns.OptionalTextsAsync("site");
        var licences = await columns.TextsAsync("licence");
        var patients = await columns.TextsAsync("patient");
        var known = await columns.NumbersAsync<bool>("patient_known");
        var ranks = await columns.NumbersAsync<long>("rank");
        var frequencies = await columns.NumbersAsync<double>("sampling_frequency_hz");
        var nativeFrequencies = await columns.NumbersAsync<double>("native_sampling_frequency_hz");
        var units = await columns.TextsAsync("amplitude_unit");
        var leads = new short[]?[Montage.LeadCount][];
        for (var lead = 0; lead < Montage.LeadCount; lead++)
            leads[lead] = await columns.ListsAsync<short>($"{Montage.ColumnNames[lead]}/list/element");
        var derived = await columns.NumbersAsync<int>("derived_leads");
        var flags = await columns.NumbersAsync<int>("flags");
        var gaps = await columns.ListsAsync<int>("gaps/list/element");
        var ages = await columns.OptionalNumbersAsync<float>("age_years");
        var sexes = await columns.OptionalTextsAsync("sex");
        var labels = await columns.TextListsAsync("labels/list/element");
        var weights = await columns.ListsAsync<float>("label_weights/list/element");
        var folds = await columns.NumbersAsync<int>("fold");
        var files = await columns.TextsAsync("source_file");
        var checksums = await columns.TextsAsync("source_sha256");

        var rows = new StoredSegment[columns.Rows];
        for (var row = 0; row < rows.Length; row++)
        {
            var rowLeads = new short[]?[Montage.LeadCount];
            for (var lead = 0; lead < rowLeads.Length; lead++)
            {
                rowLeads[lead] = leads[lead][row];
                if (rowLeads[lead] is { } values && values.Length != samples[row])
                {
                    throw new InvalidDataException(
                        $"Row {row} of row group {index}, {recordIds[row]}: lead {Montage.Names[lead]} has {values.Length} values; " +
                        $"its row says {samples[row]} samples. {MakeAgain}");
                }
            }

            rows[row] = new StoredSegment
            {
                RecordId = recordIds[row],
                Segment = segments[row],
                StartSeconds = starts[row],
                Samples = samples[row],
                Source = sources[row],
                Site = sites[row],
                Licence = licences[row],
                Patient = patients[row],
                PatientKnown = known[row],
                Rank = ranks[row],
                SamplingFrequencyHz = frequencies[row],
                NativeSamplingFrequencyHz = nativeFrequencies[row],
                AmplitudeUnit = units[row],
                Leads = rowLeads,
                DerivedLeads = new LeadSet(derived[row]),
                Flags = (RecordFlags)flags[row],
                Gaps = ToGaps(gaps[row]!, row, index),
                AgeYears = ages[row],
                Sex = sexes[row],
                Labels = labels[row],
                LabelWeights = weights[row]!,
                Fold = folds[row],
                SourceFile = files[row],
                SourceSha256 = checksums[row],
            };
        }

        return rows;
    }

    private static Gap[] ToGaps(int[] triples, int row, int rowGroup)
    {
        if (triples.Length % 3 != 0)
        {
            throw new InvalidDataException(
                $"Row {row} of row group {rowGroup}: 'gaps' has {triples.Length} values; gaps are triples of lead, start and end. {MakeAgain}");
        }

        var gaps = new Gap[triples.Length / 3];
        for (var gap = 0; gap < gaps.Length; gap++) gaps[gap] = new Gap((Lead)triples[3 * gap], triples[3 * gap + 1], triples[3 * gap + 2]);
        return gaps;
    }
}
