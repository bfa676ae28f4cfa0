using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace EcgData.Storage;

/// <summary>
/// A blob as a seekable stream: ranges fetched when they are needed, longer ones while it is read front to back. All of them are of
/// the object that was opened: where it is replaced in the meantime, reading fails.
/// </summary>
internal sealed class BlobReadStream(BlobClient blob, StoredObject opened, string address) : Stream
{
    /// <summary>What one request fetches at least.</summary>
    public const int SmallestRangeBytes = 256 << 10;   // a footer and what stands before it
    private const int LargestRangeBytes = 8 << 20;

    private byte[] _buffer = [];
    private int _bufferedBytes;
    private long _bufferStart;
    private int _nextRangeBytes = SmallestRangeBytes;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => opened.SizeBytes;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _position >= Length) return 0;
        if (!IsBuffered) FillAsync(buffer.Length, async: false, CancellationToken.None).GetAwaiter().GetResult();
        return Take(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position >= Length) return 0;
        if (!IsBuffered) await FillAsync(buffer.Length, async: true, cancellationToken);
        return Take(buffer.Span);
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        _ => Length,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException("An object is replaced, not changed.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("An object is replaced, not changed.");

    /// <summary>Fetches the first range.</summary>
    /// <returns>false where the object was replaced or removed since it was opened.</returns>
    public async Task<bool> TryFillAsync(CancellationToken cancel)
    {
        try
        {
            if (Length > 0) await FillAsync(SmallestRangeBytes, async: true, cancel);
            return true;
        }
        catch (IOException e) when (e.InnerException is RequestFailedException { Status: 404 or 412 })
        {
            return false;
        }
    }

    private bool IsBuffered => _position >= _bufferStart && _position < _bufferStart + _bufferedBytes;

    private int Take(Span<byte> buffer)
    {
        var start = (int)(_position - _bufferStart);
        var count = Math.Min(buffer.Length, _bufferedBytes - start);
        _buffer.AsSpan(start, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    private async Task FillAsync(int wanted, bool async, CancellationToken cancel)
    {
        var follows = _bufferedBytes > 0 && _position == _bufferStart + _bufferedBytes;
        _nextRangeBytes = follows ? Math.Min(2 * _nextRangeBytes, LargestRangeBytes) : SmallestRangeBytes;
        var length = (int)Math.Min(Math.Max(_nextRangeBytes, Math.Min(wanted, LargestRangeBytes)), Length - _position);
        if (_buffer.Length < length) _buffer = new byte[length];
        _bufferedBytes = 0;
        var options = new BlobDownloadOptions
        {
            Range = new HttpRange(_position, length),
            Conditions = new BlobRequestConditions { IfMatch = new ETag(opened.Tag) },
        };
        try
        {
            using var response = async
                ? (await blob.DownloadStreamingAsync(options, cancel)).Value
                : blob.DownloadStreaming(options, cancel).Value;
            for (var done = 0; done < length;)
            {
                var read = async
                    ? await response.Content.ReadAsync(_buffer.AsMemory(done, length - done), cancel)
                    : response.Content.Read(_buffer, done, length - done);
                if (read == 0) throw new EndOfStreamException($"{address}: '{opened.Name}' ended early. Run the command again.");
                done += read;
            }
        }
        catch (Exception e) when (AzureFailure.IsOne(e))
        {
            throw AzureFailure.Reading(address, opened.Name, e);
        }

        (_bufferStart, _bufferedBytes) = (_position, length);
    }
}
