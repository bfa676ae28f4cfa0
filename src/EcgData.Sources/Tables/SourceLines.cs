using EcgData.Signals;

namespace EcgData.Sources.Tables;

/// <summary>The lines of a plain text file of a source (RECORDS, SHA256SUMS.txt), one at a time, LF or CRLF, the last with or without.</summary>
internal static class SourceLines
{
    // A path of a source has at most a few hundred bytes; more is no list of files, and is not read into memory.
    private const int MaximumLineBytes = 1 << 16;

    /// <summary>The lines that are not blank.</summary>
    /// <returns>Null where there is no such file.</returns>
    /// <exception cref="SourceException">The file cannot be read, or a line is longer than any path.</exception>
    public static IEnumerable<SourceLine>? TryRead(SourceFolder folder, string path)
    {
        try
        {
            return folder.Exists(path) ? Read(folder.Resolve(path), path) : null;
        }
        catch (RecordException e)
        {
            throw new SourceException(e.Message, e);
        }
    }

    private static IEnumerable<SourceLine> Read(string fullPath, string path)
    {
        using var stream = Guarded(path, () => new FileStream(
            fullPath, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan));
        var buffer = new byte[2 * MaximumLineBytes];
        var (start, end, number, offset) = (0, 0, 0L, 0L);
        for (var atEnd = false; !atEnd || start < end;)
        {
            var length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (length < 0 && !atEnd)
            {
                if (end - start > MaximumLineBytes)
                    throw new SourceException(
                        $"{path}, line {number + 1}: longer than {MaximumLineBytes} bytes; a list of paths was expected. Download the file again.");
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
                var count = Guarded(path, () => stream.Read(buffer, end, buffer.Length - end));
                atEnd = count == 0;
                end += count;
                continue;
            }

            var next = length < 0 ? end : start + length + 1;
            var line = buffer.AsMemory(start, length < 0 ? end - start : length);
            var lineOffset = offset;
            offset += next - start;
            start = next;
            number++;
            if (line.Length > 0 && line.Span[^1] == (byte)'\r') line = line[..^1];
            if (line.Span.ContainsAnyExcept((byte)' ', (byte)'\t')) yield return new SourceLine(number, lineOffset, line);
        }
    }

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>A line of a <see cref="SourceLines"/>.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Offset">Of its first byte in the file.</param>
/// <param name="Utf8">Without line end; valid until the next line.</param>
internal readonly record struct SourceLine(long Number, long Offset, ReadOnlyMemory<byte> Utf8);
