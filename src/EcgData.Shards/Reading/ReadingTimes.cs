using System.Diagnostics;

namespace EcgData.Shards.Reading;

/// <summary>Where a reader's time went so far.</summary>
/// <param name="Threads">One per reading thread; the caller's own where there are none.</param>
/// <param name="Stalled">That the caller has waited for batches: the share of it in a run says how far the run is bound by data.</param>
public sealed record ReadingTimes(IReadOnlyList<ThreadTimes> Threads, TimeSpan Stalled)
{
    /// <summary>Of all threads together.</summary>
    public ThreadTimes Total => Threads.Aggregate(default(ThreadTimes), (sum, thread) => sum + thread);
}

/// <summary>Where a thread's time went.</summary>
/// <param name="Read">Row groups from the file, the store or the cache.</param>
/// <param name="Index">Digests, and finding the pages.</param>
/// <param name="Decode">Crops from pages to millivolt in the batch.</param>
/// <param name="Copy">What stands beside the signals: ids, masks, leads that are not there.</param>
/// <param name="Wait">For room: the batches that are ready are enough.</param>
/// <param name="Garbage">Bytes of managed memory that it allocated: 0 from one opened row group to the next.</param>
public readonly record struct ThreadTimes(
    TimeSpan Read, TimeSpan Index, TimeSpan Decode, TimeSpan Copy, TimeSpan Wait, long Crops, long RowGroups, long BytesRead, long Garbage)
{
    public static ThreadTimes operator +(ThreadTimes a, ThreadTimes b) => Add(a, b);

    public static ThreadTimes Add(ThreadTimes a, ThreadTimes b) => new(
        a.Read + b.Read, a.Index + b.Index, a.Decode + b.Decode, a.Copy + b.Copy, a.Wait + b.Wait,
        a.Crops + b.Crops, a.RowGroups + b.RowGroups, a.BytesRead + b.BytesRead, a.Garbage + b.Garbage);
}

/// <summary>A thread's clock, read twice per crop: 50 ns of some 15 µs.</summary>
internal sealed class ThreadClock
{
    public long Read, Index, Decode, Copy, Wait;
    public long Crops, RowGroups, BytesRead, Garbage;

    private long _last;

    public void Start() => _last = Stopwatch.GetTimestamp();

    /// <summary>Books the time since the last call.</summary>
    public void Book(ref long ticks)
    {
        var now = Stopwatch.GetTimestamp();
        ticks += now - _last;
        _last = now;
    }

    public ThreadTimes Times => new(
        Stopwatch.GetElapsedTime(0, Read), Stopwatch.GetElapsedTime(0, Index), Stopwatch.GetElapsedTime(0, Decode), Stopwatch.GetElapsedTime(0, Copy),
        Stopwatch.GetElapsedTime(0, Wait), Crops, RowGroups, BytesRead, Garbage);
}
