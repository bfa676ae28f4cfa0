namespace EcgData.Ingest;

/// <summary>Bytes that the records in work may hold at a time, over all chains. What is asked for first is granted first.</summary>
internal sealed class ByteBudget(long limitBytes)
{
    private readonly Queue<(long Bytes, TaskCompletionSource Granted)> _waiting = new();
    private long _held;

    /// <summary>Most bytes held so far.</summary>
    public long Peak { get; private set; }

    /// <summary>Waits until the bytes are free. A record larger than the whole budget passes when nothing else is in work.</summary>
    public async Task AcquireAsync(long bytes, CancellationToken cancel)
    {
        Task granted;
        lock (_waiting)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                Take(bytes);
                return;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue((bytes, source));
            granted = source.Task;
        }

        // a cancelled wait keeps its place; the chain that asked is over, and so is the budget
        await granted.WaitAsync(cancel);
    }

    public void Release(long bytes)
    {
        lock (_waiting)
        {
            _held -= bytes;
            while (_waiting.TryPeek(out var next) && Fits(next.Bytes))
            {
                _waiting.Dequeue();
                Take(next.Bytes);
                next.Granted.SetResult();
            }
        }
    }

    private bool Fits(long bytes) => _held == 0 || _held + bytes <= limitBytes;

    private void Take(long bytes)
    {
        _held += bytes;
        Peak = Math.Max(Peak, _held);
    }
}
