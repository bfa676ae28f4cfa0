using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace EcgData.Sources.Tables;

/// <summary>The SHA-256 of a release's files, from its <c>SHA256SUMS.txt</c>: 64 hex digits, white space, path.</summary>
/// <remarks>
/// Held as two sorted arrays, 40 bytes a file: a 64-bit hash of the path (FNV-1a by Fowler, Noll and Vo) and the file's digest. Whoever
/// wrote two paths that meet could as well have written another checksum; by accident one lookup in 10^13 does so in a list of two million.
/// </remarks>
internal sealed class PublishedChecksums
{
    public const string FileName = "SHA256SUMS.txt";

    /// <summary>No file has a published checksum.</summary>
    public static PublishedChecksums None { get; } = new([], []);

    private readonly ulong[] _paths;
    private readonly Digest[] _digests;

    private PublishedChecksums(ulong[] paths, Digest[] digests) => (_paths, _digests) = (paths, digests);

    /// <summary>Files that have one.</summary>
    public int Count => _paths.Length;

    /// <summary>Reads the release's list, <see cref="None"/> where there is none.</summary>
    /// <param name="under">Only paths that start with it are kept: <c>records500/</c>.</param>
    /// <exception cref="SourceException">A line that is none, or a path that is listed twice with different checksums.</exception>
    public static PublishedChecksums Read(SourceFolder folder, string under = "", string fileName = FileName)
    {
        if (SourceLines.TryRead(folder, fileName) is not { } lines) return None;
        var wanted = Encoding.UTF8.GetBytes(under);
        var (paths, digests, count) = (new ulong[1024], new Digest[1024], 0);
        foreach (var (number, line) in lines)
        {
            if (!TrySplit(line.Span, out var digest, out var path))
                throw new SourceException(
                    $"{fileName}, line {number}: {SourceTable.Shown(Encoding.UTF8.GetString(line.Span))}; " +
                    "64 hex digits, a blank and a path were expected. Download the file again.");
            if (!path.StartsWith(wanted)) continue;
            if (count == paths.Length)
            {
                // By half, not by two: two million files then never take more than 100 bytes each while they are read.
                Array.Resize(ref paths, count + count / 2);
                Array.Resize(ref digests, count + count / 2);
            }

            (paths[count], digests[count]) = (KeyOf(path), digest);
            count++;
        }

        Array.Resize(ref paths, count);
        Array.Resize(ref digests, count);
        Array.Sort(paths, digests);
        for (var i = 1; i < count; i++)
            if (paths[i] == paths[i - 1] && !digests[i].Equals(digests[i - 1]))
                throw new SourceException(
                    $"{fileName}: one path is listed with two checksums, {digests[i - 1]} and {digests[i]}. Download the file again.");
        return new PublishedChecksums(paths, digests);
    }

    /// <summary>The published SHA-256 of a file in lower-case hex, or null where none is published.</summary>
    /// <param name="path">Relative to the release's root, parted by <c>/</c>.</param>
    public string? Of(string path)
    {
        if (_paths.Length == 0) return null;
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(path.Length));
        var index = Array.BinarySearch(_paths, KeyOf(utf8.AsSpan(0, Encoding.UTF8.GetBytes(path, utf8))));
        ArrayPool<byte>.Shared.Return(utf8);
        return index < 0 ? null : _digests[index].ToString();
    }

    private static bool TrySplit(ReadOnlySpan<byte> line, out Digest digest, out ReadOnlySpan<byte> path)
    {
        digest = default;
        path = default;
        var blank = line.IndexOfAny((byte)' ', (byte)'\t');
        if (blank != 2 * SHA256.HashSizeInBytes) return false;
        // sha256sum marks files read in binary mode with a star; lists made inside the folder start with "./".
        path = line[blank..].Trim(" \t"u8);
        if (path.StartsWith("*"u8)) path = path[1..];
        if (path.StartsWith("./"u8)) path = path[2..];
        Span<byte> bytes = digest;
        return Convert.FromHexString(line[..blank], bytes, out _, out _) == OperationStatus.Done && !path.IsEmpty;
    }

    private static ulong KeyOf(ReadOnlySpan<byte> path)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var next in path) hash = (hash ^ next) * 0x100000001b3;
        return hash;
    }

    [InlineArray(SHA256.HashSizeInBytes)]
    private struct Digest : IEquatable<Digest>
    {
        private byte _first;

        public readonly bool Equals(Digest other) => ((ReadOnlySpan<byte>)this).SequenceEqual(other);

        public override readonly bool Equals(object? obj) => obj is Digest other && Equals(other);

        public override readonly int GetHashCode() => MemoryMarshal.Read<int>(this);

        public override readonly string ToString() => Convert.ToHexStringLower(this);
    }
}
