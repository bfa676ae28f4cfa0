using EcgData.Consumers.Conformance;

namespace EcgData.Consumers.Tests.Conformance;

/// <summary>The suite passes a consumer that keeps the contract, and finds each way of breaking it.</summary>
public sealed class ConformanceSuiteTests
{
    private const string Resumes = "is stopped in the middle and resumes where it is told, with another batch size";
    private const string GoesOn = "goes on by itself where no position is named";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public void Run_ConsumerThatKeepsTheContract_PassesAll()
    {
        var seen = new List<long>();
        var checks = Run(() => new Consumer { Seen = seen }, Patience);
        Assert.All(checks, check => Assert.True(check.Passed, $"{check.Name}: {check.Message}"));
        Assert.Equal(11, checks.Count);
        Assert.Contains(22, seen);
    }

    [Theory]
    [InlineData(Fault.DisposeTwice, "can be disposed of unused, and twice", "ObjectDisposedException: ")]
    [InlineData(Fault.IgnoresFrom, Resumes, "position 10 was asked for, Open returned 0")]
    [InlineData(Fault.OwnPositionBeyond, GoesOn, "Open returned position 1000; the epoch has positions 0 to 23")]
    [InlineData(Fault.FullBatchesOnly, "takes an epoch with a short last batch", "InvalidOperationException: only full batches")]
    [InlineData(Fault.NeedsMetadata, "takes an epoch with a short last batch", "NullReferenceException: ")]
    [InlineData(Fault.OneThread, "takes calls from several threads, one at a time", "InvalidOperationException: another thread")]
    [InlineData(Fault.EmptyEpoch, "takes an epoch without crops", "InvalidOperationException: no batch")]
    [InlineData(Fault.OneGeometry, "takes other leads and lengths, or says at opening that it cannot", "InvalidOperationException: 12 leads")]
    [InlineData(Fault.AnyOption, "refuses an option that it does not know, as a ConsumerException", "was accepted")]
    [InlineData(Fault.Hangs, "takes an epoch with a short last batch", "a call did not return within")]
    public void Run_ConsumerThatBreaksIt_IsFound(Fault fault, string check, string message)
    {
        var patience = fault == Fault.Hangs ? TimeSpan.FromMilliseconds(20) : Patience;
        var failed = Run(() => new Consumer { Fault = fault }, patience).Where(one => !one.Passed).ToList();
        Assert.Contains(failed, one => one.Name == check && one.Message.Contains(message, StringComparison.Ordinal));
    }

    private static List<ConformanceCheck> Run(Func<IBatchConsumer> create, TimeSpan patience) =>
        [.. new ConformanceSuite(create, [], patience).Run()];

    public enum Fault
    {
        None, DisposeTwice, IgnoresFrom, OwnPositionBeyond, FullBatchesOnly, NeedsMetadata, OneThread, EmptyEpoch, OneGeometry, AnyOption, Hangs,
    }

    private sealed class Consumer : IBatchConsumer
    {
        private readonly CancellationToken _never = CancellationToken.None;
        private StreamDescription? _stream;
        private int _thread;
        private int _batches;
        private bool _disposed;

        public Fault Fault { get; init; }

        public List<long> Seen { get; init; } = [];

        public long Open(StreamDescription stream, ConsumerOptions options)
        {
            (_stream, _thread) = (stream, Environment.CurrentManagedThreadId);
            if (Fault != Fault.AnyOption) options.RefuseOthers();
            if (Fault == Fault.IgnoresFrom) return 0;
            return stream.From ?? (Fault == Fault.OwnPositionBeyond ? 1000 : 0);
        }

        public bool Consume(EcgBatch batch)
        {
            _batches++;
            Seen.AddRange(batch.Positions.ToArray());
            if (Fault == Fault.FullBatchesOnly && batch.Count < _stream!.Batch) throw new InvalidOperationException("only full batches");
            if (Fault == Fault.NeedsMetadata) _ = batch.Metadata!.Count;
            if (Fault == Fault.OneThread && Environment.CurrentManagedThreadId != _thread) throw new InvalidOperationException("another thread");
            if (Fault == Fault.OneGeometry && batch.Leads != 12) throw new InvalidOperationException("12 leads");
            if (Fault == Fault.Hangs) _never.WaitHandle.WaitOne();
            return true;
        }

        public void Complete()
        {
            if (Fault == Fault.EmptyEpoch && _batches == 0) throw new InvalidOperationException("no batch");
        }

        public void Dispose()
        {
            if (Fault == Fault.DisposeTwice) ObjectDisposedException.ThrowIf(_disposed, this);
            _disposed = true;
        }
    }
}
