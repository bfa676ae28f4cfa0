using EcgData.Benchmarks;
using EcgData.Shards.Reading;

namespace EcgData.Shards.Tests.Reading;

/// <summary>Runs alone: what the tests beside it take and give back would be counted, too.</summary>
[Collection(nameof(OrderMemoryTests))]
[CollectionDefinition(nameof(OrderMemoryTests), DisableParallelization = true)]
public sealed class OrderMemoryTests
{
    [Fact]
    public void Memory_At11MillionRecords_IsWithin16MiB()
    {
        // What earlier tests left to their finalizers is not to go while this one counts.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var index = LargeCorpus.Create(11_000_000, 2048);
        var (selection, _, _) = LargeCorpus.Subset(index, 0.999);
        var order = new ReadingOrder(index, selection, new OrderOptions());
        var cursor = order.Seek(order.Items / 2);

        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(cursor.MoveNext(out _));
        Assert.InRange(taken, 8 << 20, 12 << 20);
        Assert.InRange(index.MemoryBytes + order.MemoryBytes + index.Groups * 8L, 0.9 * taken, 1.1 * taken);   // a prefix takes eight bytes per row group
        GC.KeepAlive(selection);
    }
}
