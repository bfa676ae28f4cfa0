namespace EcgData.Storage;

/// <summary>The bytes of an object being written: failures in the store's words, closing left to the object writer.</summary>
internal sealed class StoreStream(FileStream file, string address) : Stream
{
    public override bool CanRead => file.CanRead;

    public override bool CanSeek => file.CanSeek;

    public override bool CanWrite => file.CanWrite;

    public override long Length => file.Length;

    public override long Position { get => file.Position; set => file.Position = value; }

    public override int Read(byte[] buffer, int offset, int count) => file.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => file.Read(buffer);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        file.ReadAsync(buffer, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void SetLength(long value) => Guard(() => file.SetLength(value));

    public override void Flush() => Guard(file.Flush);

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        GuardAsync(new ValueTask(file.FlushAsync(cancellationToken))).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            file.Write(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Writing(address, "write an object", e);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        GuardAsync(file.WriteAsync(buffer, cancellationToken));

    /// <summary>Writers of file formats close what they are given; the bytes are needed until the commit.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && file.CanWrite) Flush();
        base.Dispose(disposing);
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Writing(address, "write an object", e);
        }
    }

    private async ValueTask GuardAsync(ValueTask work)
    {
        try
        {
            await work;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Writing(address, "write an object", e);
        }
    }
}
