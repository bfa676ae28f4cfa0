using System.Text;
using EcgData.Signals;
using Microsoft.Win32.SafeHandles;

namespace EcgData.Sources.Tables;

/// <summary>The SHA-256 of a release's files, from its <c>SHA256SUMS.txt</c>: 64 hex digits, white space, path.</summary>
/// <remarks>
/// The digests stay in the file: memory holds a 64-bit hash of each path and where its line begins, 16 bytes a file, and what a hash
/// leads to is compared. Who asks in the order of the list, as a table of records nearly always is, pays
/// for no search: the line behind the one found last is looked at first. For one thread at a time.
/// </remarks>
internal sealed class PublishedChecksums : IDisposable
{
    public const string FileName = "SHA256SUMS.txt";

    // The shortest line, digest, blank, a letter and the line's end, bounds how many a file can have.
    private const int ShortestLineBytes = Sha256Digest.Digits + 3;

    // Longer than any line; what is asked for in no order gets a few lines at a time.
    private const int WideWindowBytes = 1 << 17;
    private const int NarrowWindowBytes = 1 << 10;

    private readonly SafeFileHandle? _file;
    private readonly ulong[] _paths;
    private readonly long[] _offsets;
    private readonly byte[] _window = new byte[WideWindowBytes];
    private long _windowStart;
    private int _windowLength;
    private long _next;

    private PublishedChecksums(SafeFileHandle? file, ulong[] paths, long[] offsets, int count) =>
        (_file, _paths, _offsets, Count) = (file, paths, offsets, count);

    /// <summary>Files that have one.</summary>
    public int Count { get; }

    /// <summary>Reads the release's list; where there is none, no file has a published checksum.</summary>
    /// <param name="under">Only paths that start with it are kept: <c>records500/</c>.</param>
    /// <exception cref="SourceException">A line that is none, or a path that is listed twice with different checksums.</exception>
    public static PublishedChecksums Read(SourceFolder folder, string under = "", string fileName = FileName)
    {
        using var lines = SourceLines.TryOpen(folder, fileName);
        if (lines is null) return new PublishedChecksums(null, [], [], 0);
        var file = Open(folder, fileName);
        try
        {
            var wanted = Encoding.UTF8.GetBytes(under);
            // As many as there can be: pages that nothing is written to take no memory, and growing would copy.
            var most = checked((int)Math.Min(RandomAccess.GetLength(file) / ShortestLineBytes + 1, Array.MaxLength));
            var (paths, offsets, count) = (GC.AllocateUninitializedArray<ulong>(most), GC.AllocateUninitializedArray<long>(most), 0);
            while (lines.Read())
            {
                if (!TrySplit(lines.Utf8, out var path) || !Sha256Digest.TryParse(lines.Utf8[..Sha256Digest.Digits], out _))
                    throw new SourceException(
                        $"{fileName}, line {lines.Number}: {SourceTable.Shown(Encoding.UTF8.GetString(lines.Utf8))}; " +
                        "64 hex digits, a blank and a path were expected. Download the file again.");
                if (!path.StartsWith(wanted)) continue;
                if (count == most) throw new SourceException($"{fileName}: grew while it was read. Read it again.");
                (paths[count], offsets[count]) = (ShortHash.Of(path), lines.Offset);
                count++;
            }

            ShortHash.Sort(paths.AsSpan(0, count), offsets.AsSpan(0, count));
            var checksums = new PublishedChecksums(file, paths, offsets, count);
            checksums.RefuseContradictions(fileName);
            return checksums;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The published SHA-256 of a file.</summary>
    /// <param name="path">UTF-8, relative to the release's root, parted by <c>/</c>.</param>
    /// <returns>False where none is published.</returns>
    public bool TryFind(ReadOnlySpan<byte> path, out Sha256Digest digest)
    {
        digest = default;
        if (Count == 0) return false;
        if (IsAt(_next, path, out digest)) return true;
        var key = ShortHash.Of(path);
        for (var index = FirstOf(key); index < Count && _paths[index] == key; index++)
            if (IsAt(_offsets[index], path, out digest)) return true;
        return false;
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Whether the line at <paramref name="offset"/> is of the path; then the next line is where to look first.</summary>
    private bool IsAt(long offset, ReadOnlySpan<byte> wanted, out Sha256Digest digest)
    {
        digest = default;
        var line = LineAt(offset);
        if (!TrySplit(line.TrimEnd((byte)'\r'), out var path) || !path.SequenceEqual(wanted)
            || !Sha256Digest.TryParse(line[..Sha256Digest.Digits], out digest)) return false;
        _next = offset + line.Length + 1;
        return true;
    }

    /// <summary>The bytes from <paramref name="offset"/> to the end of the line, valid until the next call; none behind the end of the file.</summary>
    private ReadOnlySpan<byte> LineAt(long offset)
    {
        var windowEnd = _windowStart + _windowLength;
        if (offset >= _windowStart && offset < windowEnd)
        {
            var rest = _window.AsSpan((int)(offset - _windowStart), (int)(windowEnd - offset));
            if (rest.IndexOf((byte)'\n') is >= 0 and var end) return rest[..end];
        }

        var inOrder = offset >= _windowStart && offset <= windowEnd;
        var line = Fill(offset, inOrder ? WideWindowBytes : NarrowWindowBytes);
        if (line.IndexOf((byte)'\n') < 0) line = Fill(offset, WideWindowBytes);
        return line.IndexOf((byte)'\n') is >= 0 and var length ? line[..length] : line;
    }

    private ReadOnlySpan<byte> Fill(long offset, int bytes)
    {
        _windowStart = offset;
        _windowLength = RandomAccess.Read(_file!, _window.AsSpan(0, bytes), offset);
        return _window.AsSpan(0, _windowLength);
    }

    private int FirstOf(ulong key)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (_paths[middle] < key) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void RefuseContradictions(string fileName)
    {
        // of one hash, so probably of one path: as they lie in the file
        for (var (start, end) = (0, 1); end <= Count; end++)
        {
            if (end < Count && _paths[end] == _paths[start]) continue;
            if (end - start > 1) _offsets.AsSpan(start, end - start).Sort();
            start = end;
        }

        for (var index = 1; index < Count; index++)
        {
            if (_paths[index] != _paths[index - 1]) continue;
            var (first, second) = (LineAt(_offsets[index - 1]).TrimEnd((byte)'\r').ToArray(), LineAt(_offsets[index]).TrimEnd((byte)'\r').ToArray());
            if (!TrySplit(first, out var one) || !TrySplit(second, out var other) || !one.SequenceEqual(other)) continue;
            var (digest, twin) = (Encoding.ASCII.GetString(first, 0, Sha256Digest.Digits), Encoding.ASCII.GetString(second, 0, Sha256Digest.Digits));
            if (!digest.Equals(twin, StringComparison.OrdinalIgnoreCase))
                throw new SourceException(
                    $"{fileName}: {SourceTable.Shown(Encoding.UTF8.GetString(one))} is listed with two checksums, " +
                    $"{digest} and {twin}. Download the file again.");
        }
    }

    /// <summary>Parts a line; whether the digits are digits is not looked at.</summary>
    private static bool TrySplit(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> path)
    {
        path = default;
        if (line.Length <= Sha256Digest.Digits || !IsBlank(line[Sha256Digest.Digits])) return false;
        // sha256sum marks files read in binary mode with a star; lists made inside the folder start with "./".
        var (start, end) = (Sha256Digest.Digits + 1, line.Length);
        while (start < end && IsBlank(line[start])) start++;
        while (start < end && IsBlank(line[end - 1])) end--;
        path = line[start..end];
        if (path.StartsWith("*"u8)) path = path[1..];
        if (path.StartsWith("./"u8)) path = path[2..];
        return !path.IsEmpty;
    }

    private static bool IsBlank(byte character) => character is (byte)' ' or (byte)'\t';

    private static SafeFileHandle Open(SourceFolder folder, string fileName)
    {
        try
        {
            return File.OpenHandle(folder.Resolve(fileName), options: FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RecordException)
        {
            throw new SourceException($"{fileName}: cannot be read: {e.Message}", e);
        }
    }
}
