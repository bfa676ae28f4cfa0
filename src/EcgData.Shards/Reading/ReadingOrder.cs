using System.Buffers;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Reading;

/// <summary>
/// The reading order of one epoch: what is at each position. A function of the row-group table, the selection and the options alone;
/// batch size, ranks, threads and read-ahead do not come in, and nothing has to be read to know it.
/// </summary>
public sealed class ReadingOrder
{
    private readonly GroupItems _items;
    private readonly ItemPool[] _pools;
    private readonly SourceSchedule? _schedule;
    private readonly int _run;

    /// <param name="selection">Rows of the subset; null for all rows of the version.</param>
    /// <exception cref="ArgumentException">Options that contradict each other or the index, or a selection of another version.</exception>
    public ReadingOrder(RowGroupIndex index, RowSelection? selection, OrderOptions options)
    {
        Check(index, selection, options);
        (Index, Options, CropSamples) = (index, options, CropSamplesOf(index, options));
        _items = new GroupItems(index, selection, options, CropSamples);
        for (var group = 0; group < index.Groups; group++) TooShort += _items.TooShort(group);
        _run = Math.Max(1, options.SourceRun);
        _pools = options.Weights.Count > 0 ? WeightedPools() : options.SourceRun > 0 ? EqualPools() : [new ItemPool(this, -1, options.OpenRowGroups, _run, 0)];
        var units = Array.ConvertAll(_pools, pool => pool.PassItems / _run);
        if (options.Weights.Count > 0) _schedule = new WeightedSources(WeightsOf(_pools), units);
        else if (options.SourceRun > 0) _schedule = new ShuffledRuns(units, OrderKeys.OfRuns(options.Seed, options.Epoch));
        Items = _schedule is null ? _pools[0].PassItems : _schedule.Units * _run;
        LeftOut = _pools.Sum(pool => pool.LeftOut);
        Slots = _pools.Sum(pool => pool.Slots);
    }

    public RowGroupIndex Index { get; }

    public OrderOptions Options { get; }

    /// <summary>Samples of each lead of a crop.</summary>
    public int CropSamples { get; }

    /// <summary>Positions of the epoch: crops, of which an item has one unless they are consecutive.</summary>
    public long Items { get; }

    /// <summary>Selected rows that are left out because they are shorter than the crop.</summary>
    public long TooShort { get; }

    /// <summary>Items that this epoch leaves out because they fill no run of their source; other ones in each epoch.</summary>
    public long LeftOut { get; }

    /// <summary>Row groups that a reader has open at a time: one per slot.</summary>
    public int Slots { get; }

    /// <summary>Bytes of what grows with the corpus, beside the index's and the selection's.</summary>
    public long MemoryBytes => _pools.Sum(pool => pool.MemoryBytes) + (_schedule?.MemoryBytes ?? 0);

    internal IReadOnlyList<ItemPool> Pools => _pools;

    internal SourceSchedule? Schedule => _schedule;

    internal GroupItems GroupItems => _items;

    internal int Run => _run;

    /// <summary>What is at a position, looked up alone.</summary>
    public ItemPlace Locate(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Items);
        var (pool, place) = PoolAt(position);
        var streams = pool.StreamsOf(place / pool.PassItems);
        (var round, place) = Math.DivRem(place % pool.PassItems, streams.Slots);
        var slots = ArrayPool<int>.Shared.Rent(streams.Slots);
        streams.SlotsOf(round, slots.AsSpan(0, streams.Slots));
        var turn = streams.TurnOf(slots[place], round);
        var fragment = streams.FragmentAt(slots[place], turn);
        ArrayPool<int>.Shared.Return(slots);
        var list = ArrayPool<GroupItem>.Shared.Rent(streams.LargestGroup);
        streams.ItemsOf(_items, fragment.Group, list.AsSpan(0, streams.LargestGroup));
        var item = list[fragment.From + turn - fragment.Start];
        ArrayPool<GroupItem>.Shared.Return(list);
        return Place(streams, fragment.Group, item);
    }

    /// <summary>A cursor whose first step gives what is at <paramref name="position"/>.</summary>
    /// <param name="position">At most <see cref="Items"/>.</param>
    public ReadingCursor Seek(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Items);
        return new ReadingCursor(this, position);
    }

    /// <summary>The pool that gives a position, and how many items it gives before.</summary>
    internal (ItemPool Pool, long Place) PoolAt(long position)
    {
        if (_schedule is null) return (_pools[0], position);
        var unit = position / _run;
        var source = _schedule.SourceAt(unit);
        return (_pools[source], _schedule.CountBefore(unit, source) * _run + position % _run);
    }

    internal ItemPlace Place(SlotStreams streams, int group, GroupItem item)
    {
        if (Options.Crops == CropPlacement.Consecutive) return new ItemPlace(group, item.Row, item.Crop * CropSamples);
        var starts = Index.SamplesOf(group, item.Row) - CropSamples + 1;
        return new ItemPlace(group, item.Row, streams.StartOf(Index.KeyOf(group), Index.FirstRowOf(group) + item.Row, starts));
    }

    private static int CropSamplesOf(RowGroupIndex index, OrderOptions options)
    {
        var samples = Math.Round(options.CropSeconds * index.SamplingFrequencyHz);
        return samples is >= 1 and <= int.MaxValue ? (int)samples : throw new ArgumentException(
            $"cropSeconds is {options.CropSeconds}; at {index.SamplingFrequencyHz} Hz a crop has to have at least one sample. Set 2.5, for example.", nameof(options));
    }

    private static void Check(RowGroupIndex index, RowSelection? selection, OrderOptions options)
    {
        if (selection is not null && selection.Groups != index.Groups)
        {
            throw new ArgumentException(
                $"The selection is over {selection.Groups} row groups, the version has {index.Groups}. Make the subset for this version.", nameof(selection));
        }

        if (options.OpenRowGroups < 1)
            throw new ArgumentException($"openRowGroups is {options.OpenRowGroups}; at least one row group is open. Set 64, for example.", nameof(options));
        if (options.SourceRun < 0)
            throw new ArgumentException($"sourceRun is {options.SourceRun}; runs have a positive length, and 0 stands for none.", nameof(options));
        if (options.Ordered && (options.SourceRun > 0 || options.Weights.Count > 0))
            throw new ArgumentException("The stored order neither mixes by weights nor makes runs of one source. Leave out ordered, or sourceRun and weights.", nameof(options));
        if (options.Weights.Count == 0) return;
        if (options.Crops == CropPlacement.Consecutive)
            throw new ArgumentException("Consecutive crops read everything once; weights read some of it again. Leave out weights, or draw the crops.", nameof(options));
        var unknown = options.Weights.Keys.Except(index.Sources).FirstOrDefault();
        var missing = index.Sources.Except(options.Weights.Keys).FirstOrDefault();
        if (unknown is null && missing is null) return;
        throw new ArgumentException(
            (unknown is null ? $"Weights name no share for source {missing}. " : $"Weights name source {unknown}, of which the version has no row. ") +
            $"Give a share to each of {string.Join(", ", index.Sources)}, 0 to leave one out.", nameof(options));
    }

    /// <summary>A pool per source; its share of the open row groups is its share of the items, so that each open group gives as many.</summary>
    private ItemPool[] WeightedPools()
    {
        var sum = Options.Weights.Values.Sum();
        var pools = new List<ItemPool>();
        for (var source = 0; source < Index.Sources.Count; source++)
        {
            var weight = Options.Weights[Index.Sources[source]];
            if (weight == 0) continue;
            var slots = Math.Max(1, (int)Math.Round(Options.OpenRowGroups * weight / sum));
            var pool = new ItemPool(this, source, slots, _run, pools.Sum(before => before.Slots));
            if (pool.PassItems == 0)
            {
                throw new ArgumentException(
                    $"Source {Index.Sources[source]} has weight {weight}, but too few items for a share: {pool.LeftOut}. Set its weight to 0, or choose a shorter crop or run.");
            }

            pools.Add(pool);
        }

        return pools.Count > 0 ? [.. pools] : throw new ArgumentException("All weights are 0. Give a share to a source.");
    }

    private double[] WeightsOf(ItemPool[] pools) => Array.ConvertAll(pools, pool => Options.Weights[Index.Sources[pool.Source]]);

    /// <summary>A pool per source, of as many open row groups each: a batch comes from one of them.</summary>
    private ItemPool[] EqualPools()
    {
        var slots = Math.Max(1, Options.OpenRowGroups / Math.Max(1, Index.Sources.Count));
        var pools = new List<ItemPool>();
        for (var source = 0; source < Index.Sources.Count; source++)
            pools.Add(new ItemPool(this, source, slots, _run, pools.Sum(before => before.Slots)));
        return [.. pools];
    }
}
