using System.Runtime.ExceptionServices;

namespace EcgData.Shards.Reading;

/// <summary>
/// Batches in work and batches that are ready, one behind the other. Threads take crops to decode, a few at a time, in the reading order;
/// whoever opens a new batch plans it: which crop of which row group goes where. There is no more ahead than the ring has room for.
/// </summary>
internal sealed class CropRing : IDisposable
{
    // Of the study's crops: a tenth of a millisecond of work for two short waits at the gate.
    private const int Stretch = 8;

    private readonly object _gate = new();
    private readonly ReadingOrder _order;
    private readonly ReadingOptions _options;
    private readonly RowGroupOpener _opener;
    private readonly ReadingCursor _cursor;
    private readonly PlannedBatch[] _batches;
    private readonly HeldRowGroup?[] _slots;
    private readonly Stack<HeldRowGroup> _free = new();
    private readonly List<HeldRowGroup> _all = [];
    private readonly int _capacity;
    private readonly CancellationToken _cancel;
    private long _planned;    // batches
    private long _taken;
    private long _position;   // of the next batch that is planned
    private ExceptionDispatchInfo? _fault;
    private bool _stopped;

    public CropRing(ReadingOrder order, ReadingOptions options, RowGroupOpener opener, CancellationToken cancel)
    {
        (_order, _options, _opener, _cancel) = (order, options, opener, cancel);
        End = options.DropLast ? BatchSlices.EndWithoutShortBatch(options.From, order.Items, options.Batch, options.Order.SourceRun) : order.Items;
        _capacity = (options.Batch + options.World - 1) / options.World;
        _position = options.From;
        _cursor = order.Seek(_position);
        _slots = new HeldRowGroup?[order.Slots];
        var batchBytes = CropBuffer.SizeBytesOf(_capacity, options.Leads, order.CropSamples);
        if (batchBytes > int.MaxValue) throw new ArgumentException(
            $"A batch of {_capacity} crops takes {batchBytes} bytes; expected is less than 2 GiB. Set a smaller batch.", nameof(options));
        var ahead = options.Threads == 0 ? 1 : Math.Clamp(options.PrefetchBytes / batchBytes, 1, options.Prefetch);
        _batches = [.. Enumerable.Range(0, (int)ahead).Select(_ => new PlannedBatch(CreateBuffer(), _capacity))];
    }

    /// <summary>Position at which reading ends.</summary>
    public long End { get; }

    /// <summary>Batches that are ready.</summary>
    public int Ready
    {
        get
        {
            lock (_gate)
            {
                var ready = 0;
                while (_taken + ready < _planned && Of(_taken + ready).Left == 0) ready++;
                return ready;
            }
        }
    }

    public CropBuffer CreateBuffer() => new(_capacity, _options.Leads, _order.CropSamples);

    /// <summary>A thread's life: it ends with the epoch, with a fault, or when it is stopped.</summary>
    public void Work(ThreadClock clock)
    {
        while (true)
        {
            PlannedBatch batch;
            int first, count;
            lock (_gate)
            {
                clock.Start();
                while (!TryBegin(out batch, out first, out count))
                {
                    if (IsOver) return;
                    Monitor.Wait(_gate);
                }

                clock.Book(ref clock.Wait);
            }

            Run(batch, first, count, clock);
        }
    }

    /// <summary>Does on the caller's thread what there is room for.</summary>
    public void WorkOnce(ThreadClock clock)
    {
        clock.Start();
        while (true)
        {
            PlannedBatch batch;
            int first, count;
            lock (_gate)
            {
                if (!TryBegin(out batch, out first, out count)) return;
            }

            Run(batch, first, count, clock);
        }
    }

    /// <summary>Hands over the next batch.</summary>
    /// <returns>The position behind it, or -1 at the end of the epoch.</returns>
    public long Take(CropBatch into, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (!IsReady) Await(cancel);
            if (_taken == _planned) return -1;
            var batch = Of(_taken++);
            (into.Buffer, batch.Buffer) = (batch.Buffer, into.Buffer);
            Monitor.PulseAll(_gate);
            return batch.End;
        }
    }

    public void Stop()
    {
        lock (_gate) _stopped = true;
        Wake();
    }

    /// <summary>Lets everybody who waits look again.</summary>
    public void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }

    /// <summary>Frees the memory; no thread is at work any more.</summary>
    public void Dispose()
    {
        foreach (var batch in _batches) batch.Buffer.Dispose();
        foreach (var group in _all) group.Open.Dispose();
    }

    private bool IsReady => _taken < _planned ? Of(_taken).Left == 0 : _position == End;

    private bool IsOver => _stopped || _fault is not null || _cancel.IsCancellationRequested || _position == End;

    private PlannedBatch Of(long number) => _batches[number % _batches.Length];

    private void Await(CancellationToken cancel)
    {
        using var registration = cancel.UnsafeRegister(static ring => ((CropRing)ring!).Wake(), this);
        while (!IsReady)
        {
            _fault?.Throw();
            cancel.ThrowIfCancellationRequested();
            _cancel.ThrowIfCancellationRequested();
            Monitor.Wait(_gate);
        }
    }

    /// <summary>The next few crops that nobody has begun. Called with the gate held.</summary>
    private bool TryBegin(out PlannedBatch batch, out int first, out int count)
    {
        batch = null!;
        (first, count) = (0, 0);
        if (_stopped || _fault is not null || _cancel.IsCancellationRequested) return false;
        if (_planned > _taken && Of(_planned - 1) is { IsBegun: false } last)
        {
            batch = last;
        }
        else
        {
            if (_position == End || _planned - _taken == _batches.Length) return false;
            batch = Of(_planned);
            Plan(batch);
            _planned++;
            if (batch.Left == 0)
            {
                // This rank has nothing of a short last batch.
                Monitor.PulseAll(_gate);
                return TryBegin(out batch, out first, out count);
            }
        }

        (first, count) = batch.Begin(Stretch);
        return true;
    }

    /// <summary>Looks up what the next batch consists of.</summary>
    private void Plan(PlannedBatch batch)
    {
        var run = _options.Order.SourceRun;
        var (first, count) = BatchSlices.SliceOf(_position, End, _options.Batch, _options.Rank, _options.World, run);
        var end = _position + BatchSlices.SizeAt(_position, End, _options.Batch, run);
        batch.Plan(first, count, end);
        for (; _position < end; _position++)
        {
            if (!_cursor.MoveNext(out var place)) throw new InvalidOperationException($"The reading order ends at {_position}; it has {_order.Items} items.");
            ref var slot = ref _slots[_cursor.Slot];
            if (_position >= first && _position < first + count)
            {
                if (slot is null || slot.Group != place.Group)
                {
                    Leave(slot);
                    slot = Hold(place.Group);
                }

                slot.Uses++;
                batch.Places[(int)(_position - first)] = new PlannedCrop(slot, place.Row, place.Start);
            }

            if (!_cursor.LeavesGroup) continue;
            Leave(slot);
            slot = null;
        }
    }

    private HeldRowGroup Hold(int group)
    {
        if (!_free.TryPop(out var held))
        {
            held = new HeldRowGroup(_opener.LargestBytes);
            _all.Add(held);
        }

        held.Begin(group);
        return held;
    }

    private void Leave(HeldRowGroup? held)
    {
        if (held is null) return;
        held.IsLeft = true;
        if (held.Uses == 0) _free.Push(held);
    }

    private void Run(PlannedBatch batch, int first, int count, ThreadClock clock)
    {
        ExceptionDispatchInfo? fault = null;
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            for (var index = first; index < first + count; index++)
            {
                var crop = batch.Places[index];
                var open = crop.Held.EnsureOpen(_opener, clock, _cancel);
                batch.Buffer.Describe(index, open, crop.Row, crop.Start);
                clock.Book(ref clock.Copy);
                batch.Buffer.Decode(index, open, crop.Row, crop.Start);
                clock.Book(ref clock.Decode);
                clock.Crops++;
            }
        }
        catch (Exception e)
        {
            fault = ExceptionDispatchInfo.Capture(e);
        }

        clock.Garbage += GC.GetAllocatedBytesForCurrentThread() - allocated;
        lock (_gate)
        {
            if (fault is not null) _fault ??= fault;
            for (var index = first; index < first + count; index++)
            {
                var held = batch.Places[index].Held;
                if (--held.Uses == 0 && held.IsLeft) _free.Push(held);
            }

            batch.Left -= fault is null ? count : 0;
            if (batch.Left == 0 || fault is not null) Monitor.PulseAll(_gate);
        }
    }
}
