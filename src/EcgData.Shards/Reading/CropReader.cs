using System.Diagnostics;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Reading;

/// <summary>
/// Reads the crops of one epoch, batch by batch, in the order that <see cref="ReadingOrder"/> gives. Threads of its own decode ahead into a
/// ring of batches; with none (<see cref="ReadingOptions.Threads"/> 0) the caller's thread does it, at the call. What is at a position depends
/// on none of that. A batch in which no row group is opened allocates nothing. One caller at a time.
/// </summary>
public sealed class CropReader : IDisposable
{
    private readonly ReadingOptions _options;
    private readonly RowSelection? _selection;
    private readonly string _versionId;
    private readonly CropRing _ring;
    private readonly Thread[] _threads;
    private readonly ThreadClock[] _clocks;
    private readonly CancellationTokenRegistration _cancelled;
    private StoredRowGroups? _ownSource;
    private long _stalled;
    private bool _disposed;

    private CropReader(
        RowGroupIndex index, string versionId, RowSelection? selection, ReadingOptions options, IRowGroupSource source, CancellationToken cancel)
    {
        ReadingCheck.Check(options);
        (_versionId, _selection, _options) = (versionId, selection, options);
        Order = new ReadingOrder(index, selection, options.Order);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.From, Order.Items);
        Position = options.From;
        _ring = new CropRing(Order, options, new RowGroupOpener(index, source, options), cancel);
        _clocks = [.. Enumerable.Range(0, Math.Max(1, options.Threads)).Select(_ => new ThreadClock())];
        _threads = [.. Enumerable.Range(0, options.Threads).Select(number => new Thread(() => _ring.Work(_clocks[number]))
        {
            IsBackground = true,
            Name = $"crops {number}",
        })];
        _cancelled = cancel.UnsafeRegister(static ring => ((CropRing)ring!).Wake(), _ring);
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>The reading order of this epoch.</summary>
    public ReadingOrder Order { get; }

    /// <summary>Positions of the epoch.</summary>
    public long Items => Order.Items;

    /// <summary>Position behind the global batches that have been read: where to go on.</summary>
    public long Position { get; private set; }

    /// <summary>Items that are lost to <see cref="ReadingOptions.DropLast"/>.</summary>
    public long Dropped => Order.Items - _ring.End;

    /// <summary>Batches that are ready and wait for the caller: 0 again and again means that reading is what the run waits for.</summary>
    public int Ready => _ring.Ready;

    /// <summary>Where the time went so far.</summary>
    public ReadingTimes Times => new([.. _clocks.Select(clock => clock.Times)], Stopwatch.GetElapsedTime(0, _stalled));

    /// <summary>What to keep in order to go on behind the batches that have been read.</summary>
    public ReadingState State => ReadingState.Of(_versionId, _selection, _options.Order, Position);

    /// <summary>Opens a version, or a subset of it, for one epoch.</summary>
    /// <param name="selection">Rows of the subset; null for all rows.</param>
    /// <param name="source">Where row groups come from; null: straight from the corpus.</param>
    /// <param name="cancel">Ends all reading.</param>
    /// <exception cref="ArgumentException">Options that contradict each other, the version or the selection.</exception>
    public static async Task<CropReader> OpenAsync(
        CorpusStore corpus, VersionManifest version, RowSelection? selection, ReadingOptions options, IRowGroupSource? source = null,
        CancellationToken cancel = default)
    {
        var index = await RowGroupIndex.LoadAsync(corpus, version, cancel);
        if (source is not null) return Open(index, version.Id, selection, options, source, cancel);
        var stored = new StoredRowGroups(corpus.Objects);
        try
        {
            var reader = Open(index, version.Id, selection, options, stored, cancel);
            reader._ownSource = stored;
            return reader;
        }
        catch
        {
            stored.Dispose();
            throw;
        }
    }

    /// <summary>Opens an epoch over a row-group table that is there already, as one that follows another does.</summary>
    public static CropReader Open(
        RowGroupIndex index, string versionId, RowSelection? selection, ReadingOptions options, IRowGroupSource source, CancellationToken cancel = default) =>
        new(index, versionId, selection, options, source, cancel);

    /// <summary>A batch to read into. The caller disposes of it.</summary>
    public CropBatch CreateBatch() => new(_ring.CreateBuffer());

    /// <summary>Reads the next batch, or this rank's slice of it; waits for it where it is not ready.</summary>
    /// <param name="batch">One of <see cref="CreateBatch"/>; its memory is swapped, nothing is copied.</param>
    /// <returns>false at the end of the epoch.</returns>
    /// <exception cref="InvalidDataException">A row group is damaged; shard and row group are named. So are they in whatever else reading throws.</exception>
    public bool Read(CropBatch batch, CancellationToken cancel = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancel.ThrowIfCancellationRequested();
        if (_threads.Length == 0) _ring.WorkOnce(_clocks[0]);
        var before = Stopwatch.GetTimestamp();
        var end = _ring.Take(batch, cancel);
        if (_threads.Length > 0) _stalled += Stopwatch.GetTimestamp() - before;
        if (end < 0) return false;
        Position = end;
        return true;
    }

    /// <summary>As <see cref="Read"/>, without holding a thread while the batch is not ready.</summary>
    public ValueTask<bool> ReadAsync(CropBatch batch, CancellationToken cancel = default) =>
        _threads.Length == 0 || _ring.Ready > 0 ? ValueTask.FromResult(Read(batch, cancel)) : new ValueTask<bool>(Task.Run(() => Read(batch, cancel), cancel));

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _ring.Stop();
        foreach (var thread in _threads) thread.Join();
        _cancelled.Dispose();
        _ring.Dispose();
        _ownSource?.Dispose();
    }
}
