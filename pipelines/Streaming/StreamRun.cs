using System.Diagnostics;
using EcgData.Consumers;

namespace EcgData.Pipelines.Streaming;

/// <summary>Why a stream ended.</summary>
internal enum StreamEnd
{
    /// <summary>The epoch was read to its end.</summary>
    Complete,

    /// <summary>The consumer had enough.</summary>
    Enough,

    /// <summary>Whoever read the stream went away.</summary>
    Gone,

    /// <summary>Ctrl-C.</summary>
    Cancelled,
}

/// <summary>How a stream went.</summary>
/// <param name="From">Position of the first crop that was wanted.</param>
/// <param name="Position">Where to resume: the end of the last batch that the consumer took.</param>
/// <param name="State">The same with the order that it is a position of; null before the first batch.</param>
internal sealed record StreamOutcome(StreamEnd End, long From, long Position, string? State, long Crops, long Batches);

/// <summary>
/// Feeds one consumer: opens it, hands over batch after batch, completes it, disposes of it. The consumer's pace is the stream's: the
/// next batch is asked for when the last one has been taken.
/// </summary>
/// <param name="consumer">Disposed of by the run.</param>
/// <param name="name">What to call the consumer in messages.</param>
internal sealed class StreamRun(IBatchConsumer consumer, string name)
{
    /// <summary>How long a consumer may take over its last batch once the stream is cancelled.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private long _crops;
    private long _batches;
    private long _position;
    private long _waiting;
    private long _consuming;
    private string? _state;

    /// <summary>Crops that the consumer has taken.</summary>
    public long Crops => Volatile.Read(ref _crops);

    /// <summary>Time spent on waiting for the next batch: reading is the slower side.</summary>
    public TimeSpan Waiting => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _waiting));

    /// <summary>Time spent in the consumer, or in writing to it: it is the slower side.</summary>
    public TimeSpan Consuming => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _consuming));

    /// <summary>Opens the consumer.</summary>
    /// <returns>Position of the first crop that it wants.</returns>
    /// <exception cref="ConsumerException">It cannot work with the options or the stream.</exception>
    public long Open(StreamDescription stream, ConsumerOptions options)
    {
        var from = Guard("opening", () => consumer.Open(stream, options));
        if (from < 0 || from > stream.Items || (stream.From is { } asked && asked != from))
        {
            throw new ConsumerException(
                name, $"wants to begin at position {from}",
                stream.From is { } named ? $"position {named}, which was asked for" : $"a position from 0 to {stream.Items}",
                "Give --from a position of this order, or mend the consumer.");
        }

        _position = from;
        return from;
    }

    /// <param name="batches">From the position that <see cref="Open"/> gave; each valid until the next is asked for.</param>
    /// <exception cref="ConsumerException">The consumer failed; the message tells where to resume.</exception>
    public async Task<StreamOutcome> RunAsync(IAsyncEnumerable<EcgBatch> batches, CancellationToken cancel)
    {
        var from = _position;
        var feeding = Task.Run(() => FeedAsync(batches, cancel), CancellationToken.None);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);   // not on the thread of the signal
        await using (cancel.Register(cancelled.SetResult))
        {
            await Task.WhenAny(feeding, cancelled.Task);
            // whoever sits in a write, or in a plug-in, cannot be called back: it is left behind, with the memory that it looks at
            if (!feeding.IsCompleted) await Task.WhenAny(feeding, Task.Delay(Grace, CancellationToken.None));
        }

        var end = feeding.IsCompleted ? await feeding : StreamEnd.Cancelled;
        return new StreamOutcome(end, from, Volatile.Read(ref _position), Volatile.Read(ref _state), Crops, Volatile.Read(ref _batches));
    }

    private async Task<StreamEnd> FeedAsync(IAsyncEnumerable<EcgBatch> batches, CancellationToken cancel)
    {
        using var disposed = consumer;
        try
        {
            await using var reader = batches.GetAsyncEnumerator(cancel);
            while (true)
            {
                var start = Stopwatch.GetTimestamp();
                var any = await reader.MoveNextAsync();
                var read = Stopwatch.GetTimestamp();
                Volatile.Write(ref _waiting, _waiting + read - start);
                if (!any) break;
                cancel.ThrowIfCancellationRequested();
                var batch = reader.Current;
                var more = Guard($"batch at position {_position}", () => consumer.Consume(batch));
                Volatile.Write(ref _consuming, _consuming + Stopwatch.GetTimestamp() - read);
                Volatile.Write(ref _state, batch.State);
                Volatile.Write(ref _position, batch.NextPosition);
                Volatile.Write(ref _crops, _crops + batch.Count);
                Volatile.Write(ref _batches, _batches + 1);
                if (!more) return StreamEnd.Enough;
            }

            Guard("the end of the epoch", () =>
            {
                consumer.Complete();
                return true;
            });
            return StreamEnd.Complete;
        }
        catch (ConsumerGoneException)
        {
            return StreamEnd.Gone;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return StreamEnd.Cancelled;
        }
    }

    /// <summary>A consumer is somebody else's code: what it throws is told with the place, and with where to resume.</summary>
    private T Guard<T>(string where, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (ConsumerGoneException)
        {
            throw;
        }
        catch (ConsumerException e)
        {
            throw new ConsumerException($"{name}, {where}: {e.Where}", e.Found, e.Expected, $"{e.Remedy} {Resume}", e);
        }
        catch (Exception e)
        {
            throw new ConsumerException(
                $"{name}, {where}:", $"it threw {e.GetType().Name}: {e.Message.TrimEnd('.')}", "a consumer that keeps going", $"Mend it. {Resume}", e);
        }
    }

    private string Resume => $"The last batch that it took ends at position {_position}; resume with --from {_position}.";
}
