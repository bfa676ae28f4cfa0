using System.Security.Cryptography;

namespace EcgData.Shards.Subsets;

/// <summary>
/// Digest of a record list: SHA-256 of the record ids, each followed by a line feed, by rank of their patients under the subset's seed,
/// patient key and record id. Links and quotas decide what is in a list, not how it is digested, so the list alone gives the digest.
/// </summary>
internal sealed class RecordListDigest : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used;

    public void Add(ReadOnlySpan<byte> id)
    {
        if (id.Length >= BufferBytes - _used) Flush();
        if (id.Length >= BufferBytes)
        {
            _hash.AppendData(id);
            _hash.AppendData("\n"u8);
            return;
        }

        id.CopyTo(_buffer.AsSpan(_used));
        _used += id.Length;
        _buffer[_used++] = (byte)'\n';
    }

    /// <summary>Of what has been added so far.</summary>
    public string Current()
    {
        Flush();
        return Convert.ToHexStringLower(_hash.GetCurrentHash());
    }

    public void Dispose() => _hash.Dispose();

    private void Flush()
    {
        _hash.AppendData(_buffer, 0, _used);
        _used = 0;
    }
}
