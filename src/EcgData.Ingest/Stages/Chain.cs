using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Dataflow;

namespace EcgData.Ingest;

/// <summary>Runs linked blocks.</summary>
internal static class Chain
{
    private static readonly DataflowLinkOptions Propagate = new() { PropagateCompletion = true };

    /// <summary>Links a block to the next; completion and faults travel with the records.</summary>
    public static TransformBlock<TIn, TOut> Then<TIn, TOut>(this TransformBlock<TIn, TOut> block, ITargetBlock<TOut> next)
    {
        block.LinkTo(next, Propagate);
        // What a failed block has refused nobody takes any more, and a block that waits for nothing but takers never ends, cancelled or not:
        // cancellation reaches its input, which has ended, and not its output.
        next.Completion.ContinueWith(
            static (_, refused) => Discard((TransformBlock<TIn, TOut>)refused!), block, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return block;
    }

    private static void Discard<TIn, TOut>(TransformBlock<TIn, TOut> block)
    {
        block.LinkTo(DataflowBlock.NullTarget<TOut>());   // what is still to come
        block.TryReceiveAll(out _);                       // what is there: once cancelled, a block offers nothing to a new link
    }

    /// <summary>Feeds <paramref name="source"/> into linked blocks, head first, and waits for all of them.</summary>
    /// <remarks>
    /// A fault travels down the links and never up, so a feeder would wait for ever on a full block: whatever fails stops all.
    /// Of several faults the one nearest to the head is the cause: what is behind it has only missed its records.
    /// </remarks>
    /// <param name="source">What to feed.</param>
    /// <param name="blocks">The linked blocks, the head first.</param>
    /// <param name="stop">The blocks' own cancellation: a fault cancels it.</param>
    /// <exception cref="Exception">The fault, unwrapped.</exception>
    public static async Task RunAsync<T>(IAsyncEnumerable<T> source, IReadOnlyList<IDataflowBlock> blocks, CancellationTokenSource stop)
    {
        Task[] work = [FeedAsync(), .. blocks.Select(block => block.Completion)];
        var faults = await Task.WhenAll(work.Select(WatchAsync));
        if (faults.FirstOrDefault(fault => fault is not null) is { } cause) ExceptionDispatchInfo.Throw(cause);
        stop.Token.ThrowIfCancellationRequested();

        async Task FeedAsync()
        {
            var head = (ITargetBlock<T>)blocks[0];
            await foreach (var item in source.WithCancellation(stop.Token)) await head.SendAsync(item, stop.Token);
            head.Complete();
        }

        async Task<Exception?> WatchAsync(Task task)
        {
            try
            {
                await task;
                return null;
            }
            catch (Exception e)
            {
                await stop.CancelAsync();
                return e is OperationCanceledException ? null : e.GetBaseException();
            }
        }
    }
}
