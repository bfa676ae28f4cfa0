using System.Runtime.CompilerServices;
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
        var bits = Enumerable.Range(0, parts).Select(_ => new ulong[index.Groups][]).ToArray();
        await foreach (var (record, rows) in RecordsAsync(corpus, version, index, within, cancel))
        {
            if (partOf(record) is not (>= 0 and var part)) continue;
            foreach (var (group, row) in rows)
            {
                bits[part][group] ??= new ulong[(index.RowsOf(group) + 63) / 64];
                bits[part][group][row >> 6] |= 1UL << (row & 63);
            }
        }

        return [.. bits.Select(part => Build(index, part))];
    }

    /// <summary>The kept records that have rows among the selected ones, and these rows; the list is the same one each time.</summary>
    /// <param name="within">Null: all rows.</param>
    /// <exception cref="CorpusException">The catalogue speaks of a row that is not there.</exception>
    public static async IAsyncEnumerable<(CatalogueRow Record, IReadOnlyList<(int Group, int Row)> Rows)> RecordsAsync(
        CorpusStore corpus, VersionManifest version, RowGroupIndex index, RowSelection? within, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var shards = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var group = 0; group < index.Groups; group++) shards.TryAdd(index.ExtentOf(group).Shard, index.ShardOf(group));
        var rows = new List<(int Group, int Row)>();
        await foreach (var record in corpus.ReadCatalogueAsync(version, cancel))
        {
            if (record.Shard is null || record.Row is not { } first) continue;
            rows.Clear();
            if (!shards.TryGetValue(record.Shard, out var shard) || !TryFind(index, shard, first, record.Segments, rows))
            {
                throw new CorpusException(
                    $"{corpus.Objects.Address}: the catalogue puts {record.RecordId} at rows {first} to {first + record.Segments} of {record.Shard}, " +
                    "which the row-group table does not have. 'ecgdata verify' tells what is damaged.");
            }

            if (within is not null) rows.RemoveAll(row => !within.Contains(row.Group, row.Row));
            if (rows.Count > 0) yield return (record, rows);
        }
    }

    private static bool TryFind(RowGroupIndex index, int shard, int firstRow, int count, List<(int Group, int Row)> rows)
    {
        var (group, end) = index.GroupsOf(shard);
        for (var row = firstRow; row < firstRow + count; row++)
        {
            while (group < end && row >= index.FirstRowOf(group) + index.RowsOf(group)) group++;
            if (group >= end || row < index.FirstRowOf(group)) return false;
            rows.Add((group, row - index.FirstRowOf(group)));
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
