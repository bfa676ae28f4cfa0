using EcgData.Storage;

namespace EcgData.Shards.Tests.Reading;

/// <summary>A store whose objects are no files, as those of a cloud: ranges are read through a stream, a piece at a time.</summary>
internal sealed class RemoteStore(IObjectStore inner) : IObjectStore
{
    private int _damages;

    public string Address => "remote";

    /// <summary>Bytes that have been read.</summary>
    public long ReadBytes { get; private set; }

    /// <summary>Flips a bit in the next so many streams' first reads.</summary>
    public void DamageNext(int streams) => _damages = streams;

    public ValueTask<StoredObject?> FindAsync(string name, CancellationToken cancel = default) => inner.FindAsync(name, cancel);

    public IAsyncEnumerable<ListedObject> ListAsync(string prefix, CancellationToken cancel = default) => inner.ListAsync(prefix, cancel);

    public async Task<Stream> OpenReadAsync(string name, CancellationToken cancel = default) =>
        new Pieces(this, await inner.OpenReadAsync(name, cancel), Interlocked.Decrement(ref _damages) >= 0);

    public ObjectWriter Create(long? expectedSizeBytes = null) => inner.Create(expectedSizeBytes);

    public Task<bool> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, string? expectedTag, CancellationToken cancel = default) =>
        inner.TryReplaceAsync(name, content, expectedTag, cancel);

    public Task DeleteAsync(string name, CancellationToken cancel = default) => inner.DeleteAsync(name, cancel);

    public long? FreeBytes() => null;

    private sealed class Pieces(RemoteStore store, Stream inner, bool isDamaged) : Stream
    {
        private bool _isDamaged = isDamaged;

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer[..Math.Min(buffer.Length, 4000)]);
            lock (store) store.ReadBytes += read;
            if (_isDamaged && read > 0) buffer[read / 2] ^= 4;
            _isDamaged = false;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void Flush()
        {
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
