namespace EcgData.Consumers;

/// <summary>
/// What a plug-in implements, once, as a public class with a public constructor without parameters.
/// </summary>
/// <remarks>
/// The host calls <see cref="Open"/> once, <see cref="Consume"/> for each batch in the order of the stream, <see cref="Complete"/> once
/// where the epoch was read to its end, and <see cref="IDisposable.Dispose"/> always, at any time, perhaps without
/// <see cref="Open"/>. One call at a time, not always on one thread. The next batch is read while a consumer works on one, and no
/// further than a few batches: a slow consumer slows the stream and costs no memory.
/// An exception ends the stream: <see cref="ConsumerException"/> is shown to the user as it is.
/// A process may be killed between two calls: a consumer that must see every crop exactly once writes
/// <see cref="EcgBatch.NextPosition"/> together with what it made of the batch, and returns it from <see cref="Open"/> next time.
/// </remarks>
public interface IBatchConsumer : IDisposable
{
    /// <summary>Learns what will come and takes its options.</summary>
    /// <returns>
    /// Position, in items, of the first crop that is wanted: <see cref="StreamDescription.From"/> where the user named one, else what
    /// the consumer has kept of an earlier run, else 0. Within [0, <see cref="StreamDescription.Items"/>].
    /// </returns>
    /// <exception cref="ConsumerException">An option, or a property of the stream, that this consumer cannot work with.</exception>
    long Open(StreamDescription stream, ConsumerOptions options);

    /// <summary>Takes a batch, whose memory is the consumer's until it returns.</summary>
    /// <returns>false where no more is wanted: the stream ends there, in order.</returns>
    bool Consume(EcgBatch batch);

    /// <summary>All crops of the epoch have come: finish and keep results. Not called where the stream ended before.</summary>
    void Complete();
}
