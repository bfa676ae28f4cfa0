namespace EcgData.Shards.Reading;

/// <summary>
/// Goes through a reading order from a position on. A step allocates nothing, but where a source starts again (see
/// <see cref="OrderOptions.Weights"/>). Not for several threads at once; a second cursor that runs ahead tells what to fetch.
/// </summary>
public sealed class ReadingCursor
{
    private readonly ReadingOrder _order;
    private readonly PoolCursor[] _pools;

    internal ReadingCursor(ReadingOrder order, long position)
    {
        (_order, Position) = (order, position);
        _pools = [.. order.Pools.Select(pool => new PoolCursor(order, pool))];
        if (position == order.Items) return;
        if (order.Schedule is not { } schedule)
        {
            _pools[0].Seek(position);
            return;
        }

        var unit = position / order.Run;
        for (var source = 0; source < _pools.Length; source++)
        {
            var place = schedule.CountBefore(unit, source) * order.Run;
            if (schedule.SourceAt(unit) == source) place += position % order.Run;
            _pools[source].Seek(place);
        }
    }

    /// <summary>Position that the next step gives.</summary>
    public long Position { get; private set; }

    /// <summary>Slot of the last step, from 0 to <see cref="ReadingOrder.Slots"/>: whose open row group gave the item.</summary>
    public int Slot { get; private set; }

    /// <summary>Whether the slot is done with its row group: its next item, if any, is of another.</summary>
    public bool LeavesGroup { get; private set; }

    /// <summary>The next item; false at the end of the epoch.</summary>
    public bool MoveNext(out ItemPlace place)
    {
        if (Position == _order.Items)
        {
            place = default;
            return false;
        }

        var pool = _pools[_order.Schedule?.SourceAt(Position / _order.Run) ?? 0];
        place = pool.Next(out var slot, out var leavesGroup);
        (Slot, LeavesGroup) = (slot, leavesGroup);
        Position++;
        return true;
    }

    /// <summary>A pool's part of the cursor: the items of the row groups that its slots have open, in the order in which they come.</summary>
    private sealed class PoolCursor(ReadingOrder order, ItemPool pool)
    {
        private readonly int[] _slots = new int[pool.Slots];
        private readonly Fragment[] _open = new Fragment[pool.Slots];
        private GroupItem[] _items = new GroupItem[pool.Slots * pool.LargestGroup];
        private SlotStreams _streams = null!;
        private long _pass;
        private long _round;
        private long _left;      // items of the pass
        private int _place;      // in the round
        private int _largest;

        public void Seek(long place)
        {
            if (pool.PassItems == 0) return;
            Begin(place / pool.PassItems);
            var within = place % pool.PassItems;
            (_round, var inRound) = Math.DivRem(within, _streams.Slots);
            (_place, _left) = ((int)inRound, pool.PassItems - within);
            _streams.SlotsOf(_round, _slots);
        }

        public ItemPlace Next(out int slot, out bool leavesGroup)
        {
            if (_left == 0) Seek((_pass + 1) * pool.PassItems);
            if (_place == _streams.Slots)
            {
                _place = 0;
                _streams.SlotsOf(++_round, _slots);
            }

            slot = _slots[_place++];
            _left--;
            var turn = _streams.TurnOf(slot, _round);
            ref var open = ref _open[slot];
            if (turn < open.Start || turn >= open.End)
            {
                open = _streams.FragmentAt(slot, turn);
                _streams.ItemsOf(order.GroupItems, open.Group, _items.AsSpan(slot * _largest, _largest));
            }

            var item = _items[slot * _largest + open.From + turn - open.Start];
            leavesGroup = turn + 1 == open.End || _round + 1 == _streams.LengthOf(slot);
            var place = order.Place(_streams, open.Group, item);
            slot += pool.FirstSlot;
            return place;
        }

        private void Begin(long pass)
        {
            (_pass, _streams) = (pass, pool.StreamsOf(pass));
            Array.Clear(_open);   // an empty fragment holds no turn
            _largest = _streams.LargestGroup;
            if (_items.Length < _slots.Length * _largest) _items = new GroupItem[_slots.Length * _largest];
        }
    }
}
