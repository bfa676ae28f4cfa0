using System.Buffers;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace EcgData.Shards;

/// <summary>The file in the making: large writes, front to back, with the digests of the whole and of each row group.</summary>
internal sealed class ShardOutput(Stream stream) : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly XxHash128 _rowGroup = new();
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _buffered;
    private long _written;

    /// <summary>Bytes so far: the offset in the file of what comes next.</summary>
    public long Position => _written + _buffered;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_buffered == BufferBytes) Flush();
            var count = Math.Min(bytes.Length, BufferBytes - _buffered);
            bytes[..count].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>What follows counts towards the next row group's digest.</summary>
    public void BeginRowGroup()
    {
        Flush();
        _rowGroup.Reset();
    }

    /// <returns>XxHash128 of all since <see cref="BeginRowGroup"/>, lower-case hex.</returns>
    public string EndRowGroup()
    {
        Flush();
        return Convert.ToHexStringLower(_rowGroup.GetCurrentHash());
    }

    /// <returns>SHA-256 of the whole file, lower-case hex.</returns>
    public string Finish()
    {
        Flush();
        return Convert.ToHexStringLower(_sha256.GetHashAndReset());
    }

    public void Dispose()
    {
        _sha256.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    private void Flush()
    {
        var bytes = _buffer.AsSpan(0, _buffered);
        _sha256.AppendData(bytes);
        _rowGroup.Append(bytes);
        stream.Write(bytes);
        _written += _buffered;
        _buffered = 0;
    }
}
