using EcgData.Consumers;
using EcgData.Consumers.Conformance;
using EcgData.Pipelines.Streaming;

namespace EcgData.Pipelines.Tests.Streaming;

public sealed class StreamRunTests
{
    private static readonly KnownStream Known = new() { Samples = 20 };

    [Fact]
    public async Task Run_Epoch_OpensFeedsCompletesDisposes()
    {
        var consumer = new RecordingConsumer();
        var outcome = await RunAsync(consumer, Known);
        Assert.Equal(["open", "consume 5", "consume 5", "consume 5", "consume 5", "consume 3", "complete", "dispose"], consumer.Calls);
        Assert.Equal(Enumerable.Range(0, 23).Select(position => (long)position), consumer.Positions);
        Assert.Equal(new StreamOutcome(StreamEnd.Complete, 0, 23, """{"version":"known","position":23}""", 23, 5), outcome);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(23)]
    public async Task Run_FromAPosition_GivesTheRestAlone(long from)
    {
        var consumer = new RecordingConsumer();
        var outcome = await RunAsync(consumer, Known with { From = from });
        Assert.Equal(Enumerable.Range((int)from, (int)(23 - from)).Select(position => (long)position), consumer.Positions);
        Assert.Equal((StreamEnd.Complete, from, 23), (outcome.End, outcome.From, outcome.Position));
    }

    [Fact]
    public async Task Run_ConsumerWithAPositionOfItsOwn_BeginsThere()
    {
        var outcome = await RunAsync(new Misbehaving { Opening = 12 }, Known);
        Assert.Equal((12, 23, 11), (outcome.From, outcome.Position, outcome.Crops));
    }

    [Theory]
    [InlineData(-1, null, "wants to begin at position -1; expected a position from 0 to 23")]
    [InlineData(24, null, "wants to begin at position 24; expected a position from 0 to 23")]
    [InlineData(3, 4L, "wants to begin at position 3; expected position 4, which was asked for")]
    public void Open_PositionThatCannotBe_IsRefused(long opening, long? from, string message)
    {
        var refused = Assert.Throws<ConsumerException>(
            () => new StreamRun(new Misbehaving { Opening = opening }, "it").Open((Known with { From = from }).Description, ConsumerOptions.None));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ConsumerThatHasEnough_EndsInOrder()
    {
        var consumer = new Misbehaving { EnoughAfter = 2 };
        var outcome = await RunAsync(consumer, Known);
        Assert.Equal((StreamEnd.Enough, 10), (outcome.End, outcome.Position));
        Assert.Equal(["open", "consume 5", "consume 5", "dispose"], consumer.Calls);
    }

    [Fact]
    public async Task Run_ReaderThatGoesAway_EndsWithTheLastBatchThatWasTaken()
    {
        var consumer = new Misbehaving { ThrowAt = 3, Throw = new ConsumerGoneException("unix:/there") };
        var outcome = await RunAsync(consumer, Known);
        Assert.Equal((StreamEnd.Gone, 10, 2), (outcome.End, outcome.Position, outcome.Batches));
        Assert.Equal("dispose", consumer.Calls[^1]);
    }

    [Fact]
    public async Task Run_ConsumerThatThrows_TellsWhereAndWhereToResume()
    {
        var consumer = new Misbehaving { ThrowAt = 3, Throw = new InvalidOperationException("loss is NaN.") };
        var thrown = await Assert.ThrowsAsync<ConsumerException>(() => RunAsync(consumer, Known));
        Assert.Equal(
            "it, batch at position 10: it threw InvalidOperationException: loss is NaN; expected a consumer that keeps going. " +
            "Mend it. The last batch that it took ends at position 10; resume with --from 10.", thrown.Message);
        Assert.Equal("dispose", consumer.Calls[^1]);
    }

    [Fact]
    public async Task Run_ConsumerThatThrowsAtTheEnd_IsNotTakenForDone()
    {
        var consumer = new Misbehaving { FailToComplete = true };
        var thrown = await Assert.ThrowsAsync<ConsumerException>(() => RunAsync(consumer, Known));
        Assert.StartsWith("it, the end of the epoch: it threw IOException: disk is full;", thrown.Message, StringComparison.Ordinal);
        Assert.Equal("dispose", consumer.Calls[^1]);
    }

    /// <summary>Back-pressure: no batch is asked for before the one before has been taken.</summary>
    [Fact]
    public async Task Run_SlowConsumer_IsNotOvertaken()
    {
        var (asked, taken) = (0, 0);
        var consumer = new Misbehaving { OnConsume = () => Assert.Equal(asked, ++taken) };
        var run = new StreamRun(consumer, "it");
        run.Open(Known.Description, ConsumerOptions.None);
        await run.RunAsync(Known.Batches(0).Select(batch =>
        {
            asked++;
            return batch;
        }).ToAsyncEnumerable(), default);
        Assert.Equal((5, 5), (asked, taken));
    }

    [Fact]
    public async Task Run_Cancelled_EndsAfterTheBatchInHand()
    {
        using var stop = new CancellationTokenSource();
        var consumer = new Misbehaving { OnConsume = stop.Cancel };
        var outcome = await RunAsync(consumer, Known, stop.Token);
        Assert.Equal((StreamEnd.Cancelled, 5), (outcome.End, outcome.Position));
        Assert.DoesNotContain("complete", consumer.Calls);
    }

    /// <summary>A write to somebody who does not read cannot be called back; the program ends all the same.</summary>
    [Fact]
    public async Task Run_CancelledWhileTheConsumerHangs_LeavesItBehind()
    {
        using var stop = new CancellationTokenSource();
        using var release = new ManualResetEventSlim();
        var outcome = await RunAsync(
            new Misbehaving
            {
                OnConsume = () =>
                {
                    stop.Cancel();
                    release.Wait(CancellationToken.None);
                },
            }, Known, stop.Token);
        release.Set();
        Assert.Equal((StreamEnd.Cancelled, 0), (outcome.End, outcome.Position));
    }

    private static Task<StreamOutcome> RunAsync(IBatchConsumer consumer, KnownStream stream, CancellationToken cancel = default)
    {
        var run = new StreamRun(consumer, "it");
        var from = run.Open(stream.Description, ConsumerOptions.None);
        return run.RunAsync(stream.Batches(from).ToAsyncEnumerable(), cancel);
    }

    private sealed class Misbehaving : RecordingConsumer
    {
        private int _batches;

        public long? Opening { get; init; }

        public int EnoughAfter { get; init; } = int.MaxValue;

        public int ThrowAt { get; init; }

        public Exception? Throw { get; init; }

        public bool FailToComplete { get; init; }

        public Action OnConsume { get; init; } = () => { };

        public override long Open(StreamDescription stream, ConsumerOptions options)
        {
            base.Open(stream, options);
            return Opening ?? stream.From ?? 0;
        }

        public override bool Consume(EcgBatch batch)
        {
            if (++_batches == ThrowAt) throw Throw!;
            OnConsume();
            base.Consume(batch);
            return _batches < EnoughAfter;
        }

        public override void Complete()
        {
            if (FailToComplete) throw new IOException("disk is full");
            base.Complete();
        }
    }
}
