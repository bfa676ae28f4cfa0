using EcgData.Signals;

namespace EcgData.Sources.Tables;

/// <summary>The lines of a plain text file of a source (RECORDS, SHA256SUMS.txt), one at a time, LF or CRLF, the last with or without.</summary>
internal sealed class SourceLines : IDisposable
{
    // A path of a source has at most a few hundred bytes; more is no list of files, and is not read into memory.
    private const int MaximumLineBytes = 1 << 16;

    private readonly string _path;
    private readonly FileStream _stream;
    private readonly byte[] _buffer = new byte[2 * MaximumLineBytes];
    private int _start;
    private int _end;
    private bool _atEnd;
    private long _nextOffset;
    private int _lineStart;
    private int _lineLength;

    private SourceLines(string fullPath, string path)
    {
        _path = path;
        try
        {
            _stream = new FileStream(fullPath, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>Of the current line, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Of the current line's first byte in the file.</summary>
    public long Offset { get; private set; }

    /// <summary>The current line without its end; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Utf8 => _buffer.AsSpan(_lineStart, _lineLength);

    /// <returns>Null where there is no such file.</returns>
    /// <exception cref="SourceException">The file cannot be read.</exception>
    public static SourceLines? TryOpen(SourceFolder folder, string path)
    {
        try
        {
            return folder.Exists(path) ? new SourceLines(folder.Resolve(path), path) : null;
        }
        catch (RecordException e)
        {
            throw new SourceException(e.Message, e);
        }
    }

    /// <summary>Goes to the next line that is not blank.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="SourceException">The file cannot be read on, or a line is longer than any path.</exception>
    public bool Read()
    {
        while (!_atEnd || _start < _end)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length < 0 && !_atEnd)
            {
                Fill();
                continue;
            }

            var next = length < 0 ? _end : _start + length + 1;
            (_lineStart, _lineLength) = (_start, length < 0 ? _end - _start : length);
            Offset = _nextOffset;
            _nextOffset += next - _start;
            _start = next;
            Number++;
            if (_lineLength > 0 && _buffer[_lineStart + _lineLength - 1] == (byte)'\r') _lineLength--;
            if (Utf8.ContainsAnyExcept((byte)' ', (byte)'\t')) return true;
        }

        return false;
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Reads on behind what is left of the buffer.</summary>
    private void Fill()
    {
        var left = _end - _start;
        if (left > MaximumLineBytes)
            throw new SourceException(
                $"{_path}, line {Number + 1}: longer than {MaximumLineBytes} bytes; a list of paths was expected. Download the file again.");
        _buffer.AsSpan(_start, left).CopyTo(_buffer);
        (_start, _end) = (0, left);
        try
        {
            var count = _stream.Read(_buffer, _end, _buffer.Length - _end);
            _atEnd = count == 0;
            _end += count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e);
        }
    }

    private SourceException Unreadable(Exception cause) => new($"{_path}: cannot be read: {cause.Message}", cause);
}
