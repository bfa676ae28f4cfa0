using EcgData.Shards.Reading;

namespace EcgData.Shards.Subsets;

/// <summary>Shares rows out by what the catalogue says of their records: training and validation, or the folds of a task.</summary>
public static class RowParts
{
    /// <summary>Part of a record that belongs to none.</summary>
    public const int None = -1;

    /// <param name="within">Rows that are shared out; null: all.</param>
    /// <param name="parts">How many parts there are.</param>
    /// <param name="partOf">Part of a kept record, from 0 on, or <see cref="None"/>.</param>
    /// <returns>The rows of each part. Memory: a bit per row and part.</returns>
    /// <exception cref="CorpusException">The catalogue speaks of a row that is not there.</exception>
    public static async Task<IReadOnlyList<RowSelection>> ShareAsync(
        CorpusStore corpus, VersionManifest version, RowGroupIndex index, RowSelection? within, int parts, Func<CatalogueRow, int> partOf,
        CancellationToken cancel = default)
    {
        var shards = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var group = 0; group < index.Groups; group++) shards.TryAdd(index.ExtentOf(group).Shard, index.ShardOf(group));
        var bits = Enumerable.Range(0, parts).Select(_ => new ulong[index.Groups][]).ToArray();
        await foreach (var record in corpus.ReadCatalogueAsync(version, cancel))
        {
            if (record.Shard is null || record.Row is not { } first || partOf(record) is not (>= 0 and var part)) continue;
            if (!shards.TryGetValue(record.Shard, out var shard) || !TryMark(index, shard, first, record.Segments, within, bits[part]))
            {
                throw new CorpusException(
                    $"{corpus.Objects.Address}: the catalogue puts {record.RecordId} at rows {first} to {first + record.Segments} of {record.Shard}, " +
                    "which the row-group table does not have. 'ecgdata verify' tells what is damaged.");
            }
        }

        return [.. bits.Select(part => Build(index, part))];
    }

    private static bool TryMark(RowGroupIndex index, int shard, int firstRow, int rows, RowSelection? within, ulong[][] bits)
    {
        var (group, end) = index.GroupsOf(shard);
        while (group < end && firstRow >= index.FirstRowOf(group) + index.RowsOf(group)) group++;
        for (var row = firstRow; row < firstRow + rows; row++)
        {
            if (group < end && row >= index.FirstRowOf(group) + index.RowsOf(group)) group++;
            if (group >= end || row < index.FirstRowOf(group)) return false;
            var place = row - index.FirstRowOf(group);
            if (within is not null && !within.Contains(group, place)) continue;
            bits[group] ??= new ulong[(index.RowsOf(group) + 63) / 64];
            bits[group][place >> 6] |= 1UL << (place & 63);
        }

        return true;
    }

    private static RowSelection Build(RowGroupIndex index, ulong[][] bits)
    {
        var builder = new RowSelection.Builder();
        for (var group = 0; group < index.Groups; group++)
        {
            if (bits[group] is { } words) builder.Add(words);
            else builder.AddPrefix(0);
        }

        return builder.Build();
    }
}
