using System.IO.Hashing;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Exports;

/// <summary>
/// The rows of a subset in stored order, shard by shard: only row groups with selected rows are read, and each is held against its digest.
/// </summary>
/// <param name="selection">null for every row of the version.</param>
public sealed class SelectedRows(CorpusStore corpus, RowGroupIndex index, RowSelection? selection)
{
    /// <summary>Rows that are selected.</summary>
    public long Count { get; } = selection?.Rows ?? index.Rows;

    /// <summary>Shards of the version.</summary>
    public int Shards => index.Shards;

    /// <summary>Name of a shard's source.</summary>
    public string SourceOf(int shard) => index.Sources[index.SourceOfShard(shard)];

    /// <summary>Selected rows of a shard.</summary>
    public int CountOf(int shard)
    {
        var count = 0;
        var (first, end) = index.GroupsOf(shard);
        for (var group = first; group < end; group++) count += CountOfGroup(group);
        return count;
    }

    /// <summary>The selected rows of a shard, in its order.</summary>
    /// <exception cref="CorpusException">The shard is missing or damaged.</exception>
    public async Task<List<StoredSegment>> ReadAsync(int shard, CancellationToken cancel)
    {
        var (first, end) = index.GroupsOf(shard);
        int[] groups = [.. Enumerable.Range(first, end - first).Where(group => CountOfGroup(group) > 0)];
        var rows = new List<StoredSegment>();
        if (groups.Length == 0) return rows;
        var path = index.ExtentOf(first).Shard;
        try
        {
            await using var stream = await corpus.Objects.OpenReadAsync(path, cancel);
            foreach (var group in groups) await CheckAsync(stream, index.ExtentOf(group), cancel);
            stream.Position = 0;
            await foreach (var (place, row, segment) in ShardReader.ReadAsync(stream, [.. groups.Select(group => group - first)], cancel))
            {
                if (selection is null || selection.Contains(groups[place], row)) rows.Add(segment);
            }
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException or EndOfStreamException)
        {
            throw new CorpusException($"{corpus.Objects.Address}: {path}: {e.Message} 'ecgdata verify' tells what else is damaged.", e);
        }

        return rows;
    }

    private static async Task CheckAsync(Stream stream, RowGroupExtent extent, CancellationToken cancel)
    {
        stream.Position = extent.OffsetBytes;
        var bytes = new byte[extent.SizeBytes];
        await stream.ReadExactlyAsync(bytes, cancel);
        var digest = XxHash128.HashToUInt128(bytes);
        if (digest != extent.Digest)
            throw new InvalidDataException($"The row group at {extent.OffsetBytes} has digest {digest:x32}; its table says {extent.Digest:x32}.");
    }

    private int CountOfGroup(int group) => selection?.CountOf(group) ?? index.RowsOf(group);
}
