using System.Runtime.ExceptionServices;
using EcgData.Shards.Reading;

namespace EcgData.Shards.Tests.Reading;

public sealed class CropReaderCancellationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The reader leaves its wait by an exception while the cancelling thread stands before the gate that the reader holds: neither may
    /// wait for the other. The order of events is made, not hoped for.
    /// </summary>
    [Fact]
    public async Task Read_CancelledWhileItWakesForAnotherReason_DoesNotWaitForWhoCancels()
    {
        using var corpus = await WrittenCorpus.CreateAsync(300, ("a", 8));
        using CancellationTokenSource all = new(), one = new();
        using ManualResetEventSlim asked = new(), throwing = new();
        using var reader = await corpus.OpenAsync(
            new ReadingOptions { Order = new OrderOptions { CropSeconds = 1 }, Threads = 1 }, source: new BlockedSource(asked), cancel: all.Token);
        using var batch = reader.CreateBatch();
        var reading = new Thread(() => Assert.ThrowsAny<OperationCanceledException>(() => reader.Read(batch, one.Token)));
        var cancelling = new Thread(one.Cancel);
        AppDomain.CurrentDomain.FirstChanceException += HoldTheGate;
        try
        {
            reading.Start();
            Assert.True(asked.Wait(Patience));
            Assert.True(SpinWait.SpinUntil(() => reading.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
            // registered last, so called first, before the reader's own callback: wakes the reader by the other token
            using var before = one.Token.Register(() =>
            {
                all.Cancel();
                throwing.Wait(Patience);
            });
            cancelling.Start();
            Assert.True(reading.Join(Patience), "the reader waits for the thread that cancels, which waits for the reader");
            Assert.True(cancelling.Join(Patience));
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= HoldTheGate;
        }

        void HoldTheGate(object? sender, FirstChanceExceptionEventArgs e)
        {
            if (Thread.CurrentThread != reading || throwing.IsSet) return;
            throwing.Set();
            SpinWait.SpinUntil(() => cancelling.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience);
        }
    }

    /// <summary>Gives nothing until all reading is cancelled.</summary>
    private sealed class BlockedSource(ManualResetEventSlim asked) : IRowGroupSource
    {
        public bool IsVerified => true;

        public void Read(in RowGroupExtent extent, Span<byte> destination, CancellationToken cancel)
        {
            asked.Set();
            cancel.WaitHandle.WaitOne();
            cancel.ThrowIfCancellationRequested();
        }
    }
}
