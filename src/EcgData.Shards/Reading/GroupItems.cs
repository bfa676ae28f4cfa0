using EcgData.Shards.Subsets;

namespace EcgData.Shards.Reading;

/// <summary>
/// The items of a row group: its selected rows that are long enough, and of each record of several segments the one that is drawn,
/// where the item is a record. The record's other rows may lie in the row groups beside it; only the row-group table is asked.
/// </summary>
internal sealed class GroupItems(RowGroupIndex index, RowSelection? selection, OrderOptions options, int cropSamples)
{
    private readonly bool _drawsSegments = options.Unit == ItemUnit.Record;
    private readonly bool _isConsecutive = options.Crops == CropPlacement.Consecutive;

    /// <summary>How many items a row group has.</summary>
    /// <param name="key">Decides which segments are drawn.</param>
    public int Count(int group, ulong key)
    {
        if (!index.IsPlain(group, out var samples)) return Walk(group, key, []);
        return checked(Selected(group) * CropsOf(samples));
    }

    /// <summary>Lists the items in stored order.</summary>
    /// <param name="items">At least as long as <see cref="Count"/> says.</param>
    public int List(int group, ulong key, Span<GroupItem> items)
    {
        if (!index.IsPlain(group, out var samples)) return Walk(group, key, items);
        var (crops, count) = (CropsOf(samples), 0);
        if (crops == 0) return 0;
        var left = Selected(group);
        for (var row = 0; left > 0; row++)
        {
            if (!IsSelected(group, row)) continue;
            left--;
            for (var crop = 0; crop < crops; crop++) items[count++] = new GroupItem(row, crop);
        }

        return count;
    }

    /// <summary>Selected rows that are shorter than the crop.</summary>
    public int TooShort(int group)
    {
        if (index.IsPlain(group, out var samples)) return samples < cropSamples ? Selected(group) : 0;
        var count = 0;
        for (var row = 0; row < index.RowsOf(group); row++)
        {
            if (IsSelected(group, row) && index.SamplesOf(group, row) < cropSamples) count++;
        }

        return count;
    }

    private int Walk(int group, ulong key, Span<GroupItem> items)
    {
        var (count, drawn, rows) = (0, 0, index.RowsOf(group));
        for (var row = 0; row < rows; row++)
        {
            if (_drawsSegments)
            {
                var (segment, segments) = index.SegmentOf(group, row);
                if (segments > 1 && (row == 0 || segment == 0)) drawn = Draw(group, row - segment, segments, key);
                if (segments > 1 && segment != drawn) continue;
            }

            if (!IsSelected(group, row)) continue;
            var crops = CropsOf(index.SamplesOf(group, row));
            for (var crop = 0; crop < crops; crop++)
            {
                if (!items.IsEmpty) items[count] = new GroupItem(row, crop);
                count++;
            }
        }

        return count;
    }

    /// <summary>The segment that stands for a record: one of those that are selected and long enough, or -1.</summary>
    /// <param name="first">The record's first row, counted from the row group's first; negative where it lies in a row group before.</param>
    private int Draw(int group, int first, int segments, ulong key)
    {
        var eligible = 0;
        for (var segment = 0; segment < segments; segment++)
        {
            if (IsEligible(group, first + segment)) eligible++;
        }

        if (eligible == 0) return -1;
        var chosen = KeyedDraw.Below(KeyedDraw.Combine(key, index.KeyOf(group)), (ulong)(index.FirstRowOf(group) + first), eligible);
        for (var segment = 0; ; segment++)
        {
            if (IsEligible(group, first + segment) && chosen-- == 0) return segment;
        }
    }

    private bool IsEligible(int group, int row)
    {
        while (row < 0) row += index.RowsOf(--group);
        for (var rows = index.RowsOf(group); row >= rows; rows = index.RowsOf(group))
        {
            row -= rows;
            group++;
        }

        return IsSelected(group, row) && index.SamplesOf(group, row) >= cropSamples;
    }

    private int Selected(int group) => selection?.CountOf(group) ?? index.RowsOf(group);

    private bool IsSelected(int group, int row) => selection?.Contains(group, row) ?? true;

    private int CropsOf(int samples) => samples < cropSamples ? 0 : _isConsecutive ? samples / cropSamples : 1;
}
