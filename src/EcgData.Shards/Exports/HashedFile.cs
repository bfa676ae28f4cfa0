using System.Security.Cryptography;

namespace EcgData.Shards.Exports;

/// <summary>A file that is written front to back and knows its SHA-256 in the end.</summary>
internal sealed class HashedFile(string path) : IDisposable
{
    private readonly FileStream _stream = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _hash.AppendData(bytes);
        Length += bytes.Length;
    }

    public ExportedFile Finish(long rows)
    {
        _stream.Flush(flushToDisk: true);
        return new ExportedFile(Path.GetFileName(path), Convert.ToHexStringLower(_hash.GetHashAndReset()), Length, rows);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }
}
