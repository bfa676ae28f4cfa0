namespace EcgData.Shards;

/// <summary>
/// Lengths of a shard's rows and which of them are of one record: what a reading order needs to know without opening the shard.
/// The rows of a record follow each other, if need be from one row group into the next, so that they are known at the shard's end.
/// </summary>
internal sealed class RowLayout
{
    private readonly List<int> _samples = [];
    private readonly List<int> _recordStarts = [];

    /// <param name="continues">Whether the row is of the same record as the row before.</param>
    public void Add(int samples, bool continues)
    {
        _recordStarts.Add(continues ? _recordStarts[^1] : _samples.Count);
        _samples.Add(samples);
    }

    /// <summary>The entry with its rows' lengths and segments; every row of the shard has been added.</summary>
    public RowGroupEntry Complete(RowGroupEntry entry)
    {
        var samples = _samples.GetRange(entry.FirstRow, entry.Rows);
        var segments = new int[entry.Rows];
        var counts = new int[entry.Rows];
        for (var row = 0; row < entry.Rows; row++)
        {
            var first = _recordStarts[entry.FirstRow + row];
            var end = entry.FirstRow + row + 1;
            while (end < _recordStarts.Count && _recordStarts[end] == first) end++;
            (segments[row], counts[row]) = (entry.FirstRow + row - first, end - first);
        }

        var alone = counts.All(count => count == 1);
        return entry with
        {
            RowSamples = samples.TrueForAll(count => count == samples[0]) ? [samples[0]] : samples,
            RowSegments = alone ? [] : segments,
            RecordSegments = alone ? [] : counts,
        };
    }
}
