using System.Runtime.CompilerServices;
using EcgData.Benchmarks;
using EcgData.Shards.Reading;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Tests.Reading;

/// <summary>Runs alone: what the tests beside it take and give back would be counted, too.</summary>
[Collection(nameof(OrderMemoryTests))]
[CollectionDefinition(nameof(OrderMemoryTests), DisableParallelization = true)]
public sealed class OrderMemoryTests
{
    [Fact]
    public void Memory_At11MillionRecords_IsWithin16MiB()
    {
        // What is taken is told by what letting go of it gives back, right after: array pools that earlier tests filled are trimmed at
        // collections that lie seconds apart, and would be counted where the order is made in between.
        var held = Create();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var with = GC.GetTotalMemory(forceFullCollection: true);
        var told = held.Release();
        var taken = with - GC.GetTotalMemory(forceFullCollection: true);

        Assert.InRange(taken, 8 << 20, 12 << 20);
        Assert.InRange(told, 0.9 * taken, 1.1 * taken);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Held Create()
    {
        var index = LargeCorpus.Create(11_000_000, 2048);
        var (selection, _, _) = LargeCorpus.Subset(index, 0.999);
        var order = new ReadingOrder(index, selection, new OrderOptions());
        return new Held(index, selection, order, order.Seek(order.Items / 2));
    }

    /// <summary>What a reader holds.</summary>
    private sealed class Held(RowGroupIndex index, RowSelection selection, ReadingOrder order, ReadingCursor cursor)
    {
        private RowGroupIndex Index { get; set; } = index;

        private RowSelection Selection { get; set; } = selection;

        private ReadingOrder Order { get; set; } = order;

        private ReadingCursor Cursor { get; set; } = cursor;

        /// <summary>Lets go of all of it, in a frame of its own, which holds nothing afterwards.</summary>
        /// <returns>What it says that it takes, bytes; a selection's prefix takes eight per row group.</returns>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public long Release()
        {
            Assert.True(Cursor.MoveNext(out _));
            var told = Index.MemoryBytes + Order.MemoryBytes + Index.Groups * 8L;
            (Index, Selection, Order, Cursor) = (null!, null!, null!, null!);
            return told;
        }
    }
}
