using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>
/// SHA-256 of source files whose source publishes none, or whose content is not the published one. What was found is
/// remembered by path, size and time of change in a local file of hints: it saves reading a file twice and is never part of an output.
/// </summary>
public sealed class ChecksumBook : IDisposable
{
    private const int EntryBytes = FileKey.SizeBytes + SHA256.HashSizeInBytes;

    private readonly ConcurrentDictionary<FileKey, byte[]> _known = new();
    private readonly ConcurrentDictionary<string, FileContent> _containers = new(StringComparer.Ordinal);
    private readonly FileStream? _hints;
    private volatile bool _knowsAny;   // to ask the dictionary whether it is empty takes all of its locks

    /// <param name="hintFile">Where hints are kept, or null to keep none.</param>
    /// <param name="rehash">Read every file again, whatever the hints say.</param>
    /// <param name="clock">The system's if none is given.</param>
    public ChecksumBook(string? hintFile, bool rehash, TimeProvider? clock = null)
    {
        if (hintFile is not null) Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(hintFile))!);
        Folders = new FolderBook(hintFile is null ? null : hintFile + ".folders", rehash, clock ?? TimeProvider.System);
        if (hintFile is null) return;
        _hints = new FileStream(hintFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (rehash)
        {
            _hints.SetLength(0);
            return;
        }

        var entry = new byte[EntryBytes];
        while (_hints.ReadAtLeast(entry, EntryBytes, throwOnEndOfStream: false) == EntryBytes)
            _known[MemoryMarshal.Read<FileKey>(entry)] = entry[FileKey.SizeBytes..];
        _knowsAny = !_known.IsEmpty;
        _hints.Seek(_hints.Length / EntryBytes * EntryBytes, SeekOrigin.Begin);
    }

    /// <summary>Where published files were all there.</summary>
    internal FolderBook Folders { get; }

    /// <summary>What is known of a file without reading it.</summary>
    public FileContent Find(SourceFolder folder, RecordFile file)
    {
        if (file.IsContainer && _containers.TryGetValue(file.Path, out var container)) return container;
        var content = Look(folder, file);
        if (file.IsContainer) _containers[file.Path] = content;
        return content;
    }

    /// <summary>As <see cref="Find"/> says of a file that is no container, where one question to the system is enough to know it.</summary>
    /// <param name="path">UTF-8, relative to the folder, parted by <c>/</c>.</param>
    /// <param name="isPublished">Whether its SHA-256 is published.</param>
    /// <returns>Missing, or Published; null where <see cref="Find"/> has to be asked.</returns>
    internal FileState? Glance(SourceFolder folder, ReadOnlySpan<byte> path, bool isPublished)
    {
        const int longestPath = 1024;
        Span<byte> full = stackalloc byte[longestPath];
        if (!PlainFile.IsPlain(path) || !Encoding.UTF8.TryGetBytes(folder.Path, full, out var length) || length + path.Length + 2 > longestPath) return null;
        if (full[length - 1] != (byte)'/') full[length++] = (byte)'/';
        path.CopyTo(full[length..]);
        length += path.Length;
        full[length] = 0;
        var file = PlainFile.Ask(full[..(length + 1)]);
        return file.State switch
        {
            PlainFileState.Missing => FileState.Missing,
            PlainFileState.There when isPublished && !(_knowsAny && _known.ContainsKey(FileKey.Of(full[..length], file.SizeBytes, file.WriteTicks))) => FileState.Published,
            _ => null,
        };
    }

    /// <summary>Takes over what another machine has found, if the file here is as long; whoever reads it will see whether it is the same.</summary>
    internal void Learn(SourceFolder folder, RecordFile file, FileContent found)
    {
        var path = folder.Resolve(file.Path);
        var info = new FileInfo(path);
        if (!info.Exists || info.Length != found.SizeBytes || found.Sha256 is null) return;
        _known[FileKey.Of(path, info)] = Convert.FromHexString(found.Sha256);
        _knowsAny = true;
        if (file.IsContainer) _containers[file.Path] = found;
    }

    /// <summary>Reads a file to learn its SHA-256.</summary>
    public FileContent Read(SourceFolder folder, RecordFile file, CancellationToken cancel)
    {
        var content = Find(folder, file);
        if (content.State == FileState.Missing) return content;
        try
        {
            var path = folder.Resolve(file.Path);
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var hash = Hash(stream, cancel);
            Remember(FileKey.Of(path, new FileInfo(path)), hash);
            content = new FileContent(FileState.Known, Convert.ToHexStringLower(hash), content.SizeBytes);
            if (file.Sha256 is not null && content.Sha256 != file.Sha256) Folders.Forget();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RecordException)
        {
            content = new FileContent(FileState.Missing, null, 0);
        }

        if (file.IsContainer) _containers[file.Path] = content;
        return content;
    }

    public void Dispose()
    {
        Folders.Dispose();
        _hints?.Dispose();
    }

    private FileContent Look(SourceFolder folder, RecordFile file)
    {
        string path;
        try
        {
            path = folder.Resolve(file.Path);
        }
        catch (RecordException)
        {
            return new FileContent(FileState.Missing, null, 0);
        }

        var info = new FileInfo(path);
        if (!info.Exists) return new FileContent(FileState.Missing, null, 0);
        if (_knowsAny && _known.TryGetValue(FileKey.Of(path, info), out var hash))
            return new FileContent(FileState.Known, Convert.ToHexStringLower(hash), info.Length);
        return new FileContent(file.Sha256 is null ? FileState.Unread : FileState.Published, file.Sha256, info.Length);
    }

    private void Remember(FileKey key, byte[] hash)
    {
        _known[key] = hash;
        _knowsAny = true;
        if (_hints is null) return;
        Span<byte> entry = stackalloc byte[EntryBytes];
        MemoryMarshal.Write(entry, key);
        hash.CopyTo(entry[FileKey.SizeBytes..]);
        lock (_hints)
        {
            _hints.Write(entry);
            _hints.Flush();
        }
    }

    private static byte[] Hash(FileStream stream, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            while (stream.Read(buffer) is > 0 and var count)
            {
                cancel.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Path, size and time of change of a file, as one hash. Not a UInt128: code that has one is never compiled ahead of time.</summary>
    private readonly record struct FileKey(ulong First, ulong Second)
    {
        public const int SizeBytes = 2 * sizeof(ulong);

        public static FileKey Of(string path, FileInfo info) => Of(Encoding.UTF8.GetBytes(path), info.Length, info.LastWriteTimeUtc.Ticks);

        /// <param name="path">UTF-8.</param>
        public static FileKey Of(ReadOnlySpan<byte> path, long sizeBytes, long writeTicks)
        {
            const int longestOnStack = 1024;
            var length = path.Length + 2 * sizeof(long);
            var bytes = length <= longestOnStack ? stackalloc byte[length] : new byte[length];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, sizeBytes);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(long)..], writeTicks);
            path.CopyTo(bytes[(2 * sizeof(long))..]);
            Span<byte> hash = stackalloc byte[QuickHash.Bytes128];
            QuickHash.Write128(bytes, hash);
            return MemoryMarshal.Read<FileKey>(hash);
        }
    }
}

/// <summary>How much is known of a file's content.</summary>
public enum FileState
{
    /// <summary>There is no such file.</summary>
    Missing,

    /// <summary>It is there and taken to be what is published until it is read.</summary>
    Published,

    /// <summary>It is there, nothing is published, and it has not been read.</summary>
    Unread,

    /// <summary>It has been read, and has not changed since.</summary>
    Known,
}

/// <param name="Sha256">Lower-case hex where it is known or published.</param>
/// <param name="SizeBytes">0 for a missing file.</param>
public readonly record struct FileContent(FileState State, string? Sha256, long SizeBytes);
