using System.Threading.Tasks.Dataflow;
using EcgData.Signals;

namespace EcgData.Ingest.Tests;

public class ChainTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Run_StageFails_EndsWithItsExceptionAndStopsTheFeeder(int failing)
    {
        using var stop = new CancellationTokenSource();
        var limits = new BlockLimits(2, TaskScheduler.Default, stop.Token);
        var last = new ActionBlock<int>(item => Fail(2, item), limits.Sequential);
        var middle = new TransformBlock<int, int>(item => Fail(1, item), limits.Parallel).Then(last);
        var first = new TransformBlock<int, int>(item => Fail(0, item), limits.Parallel).Then(middle);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => Chain.RunAsync(Endless(stop.Token), [first, middle, last], stop));
        Assert.Equal($"stage {failing}", e.Message);

        int Fail(int stage, int item) => stage == failing && item == 40 ? throw new InvalidOperationException($"stage {stage}") : item;
    }

    [Fact]
    public async Task Run_Cancelled_EndsWithCancellation()
    {
        using var stop = new CancellationTokenSource();
        var limits = new BlockLimits(2, TaskScheduler.Default, stop.Token);
        var block = new ActionBlock<int>(item => { if (item == 10) stop.Cancel(); }, limits.Sequential);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Chain.RunAsync(Endless(stop.Token), [block], stop));
    }

    [Fact]
    public async Task Run_LastStageFailsWhenAllIsFed_EndsAllTheSame()
    {
        for (var round = 0; round < 2000; round++)   // who is first, whoever stops all or whoever offers in vain, is chance
        {
            using var stop = new CancellationTokenSource();
            var limits = new BlockLimits(2, new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, 2).ConcurrentScheduler, stop.Token);
            var allFed = false;
            var last = new ActionBlock<int>(
                _ =>
                {
                    // by now the first stage is told that nothing follows, and has but to hand on what it has made
                    SpinWait.SpinUntil(() => Volatile.Read(ref allFed));
                    Thread.SpinWait(1000);
                    throw new IOException("the disk is full");
                },
                limits.Sequential);
            var first = new TransformBlock<int, int>(item => item, limits.Parallel).Then(last);
            var run = Chain.RunAsync(Six(), [first, last], stop);
            var e = await Assert.ThrowsAsync<IOException>(() => run.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            Assert.Equal("the disk is full", e.Message);

            async IAsyncEnumerable<int> Six()
            {
                for (var item = 0; item < 6; item++)
                {
                    await Task.Yield();
                    yield return item;
                }

                Volatile.Write(ref allFed, true);
            }
        }
    }

    [Fact]
    public async Task Run_StageDropsARecordByItsOwnCancellation_IsFoundOut()
    {
        using var stop = new CancellationTokenSource();
        var limits = new BlockLimits(1, TaskScheduler.Default, stop.Token);
        var taken = 0;
        var collect = CollectStage.CreateBlock(_ => taken++, limits);
        var losing = new TransformBlock<RecordInWork, RecordInWork>(
            item => item.Sequence == 3 ? throw new OperationCanceledException("a time-out of its own") : item, limits.Parallel).Then(collect);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => Chain.RunAsync(Records(9), [losing, collect], stop));
        Assert.Contains("number 3", e.Message, StringComparison.Ordinal);
        Assert.Equal(3, taken);
    }

    [Fact]
    public async Task Budget_MoreThanFree_WaitsForRelease()
    {
        var budget = new ByteBudget(100);
        await budget.AcquireAsync(60, default);
        var second = budget.AcquireAsync(60, default);
        var third = budget.AcquireAsync(1, default);
        Assert.False(second.IsCompleted);
        Assert.False(third.IsCompleted);   // first come, first served: a large record is not overtaken for ever
        budget.Release(60);
        await second;
        await third;
        Assert.Equal(61, budget.Peak);
    }

    [Fact]
    public async Task Budget_RecordLargerThanAll_PassesAlone()
    {
        var budget = new ByteBudget(100);
        await budget.AcquireAsync(500, default);
        var next = budget.AcquireAsync(1, default);
        Assert.False(next.IsCompleted);
        budget.Release(500);
        await next;
    }

    private static async IAsyncEnumerable<int> Endless([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        for (var item = 0; ; item++)
        {
            cancel.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return item;
        }
    }

    private static async IAsyncEnumerable<RecordInWork> Records(int count)
    {
        for (var sequence = 0; sequence < count; sequence++)
        {
            await Task.Yield();
            yield return new RecordInWork
            {
                Sequence = sequence,
                Index = sequence,
                RecordId = $"bytes/{sequence}",
                Entry = Some.Entry() with { Rejection = new Rejection(RejectionReason.Withdrawn, "gone") },
                FoundChecksums = null,
                BudgetBytes = 0,
            };
        }
    }
}
