using System.Buffers;
using System.Security.Cryptography;
using EcgData.Signals;

namespace EcgData.Sources;

/// <summary>The folder that holds a source. Nothing outside it is ever read, whatever a header or table says.</summary>
/// <remarks>What is said of a record never names the folder itself: rejections are part of a version, and the same wherever it is built.</remarks>
public sealed class SourceFolder
{
    /// <exception cref="SourceException">There is no such folder: not downloaded yet, or not mounted.</exception>
    public SourceFolder(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(Path))
            throw new SourceException($"{path}: no such folder. Expected the folder of a downloaded source; is the disk mounted?");
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>The full path of a file named by a table or a header.</summary>
    /// <exception cref="RecordException">The name is absolute or climbs out of the folder.</exception>
    public string Resolve(string relativePath)
    {
        RefuseOutside(relativePath);
        return System.IO.Path.Join(Path, relativePath);
    }

    /// <summary>Makes sure that a file named by a table or a header is inside.</summary>
    /// <exception cref="RecordException">The name is absolute or climbs out of the folder.</exception>
    public static void RefuseOutside(string relativePath)
    {
        var outside = relativePath.Length == 0 || relativePath.Contains('\0') || relativePath.Contains('\\')
            || System.IO.Path.IsPathRooted(relativePath)
            || (relativePath.Contains("..", StringComparison.Ordinal) && relativePath.Split('/').Contains(".."));
        if (outside)
            throw new RecordException(
                RejectionReason.OutsideFolder,
                $"'{relativePath}' leads outside the source's folder. Expected a relative path without '..'; " +
                "this file is not read.");
    }

    public bool Exists(string relativePath) => File.Exists(Resolve(relativePath));

    /// <summary>A whole file in pooled memory, its SHA-256 checked where the catalogue gives one.</summary>
    /// <exception cref="RecordException">The file is missing, unreadable or not the published one.</exception>
    public FileBytes Read(RecordFile file)
    {
        var path = Resolve(file.Path);
        try
        {
            using var handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(handle);
            if (length > Array.MaxLength - FileBytes.Padding)
                throw new RecordException(
                    RejectionReason.UnsupportedFormat,
                    $"{file.Path}: {length} bytes; a record's file may have at most {Array.MaxLength - FileBytes.Padding}.");
            var buffer = ArrayPool<byte>.Shared.Rent((int)length + FileBytes.Padding);
            var bytes = new FileBytes(buffer, (int)length);
            var read = 0;
            while (read < length)
            {
                var count = RandomAccess.Read(handle, buffer.AsSpan(read, (int)length - read), read);
                if (count == 0)
                    throw new RecordException(RejectionReason.Truncated, $"{file.Path}: shrank while it was read. Read it again.");
                read += count;
            }

            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes.Span, hash);
            if (file.Sha256 is not null && !HexEquals(hash, file.Sha256))
                throw new RecordException(
                    RejectionReason.FileChecksum,
                    $"{file.Path}: SHA-256 {Convert.ToHexStringLower(hash)}, but {file.Sha256} was expected. Download the file again.");
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RecordException(
                RejectionReason.MissingFile,
                $"{file.Path}: not there, though the source's table names it. Download the file, or leave the record out.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RecordException(
                RejectionReason.Unreadable, $"{file.Path}: cannot be read ({e.GetType().Name}). Check the disk and the file's rights.", e);
        }
    }

    private static bool HexEquals(ReadOnlySpan<byte> hash, string hex)
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        return hex.Length == 2 * expected.Length
            && Convert.FromHexString(hex, expected, out _, out _) == OperationStatus.Done && hash.SequenceEqual(expected);
    }
}

/// <summary>A file's bytes in pooled memory, followed by a few readable ones so that a vector may be loaded at the end.</summary>
public sealed class FileBytes(byte[] buffer, int length) : IDisposable
{
    /// <summary>Bytes that may be read, not relied on, behind the end.</summary>
    public const int Padding = 64;

    private byte[]? _buffer = buffer;

    public int Length => length;

    public ReadOnlySpan<byte> Span => Buffer.AsSpan(0, length);

    /// <summary>The bytes and <see cref="Padding"/> more.</summary>
    public ReadOnlySpan<byte> Padded => Buffer.AsSpan(0, length + Padding);

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(FileBytes));

    public void Dispose()
    {
        if (_buffer is { } rented) ArrayPool<byte>.Shared.Return(rented);
        _buffer = null;
    }
}
