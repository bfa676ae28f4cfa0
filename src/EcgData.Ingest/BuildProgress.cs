namespace EcgData.Ingest;

/// <summary>How far a build is; read by whoever shows it, at any time.</summary>
public sealed class BuildProgress
{
    private long _records;
    private long _rejected;
    private long _bytes;
    private int _shards;

    /// <summary>Records through the chain.</summary>
    public long Records => Interlocked.Read(ref _records);

    public long Rejected => Interlocked.Read(ref _rejected);

    public long BytesWritten => Interlocked.Read(ref _bytes);

    public int Shards => Volatile.Read(ref _shards);

    internal void RecordDone(bool rejected)
    {
        Interlocked.Increment(ref _records);
        if (rejected) Interlocked.Increment(ref _rejected);
    }

    internal void ShardWritten(long bytes) => Interlocked.Add(ref _bytes, bytes);

    internal void ShardDone() => Interlocked.Increment(ref _shards);
}
