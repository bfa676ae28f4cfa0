using System.Diagnostics;
using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>How far a build is and what it has cost so far; read by whoever shows it, at any time. Nothing of it is part of a version.</summary>
public sealed class BuildProgress
{
    /// <summary>As many as a page shows.</summary>
    private const int SlowestKept = 10;

    private readonly SlowestRecords _slowest = new(SlowestKept);
    private readonly OrderedDictionary<string, double> _stages = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private RecordTimes _times;
    private long _records;
    private long _rejected;
    private long _bytes;
    private int _shards;

    /// <summary>Records through the chain.</summary>
    public long Records => Interlocked.Read(ref _records);

    public long Rejected => Interlocked.Read(ref _rejected);

    public long BytesWritten => Interlocked.Read(ref _bytes);

    public int Shards => Volatile.Read(ref _shards);

    /// <summary>The records that took longest, the slowest first.</summary>
    public IReadOnlyList<SlowRecord> Slowest => _slowest.ToList();

    /// <summary>Seconds of the stages that are over, by the wall clock and in their order.</summary>
    public IReadOnlyDictionary<string, double> StageSeconds
    {
        get
        {
            lock (_lock) return new OrderedDictionary<string, double>(_stages, StringComparer.Ordinal);
        }
    }

    /// <summary>Seconds by what was done with a record, added up over all workers.</summary>
    public IReadOnlyDictionary<string, double> RecordSeconds
    {
        get
        {
            lock (_lock)
            {
                return new OrderedDictionary<string, double>(StringComparer.Ordinal)
                {
                    ["read"] = Rounded(_times.Read),
                    ["condition"] = Rounded(_times.Condition),
                    ["encode"] = Rounded(_times.Encode),
                };
            }
        }
    }

    /// <summary>A stage that was begun at <paramref name="start"/>, a time stamp of <see cref="Stopwatch"/>, is over.</summary>
    public void StageDone(string stage, long start)
    {
        var time = Stopwatch.GetElapsedTime(start);
        lock (_lock) _stages[stage] = Rounded(time);
        BuildInstruments.StageDone(stage, time);
    }

    internal void RecordDone(string source, RecordInWork item, RecordOutcome outcome)
    {
        Interlocked.Increment(ref _records);
        if (item.Rejection is not null) Interlocked.Increment(ref _rejected);
        lock (_lock) _times += item.Times;
        _slowest.Add(item.RecordId, item.Times);
        BuildInstruments.RecordDone(source, item, outcome);
    }

    internal void ShardWritten(long bytes) => Interlocked.Add(ref _bytes, bytes);

    internal void ShardDone() => Interlocked.Increment(ref _shards);

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalSeconds, 6);
}
