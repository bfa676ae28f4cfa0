namespace EcgData.Shards.Subsets;

/// <summary>Rows of a version as bits, shard behind shard: what a selection is while it is being made or checked.</summary>
/// <param name="groups">How the rows lie in row groups.</param>
internal sealed class SubsetRows(GroupRows groups)
{
    private readonly ulong[] _bits = new ulong[(groups.Rows.Sum(rows => (long)rows) + 63) / 64 + 1];

    public static SubsetRows Of(RowSelection selection, GroupRows groups)
    {
        var rows = new SubsetRows(groups);
        uint first = 0;
        for (var group = 0; group < groups.Rows.Length; group++)
        {
            for (var row = 0; row < groups.Rows[group]; row++)
            {
                if (selection.Contains(group, row)) rows.Add(first + (uint)row, 1);
            }

            first += (uint)groups.Rows[group];
        }

        return rows;
    }

    public void Add(uint first, int count)
    {
        for (var row = first; row < first + (uint)count; row++) _bits[row >> 6] |= 1ul << (int)(row & 63);
    }

    public bool Contains(uint row) => (_bits[row >> 6] >> (int)(row & 63) & 1) != 0;

    public RowSelection Select()
    {
        var builder = new RowSelection.Builder();
        ulong[] words = new ulong[(groups.Rows.Append(0).Max() + 63) / 64];
        long first = 0;
        foreach (var rows in groups.Rows)
        {
            var used = words.AsSpan(0, (rows + 63) / 64);
            for (var word = 0; word < used.Length; word++)
            {
                var (at, shift) = ((int)(first + word * 64L >> 6), (int)(first & 63));
                used[word] = _bits[at] >> shift | (shift == 0 ? 0 : _bits[at + 1] << (64 - shift));
            }

            if ((rows & 63) != 0) used[^1] &= (1ul << (rows & 63)) - 1;
            builder.Add(used);
            first += rows;
        }

        return builder.Build();
    }

    /// <returns>int[shards]: the selected rows of each shard where they are its first ones; null where they are not.</returns>
    public static IReadOnlyList<int>? AsShardRows(RowSelection selection, GroupRows groups)
    {
        var shards = new List<int>(groups.Shards);
        var isOpen = true;   // all rows of the shard so far are selected
        for (var group = 0; group < groups.Rows.Length; group++)
        {
            if (groups.FirstRows[group] == 0)
            {
                shards.Add(0);
                isOpen = true;
            }

            var count = selection.CountOf(group);
            if (!selection.IsPrefix(group) || count > 0 && !isOpen) return null;
            shards[^1] += count;
            isOpen &= count == groups.Rows[group];
        }

        return shards;
    }
}
