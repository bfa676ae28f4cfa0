using System.Runtime.CompilerServices;

namespace EcgData.Sources.Hdf5;

/// <summary>
/// A file as the HDF5 library sees it: read-only, and every operation on it bounded in reads, bytes and recursion, so that a header
/// whose parts point at each other ends in an exception and not in a loop. Not safe for several threads.
/// </summary>
/// <remarks>
/// The library reads headers a few bytes at a time: they come from one page of 16 KiB instead of one system call each.
/// </remarks>
internal sealed class MeteredStream : Stream
{
    // A chunk index of 20,001 rows costs about 60,000 reads to search; a loop reaches the bound within a second.
    private const int MaximumReads = 1 << 22;
    private const long MaximumBytes = 1L << 28;
    private const int PageBytes = 1 << 14;

    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly byte[] _page = new byte[PageBytes];
    private long _pageStart;
    private int _pageLength;
    private int _reads;
    private long _bytes;

    /// <exception cref="IOException">The file cannot be opened.</exception>
    public MeteredStream(string path)
    {
        _file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        Length = RandomAccess.GetLength(_file);
    }

    public override long Length { get; }

    public override long Position { get; set; }

    /// <summary>Where the latest read began, or -1 where none came since <see cref="BeginOperation"/>.</summary>
    public long LastReadStart { get; private set; } = -1;

    /// <summary>Bytes of the latest read.</summary>
    public int LastReadLength { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    /// <summary>Starts the meter anew.</summary>
    public void BeginOperation() => (_reads, _bytes, LastReadStart, LastReadLength) = (0, 0, -1, 0);

    /// <summary>Fills <paramref name="destination"/> from <paramref name="position"/>, past the page and the meter.</summary>
    /// <exception cref="EndOfStreamException">The file ends before.</exception>
    public void ReadDirectly(Span<byte> destination, long position)
    {
        if (position < 0 || position > Length - destination.Length) throw EndsBefore(position, destination.Length);
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(_file, destination, position);
            if (count == 0) throw EndsBefore(position, destination.Length);
            destination = destination[count..];
            position += count;
        }
    }

    /// <summary>All of <paramref name="buffer"/>: the library asks for what it needs, so less is an error.</summary>
    public override int Read(Span<byte> buffer)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_reads > MaximumReads || (_bytes += buffer.Length) > MaximumBytes)
            throw new InvalidDataException($"reading one item took more than {MaximumReads} reads or {MaximumBytes} bytes");
        (LastReadStart, LastReadLength) = (Position, buffer.Length);
        if (buffer.Length > PageBytes) ReadDirectly(buffer, Position);
        else ReadFromPage(buffer);
        Position += buffer.Length;
        return buffer.Length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        ReadExactly(one);
        return one[0];
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
        // nothing is ever written
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _file.Dispose();
        base.Dispose(disposing);
    }

    private void ReadFromPage(Span<byte> buffer)
    {
        if (Position < 0 || Position > Length - buffer.Length) throw EndsBefore(Position, buffer.Length);
        if (Position < _pageStart || Position + buffer.Length > _pageStart + _pageLength)
        {
            var length = (int)Math.Min(PageBytes, Length - Position);
            _pageLength = 0;
            ReadDirectly(_page.AsSpan(0, length), Position);
            (_pageStart, _pageLength) = (Position, length);
        }

        _page.AsSpan((int)(Position - _pageStart), buffer.Length).CopyTo(buffer);
    }

    private EndOfStreamException EndsBefore(long position, int count) =>
        new($"bytes {position} to {position + count} were asked for, but the file has {Length}");
}
