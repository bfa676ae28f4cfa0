using System.IO.Hashing;

namespace EcgData.Shards;

/// <summary>
/// Short hashes of bytes, the same on every machine (XXH3 by Collet): to find and to cut by. They vouch for nothing, since whoever wants two
/// inputs of one hash can make them; content is vouched for by SHA-256.
/// </summary>
public static class QuickHash
{
    /// <summary>Bytes of <see cref="Write128"/>.</summary>
    public const int Bytes128 = 16;

    public static ulong Of(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes);

    /// <param name="hash">byte[<see cref="Bytes128"/>] or more.</param>
    public static void Write128(ReadOnlySpan<byte> bytes, Span<byte> hash) => XxHash128.Hash(bytes, hash);
}

/// <summary><see cref="QuickHash.Write128"/> of bytes that come piece by piece.</summary>
public sealed class RunningQuickHash
{
    private readonly XxHash128 _hash = new();

    public void Add(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

    /// <param name="hash">byte[<see cref="QuickHash.Bytes128"/>] or more.</param>
    public void Write(Span<byte> hash) => _hash.GetCurrentHash(hash);
}
