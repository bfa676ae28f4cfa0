using System.Runtime.InteropServices;

namespace EcgData.Shards.Reading;

/// <summary>A stretch of a slot's stream whose items are of one row group.</summary>
/// <param name="Start">Turn of its first item in the slot's stream.</param>
/// <param name="End">Turn after its last.</param>
/// <param name="From">Place of its first item among the row group's, which are in keyed order.</param>
internal readonly record struct Fragment(int Group, int Start, int End, int From);

/// <summary>
/// One pass over a pool of row groups, dealt over slots. The shards in keyed order are one long row of items, and each slot gets an
/// equal stretch of it: shards of its own, but for the two that lie across its borders. In every round each slot gives one item, so
/// all rounds but the last are full, and a position is a round and a place in it. A slot goes through its row groups in keyed order,
/// whatever their shard, and through the items of a row group in keyed order; the slots of a round are in keyed order too.
/// </summary>
internal sealed class SlotStreams
{
    private const int FewestRotated = 32;   // row groups of a slot from which on reading one of them twice costs less than 3 %

    private readonly OrderKeys _keys;
    private readonly bool _isOrdered;
    private readonly long _fullRounds;
    private readonly int _remainder;

    /// <summary>Fragments of slot s: from _first[s] to _first[s + 1].</summary>
    private readonly int[] _first;

    private readonly int[] _groups;
    private readonly int[] _ends;

    /// <summary>The one fragment of each slot that begins within a row group, and where.</summary>
    private readonly (int Fragment, int From)[] _cuts;

    private readonly int[] _rotations;

    /// <param name="shards">The pool's shards in stored order.</param>
    /// <param name="slots">Row groups that are open at a time; fewer are where there are fewer items.</param>
    /// <param name="isOrdered">Stored order: one slot, nothing keyed.</param>
    public SlotStreams(RowGroupIndex index, GroupItems items, ReadOnlySpan<int> shards, int slots, OrderKeys keys, bool isOrdered)
    {
        (_keys, _isOrdered) = (keys, isOrdered);
        int[] order = [.. shards];
        if (!isOrdered) KeyedDraw.Shuffle<int>(order, keys.Shards);
        var pool = new List<(int Group, int Count)>();
        foreach (var shard in order)
        {
            var (first, end) = index.GroupsOf(shard);
            for (var group = first; group < end; group++)
            {
                var count = items.Count(group, keys.Segments);
                if (count == 0) continue;
                pool.Add((group, count));
                Items += count;
                LargestGroup = Math.Max(LargestGroup, count);
            }
        }

        Slots = (int)Math.Min(isOrdered ? 1 : slots, Items);
        _fullRounds = Slots == 0 ? 0 : Items / Slots;
        _remainder = Slots == 0 ? 0 : (int)(Items % Slots);
        if (_fullRounds >= int.MaxValue)
        {
            throw new ArgumentException(
                $"{Items} items over {Slots} open row groups are more than 2³¹ each. Open more row groups, or take longer crops.", nameof(slots));
        }

        (_first, _cuts, _rotations) = (new int[Slots + 1], new (int, int)[Slots], new int[Slots]);
        (_groups, _ends) = Deal(pool);
    }

    /// <summary>Items of the pass.</summary>
    public long Items { get; }

    /// <summary>Items of a round: the row groups that are open at a time.</summary>
    public int Slots { get; }

    /// <summary>Items of the row group that has most.</summary>
    public int LargestGroup { get; }

    public long MemoryBytes => (_first.Length + _groups.Length + _ends.Length + _rotations.Length) * 4L + _cuts.Length * 8L;

    /// <summary>Items that a slot gives in all.</summary>
    public int LengthOf(int slot) => (int)_fullRounds + (slot < _remainder ? 1 : 0);

    /// <summary>The slots in the order in which they give the items of a round.</summary>
    /// <param name="slots">Room for <see cref="Slots"/>.</param>
    public void SlotsOf(long round, Span<int> slots)
    {
        var count = round < _fullRounds ? Slots : _remainder;
        for (var slot = 0; slot < count; slot++) slots[slot] = slot;
        if (!_isOrdered) KeyedDraw.Shuffle(slots[..count], KeyedDraw.Combine(_keys.Rounds, (ulong)round));
    }

    /// <summary>
    /// The turn of a slot's stream that a round takes. Streams begin at different places of their first row group, so that not all
    /// slots go on to another in the same round.
    /// </summary>
    public int TurnOf(int slot, long round)
    {
        var (turn, length) = ((int)round + _rotations[slot], LengthOf(slot));
        return turn < length ? turn : turn - length;
    }

    /// <summary>The fragment that holds a turn of a slot's stream.</summary>
    public Fragment FragmentAt(int slot, int turn)
    {
        var (first, count) = (_first[slot], _first[slot + 1] - _first[slot]);
        var found = Array.BinarySearch(_ends, first, count, turn + 1);
        if (found < 0) found = ~found;
        return new Fragment(
            _groups[found], found == first ? 0 : _ends[found - 1], _ends[found], _cuts[slot].Fragment == found ? _cuts[slot].From : 0);
    }

    /// <summary>Lists a row group's items in their keyed order.</summary>
    /// <param name="list">Room for <see cref="LargestGroup"/>.</param>
    public void ItemsOf(GroupItems items, int group, Span<GroupItem> list)
    {
        var count = items.List(group, _keys.Segments, list);
        if (!_isOrdered) KeyedDraw.Shuffle(list[..count], KeyedDraw.Combine(_keys.Rows, (ulong)group));
    }

    /// <summary>First sample of a crop whose start is drawn.</summary>
    /// <param name="shard">Key of the row's shard.</param>
    /// <param name="row">Row in the shard.</param>
    /// <param name="starts">How many starts there are.</param>
    public int StartOf(ulong shard, int row, int starts) => KeyedDraw.Below(KeyedDraw.Combine(_keys.Crops, shard), (ulong)row, starts);

    private (int[] Groups, int[] Ends) Deal(List<(int Group, int Count)> pool)
    {
        var fragments = new List<(int Group, int Count, int From)>(pool.Count + Slots);
        var (slot, room) = (0, Slots == 0 ? 0 : LengthOf(0));
        foreach (var (group, count) in pool)
        {
            for (var from = 0; from < count;)
            {
                var taken = Math.Min(room, count - from);
                fragments.Add((group, taken, from));
                from += taken;
                room -= taken;
                if (room > 0) continue;
                EndSlot(slot, CollectionsMarshal.AsSpan(fragments));
                room = ++slot < Slots ? LengthOf(slot) : 0;
            }
        }

        var (groups, ends) = (new int[fragments.Count], new int[fragments.Count]);
        for (slot = 0; slot < Slots; slot++)
        {
            var end = 0;
            for (var index = _first[slot]; index < _first[slot + 1]; index++)
            {
                (groups[index], ends[index]) = (fragments[index].Group, end += fragments[index].Count);
            }
        }

        return (groups, ends);
    }

    /// <summary>Puts a slot's fragments into their order.</summary>
    private void EndSlot(int slot, Span<(int Group, int Count, int From)> fragments)
    {
        _first[slot + 1] = fragments.Length;
        var own = fragments[_first[slot]..];
        var key = KeyedDraw.Combine(_keys.Groups, (ulong)slot);
        if (!_isOrdered) KeyedDraw.Shuffle(own, key);
        _cuts[slot] = (-1, 0);
        for (var index = 0; index < own.Length; index++)
        {
            if (own[index].From > 0) _cuts[slot] = (_first[slot] + index, own[index].From);
        }

        if (!_isOrdered && own.Length >= FewestRotated) _rotations[slot] = KeyedDraw.Below(key, ulong.MaxValue - 1, own[0].Count);
    }
}
