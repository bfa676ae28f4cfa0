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
        return block;
    }

    /// <summary>Feeds <paramref name="source"/> into linked blocks, head first, and waits for all of them.</summary>
    /// <remarks>
    /// A fault travels down the links and never up, so a feeder would wait for ever on a full block: whatever fails stops all,
    /// and the first cause is what the caller sees.
    /// </remarks>
    /// <param name="source">What to feed.</param>
    /// <param name="blocks">The linked blocks, the head first.</param>
    /// <param name="stop">The blocks' own cancellation: a fault cancels it.</param>
    /// <exception cref="Exception">The first fault, unwrapped. Later ones are its echoes.</exception>
    public static async Task RunAsync<T>(IAsyncEnumerable<T> source, IReadOnlyList<IDataflowBlock> blocks, CancellationTokenSource stop)
    {
        Exception? cause = null;
        await Task.WhenAll(blocks.Select(block => Watch(block.Completion)).Append(Watch(Feed())));
        if (cause is not null) ExceptionDispatchInfo.Throw(cause);
        stop.Token.ThrowIfCancellationRequested();

        async Task Feed()
        {
            var head = (ITargetBlock<T>)blocks[0];
            await foreach (var item in source.WithCancellation(stop.Token)) await head.SendAsync(item, stop.Token);
            head.Complete();
        }

        async Task Watch(Task work)
        {
            try
            {
                await work;
            }
            catch (Exception e)
            {
                if (e is not OperationCanceledException) Interlocked.CompareExchange(ref cause, e.GetBaseException(), null);
                await stop.CancelAsync();
            }
        }
    }
}
