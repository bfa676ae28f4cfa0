namespace EcgData.Shards.Reading;

/// <summary>The items of a source, or of all: gone through in passes, each in an order of its own.</summary>
internal sealed class ItemPool
{
    private readonly ReadingOrder _order;
    private readonly int[] _shards;
    private readonly int _openRowGroups;
    private volatile Pass _latest;

    /// <param name="source">Index of the source; -1 for all.</param>
    /// <param name="openRowGroups">Slots of the pool.</param>
    /// <param name="run">What does not fill a run is left out of each pass.</param>
    /// <param name="firstSlot">Slots of the pools before.</param>
    public ItemPool(ReadingOrder order, int source, int openRowGroups, int run, int firstSlot)
    {
        (_order, Source, _openRowGroups, FirstSlot) = (order, source, openRowGroups, firstSlot);
        _shards = [.. Enumerable.Range(0, order.Index.Shards).Where(shard => source < 0 || order.Index.SourceOfShard(shard) == source)];
        _latest = new Pass(0, Begin(0));
        var streams = _latest.Streams;
        LeftOut = streams.Items % run;
        PassItems = streams.Items - LeftOut;
        Slots = streams.Slots;
    }

    public int Source { get; }

    /// <summary>Slots of the pools before this one.</summary>
    public int FirstSlot { get; }

    public int Slots { get; }

    /// <summary>Items of a pass: as many in each, since a record is one whichever segment stands for it.</summary>
    public long PassItems { get; }

    public long LeftOut { get; }

    public int LargestGroup => _latest.Streams.LargestGroup;

    public long MemoryBytes => _shards.Length * 4L + _latest.Streams.MemoryBytes;

    /// <summary>The order of a pass. The latest is kept; another is made again, in time that grows with the pool's row groups.</summary>
    public SlotStreams StreamsOf(long number)
    {
        var latest = _latest;
        if (latest.Number == number) return latest.Streams;
        _latest = latest = new Pass(number, Begin(number));
        return latest.Streams;
    }

    private SlotStreams Begin(long pass) => new(
        _order.Index, _order.GroupItems, _shards, _openRowGroups, OrderKeys.Of(_order.Options.Seed, _order.Options.Epoch, Source, pass), _order.Options.Ordered);

    private sealed record Pass(long Number, SlotStreams Streams);
}
