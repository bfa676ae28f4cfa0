using EcgData.Signals;

namespace EcgData.Shards;

/// <content>What is checked of every row.</content>
public sealed partial class CorpusVerifier
{
    /// <summary>Reads every row of a shard and compares it with what the tables say of it.</summary>
    private async Task<Found> SignalsAsync(
        ManifestShard shard, List<RowGroupEntry> groups, List<CataloguedRows> records, CancellationToken cancel)
    {
        var name = shard.Path!;
        var found = new Found();
        var digest = new RowDigest();
        var expected = records.ToDictionary(record => record.RecordId, StringComparer.Ordinal);
        var (row, group) = (0, 0);
        StoredSegment? previous = null;
        try
        {
            await using var stream = await corpus.Objects.OpenReadAsync(name, cancel);
            await foreach (var segment in ShardReader.ReadAsync(stream, cancel: cancel))
            {
                while (group < groups.Count && row >= groups[group].FirstRow + groups[group].Rows) group++;
                CheckRow(name, row, segment, previous, expected.GetValueOrDefault(segment.RecordId), groups.ElementAtOrDefault(group));
                found.Sums.Add(Sums(segment));
                found.Signature += digest.Of(segment);
                previous = segment;
                row++;
            }
        }
        catch (InvalidDataException e)
        {
            Check(false, name, $"row {row}: {e.Message}");
        }

        Check(row == shard.Rows, name, $"{row} rows were read, the manifest says {shard.Rows}");
        Interlocked.Add(ref _rows, row);
        return found;
    }

    private void CheckRow(
        string name, int row, StoredSegment segment, StoredSegment? previous, CataloguedRows? record, RowGroupEntry? group)
    {
        var where = $"row {row} ({segment.RecordId}, segment {segment.Segment})";
        if (!Check(record is not null, name, $"{where} is of a record that the catalogue does not put here")) return;
        Check(record!.Row + segment.Segment == row, name, $"{where} stands where the catalogue does not say: it begins at row {record.Row}");
        Check(record.Patient == segment.Patient && record.Fold == segment.Fold && record.Flags == (int)segment.Flags
            && record.Labels.SequenceEqual(segment.Labels, StringComparer.Ordinal), name,
            $"{where}: patient, fold, flags or labels are not the catalogue's");
        Check(new PatientKey(segment.Patient).Rank() == segment.Rank, name, $"{where}: rank {segment.Rank} does not follow from the patient");
        Check(previous is null || InOrder(previous, segment), name, $"{where} does not follow the row before in rank, record and segment");
        Check(group is not null && segment.Rank >= group.MinimumRank && segment.Rank <= group.MaximumRank, name,
            $"{where}: rank outside the bounds of its row group");
        Check(group is not null && group.SamplesOf(row - group.FirstRow) == segment.Samples && group.SegmentOf(row - group.FirstRow) == segment.Segment
            && (group.RecordSegments.Count == 0 ? 1 : group.RecordSegments[row - group.FirstRow]) == record.Segments, name,
            $"{where}: {segment.Samples} samples, segment {segment.Segment} of {record.Segments}, is not what the row-group table says of it");
        foreach (var lead in segment.Leads)
        {
            Check(lead is null || lead.Length == segment.Samples, name, $"{where}: a lead has {lead?.Length} samples, the row says {segment.Samples}");
            var bound = (short)(ConditioningOptions.StorageBoundMillivolt * 1000);
            Check(lead is null || !lead.AsSpan().ContainsAnyExceptInRange((short)-bound, bound), name, $"{where}: a value beyond ±{bound} µV");
        }

        Check(segment.Gaps.All(gap => gap.Start >= 0 && gap.Start < gap.End && gap.End <= segment.Samples), name, $"{where}: a gap outside the segment");
        Check(segment.Gaps.Count == 0 || segment.Flags.HasFlag(RecordFlags.MissingSamples), name, $"{where} has gaps but not their flag");
    }

    private static LeadSums Sums(StoredSegment segment)
    {
        var sums = new LeadSums();
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            if (segment.Leads[lead] is not { Length: > 0 } values) continue;
            sums.Count[lead] = values.Length;
            (sums.Minimum[lead], sums.Maximum[lead]) = (values.Min(), values.Max());
            foreach (var value in values)
            {
                sums.Sum[lead] += value;
                sums.SumOfSquares[lead] += value * value;
            }
        }

        return sums;
    }

    private static bool InOrder(StoredSegment a, StoredSegment b)
    {
        var order = a.Rank.CompareTo(b.Rank);
        if (order == 0) order = string.CompareOrdinal(a.RecordId, b.RecordId);
        return (order == 0 ? a.Segment.CompareTo(b.Segment) : order) < 0;
    }

    /// <summary>What the rows that were read come to.</summary>
    private sealed class Found
    {
        public LeadSums Sums { get; } = new();

        public ContentSignature Signature { get; set; }

        public void Add(Found other)
        {
            Sums.Add(other.Sums);
            Signature += other.Signature;
        }
    }
}
