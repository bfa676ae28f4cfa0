using System.Security.Cryptography;

namespace EcgData.Shards.Subsets;

/// <summary>
/// Digest of a record list: SHA-256 of the record ids, each followed by a line feed, by rank of their patients under the subset's seed,
/// patient key and record id. Links and quotas decide what is in a list, not how it is digested, so the list alone gives the digest.
/// </summary>
internal sealed class RecordListDigest(RecordIds ids) : IDisposable
{
    private const int Piece = 1 << 13;
    private const int Pieces = 8;   // looked up at a time, on all cores: the ids lie scattered, which takes longer than hashing them

    private const int Ahead = 12;   // ids that memory is asked for before their turn

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[][] _buffers = [.. Enumerable.Repeat(Array.Empty<byte>(), Pieces)];
    private readonly int[] _used = new int[Pieces];

    /// <param name="records">In order.</param>
    public void Add(ReadOnlyMemory<int> records)
    {
        for (; !records.IsEmpty; records = records[Math.Min(Piece * Pieces, records.Length)..])
        {
            var some = records[..Math.Min(Piece * Pieces, records.Length)];
            var pieces = (some.Length + Piece - 1) / Piece;
            Parallel.For(0, pieces, piece => Gather(some.Span[(piece * Piece)..Math.Min((piece + 1) * Piece, some.Length)], piece));
            for (var piece = 0; piece < pieces; piece++) _hash.AppendData(_buffers[piece], 0, _used[piece]);
        }
    }

    /// <summary>Of what has been added so far.</summary>
    public string Current() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public void Dispose() => _hash.Dispose();

    private void Gather(ReadOnlySpan<int> records, int piece)
    {
        var used = 0;
        for (var index = 0; index < records.Length; index++)
        {
            if (index + 2 * Ahead < records.Length) ids.PrefetchPlace(records[index + 2 * Ahead]);
            if (index + Ahead < records.Length) ids.PrefetchBytes(records[index + Ahead]);
            var id = ids[records[index]];
            if (_buffers[piece].Length - used <= id.Length) Array.Resize(ref _buffers[piece], 2 * (used + id.Length + 1));
            id.CopyTo(_buffers[piece].AsSpan(used));
            used += id.Length;
            _buffers[piece][used++] = (byte)'\n';
        }

        _used[piece] = used;
    }
}
