using System.Threading.Tasks.Dataflow;

namespace EcgData.Ingest;

/// <summary>
/// Takes the finished records in the order in which they were read, by number. A number that is missing means that a stage
/// has lost a record (Dataflow drops one without a word when a transform throws a cancellation of its own): the shard is not written.
/// </summary>
internal static class CollectStage
{
    public static ActionBlock<RecordInWork> CreateBlock(Action<RecordInWork> take, BlockLimits limits)
    {
        var next = 0;
        return new ActionBlock<RecordInWork>(
            item =>
            {
                if (item.Sequence != next)
                    throw new InvalidOperationException(
                        $"Record number {next} of a shard never arrived, number {item.Sequence} ({item.RecordId}) came in its place: " +
                        "a stage has lost it. Nothing of this shard is written.");
                next++;
                take(item);
            },
            limits.Sequential);
    }
}
