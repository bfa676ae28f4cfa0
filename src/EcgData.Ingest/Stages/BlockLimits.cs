using System.Threading.Tasks.Dataflow;

namespace EcgData.Ingest;

/// <summary>What every block of a chain is bounded by. A Dataflow block is unbounded unless told otherwise.</summary>
/// <param name="Workers">Records in work at a time, over all blocks and chains that share the scheduler.</param>
/// <param name="Scheduler">Runs at most <paramref name="Workers"/> pieces of work at a time.</param>
internal sealed record BlockLimits(int Workers, TaskScheduler Scheduler, CancellationToken Stop)
{
    /// <summary>A block that works on several records at a time and hands them on in order.</summary>
    public ExecutionDataflowBlockOptions Parallel => new()
    {
        MaxDegreeOfParallelism = Workers,
        BoundedCapacity = 2 * Workers,
        EnsureOrdered = true,
        SingleProducerConstrained = true,
        TaskScheduler = Scheduler,
        CancellationToken = Stop,
    };

    /// <summary>A block that takes one record after the other.</summary>
    public ExecutionDataflowBlockOptions Sequential => new()
    {
        MaxDegreeOfParallelism = 1,
        BoundedCapacity = 2 * Workers,
        SingleProducerConstrained = true,
        TaskScheduler = Scheduler,
        CancellationToken = Stop,
    };
}
