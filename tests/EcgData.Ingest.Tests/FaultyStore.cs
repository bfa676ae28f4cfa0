using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using EcgData.Storage;

namespace EcgData.Ingest.Tests;

/// <summary>Whether an operation that fails has done its work before.</summary>
public enum Fault
{
    /// <summary>A full disk, a network that is not there: nothing happens.</summary>
    Before,

    /// <summary>
    /// A connection that is lost while the answer is on its way: it has happened, and nobody knows. Only what changes an object counts as an
    /// operation then, since what only looks has no effect that could be unknown.
    /// </summary>
    After,
}

/// <summary>An operation of a store: told by what it does and how many before did the same, for what runs side by side has no order.</summary>
/// <param name="Operation"><c>commit HEAD</c>.</param>
/// <param name="Time">From 1.</param>
internal readonly record struct Moment(string Operation, int Time);

/// <summary>A store of which one operation fails, and after it every other, as a disk that is full stays full. What is below is a real one.</summary>
/// <param name="failing">The operation, or null for none.</param>
internal sealed class FaultyStore(IObjectStore store, Moment? failing, Fault fault) : IObjectStore
{
    private static readonly string[] Changing = ["commit ", "replace ", "delete "];

    private readonly ConcurrentDictionary<string, int> _times = new(StringComparer.Ordinal);

    /// <summary>Every operation so far that could have been the one that fails.</summary>
    public IEnumerable<Moment> Moments => _times.OrderBy(operation => operation.Key, StringComparer.Ordinal)
        .SelectMany(operation => Enumerable.Range(1, operation.Value).Select(time => new Moment(operation.Key, time)));

    /// <summary>What failed first, <c>commit HEAD</c>; null where nothing has.</summary>
    public string? Failed { get; private set; }

    /// <summary>Names of the objects that were opened, each time that they were.</summary>
    public ConcurrentQueue<string> Opened { get; } = new();

    /// <summary>Called with the name of an object that is about to be replaced by its tag: where another comes first.</summary>
    public Func<string, Task> BeforeReplace { get; init; } = _ => Task.CompletedTask;

    public string Address => store.Address;

    public async ValueTask<StoredObject?> FindAsync(string name, CancellationToken cancel = default)
    {
        var answer = Begin($"find {name}");
        return answer.Of(await store.FindAsync(name, cancel));
    }

    public async IAsyncEnumerable<ListedObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var answer = Begin($"list {prefix}");
        await foreach (var stored in store.ListAsync(prefix, cancel)) yield return answer.Of(stored);
    }

    public async Task<Stream> OpenReadAsync(string name, CancellationToken cancel = default)
    {
        var answer = Begin($"open {name}");
        Opened.Enqueue(name);
        return answer.Of(await store.OpenReadAsync(name, cancel));
    }

    public ObjectWriter Create(long? expectedSizeBytes = null)
    {
        Begin("create").Of(true);
        return new Writer(this, store.Create(expectedSizeBytes));
    }

    public async Task<bool> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, string? expectedTag, CancellationToken cancel = default)
    {
        var answer = Begin($"replace {name}");
        await BeforeReplace(name);
        return answer.Of(await store.TryReplaceAsync(name, content, expectedTag, cancel));
    }

    public async Task DeleteAsync(string name, CancellationToken cancel = default)
    {
        var answer = Begin($"delete {name}");
        await store.DeleteAsync(name, cancel);
        answer.Of(true);
    }

    public long? FreeBytes() => store.FreeBytes();

    /// <summary>Counts an operation, and fails if it is its turn.</summary>
    /// <returns>What its result goes through: an answer may be lost.</returns>
    private Answer Begin(string operation)
    {
        var counts = fault == Fault.Before || Changing.Any(verb => operation.StartsWith(verb, StringComparison.Ordinal));
        var isFirst = counts && new Moment(operation, _times.AddOrUpdate(operation, 1, (_, times) => times + 1)) == failing;
        if (isFirst) Failed = operation;
        var fails = Failed is not null;
        // what comes later fails before it begins, whatever the first did
        if (fails && (fault == Fault.Before || !isFirst)) throw Failure(operation);
        return new Answer(fails ? Failure(operation) : null);
    }

    private static IOException Failure(string operation) => new($"cannot {operation}: the test wants it so");

    private readonly struct Answer(IOException? lost)
    {
        public T Of<T>(T result) => lost is null ? result : throw lost;
    }

    private sealed class Writer(FaultyStore owner, ObjectWriter writer) : ObjectWriter
    {
        public override Stream Stream { get; } = new FaultyStream(owner, writer.Stream);

        public override async Task CommitAsync(string name, CancellationToken cancel = default)
        {
            var answer = owner.Begin($"commit {name}");
            await writer.CommitAsync(name, cancel);
            answer.Of(true);
        }

        public override ValueTask DisposeAsync() => writer.DisposeAsync();
    }

    private sealed class FaultyStream(FaultyStore owner, Stream stream) : Stream
    {
        public override bool CanRead => stream.CanRead;

        public override bool CanSeek => stream.CanSeek;

        public override bool CanWrite => stream.CanWrite;

        public override long Length => stream.Length;

        public override long Position { get => stream.Position; set => stream.Position = value; }

        public override void Flush() => stream.Flush();

        public override int Read(byte[] buffer, int offset, int count) => stream.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => stream.Seek(offset, origin);

        public override void SetLength(long value) => stream.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var answer = owner.Begin("write");
            stream.Write(buffer);
            answer.Of(true);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var answer = owner.Begin("write");
            await stream.WriteAsync(buffer, cancellationToken);
            answer.Of(true);
        }
    }
}
