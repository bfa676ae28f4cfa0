using EcgData.Storage;

namespace EcgData.Shards.Reading;

/// <summary>Row groups straight from a corpus: one read of the file where the corpus is a folder, one range of the object elsewhere.</summary>
/// <remarks>Files stay open, some hundred at most: opening one takes longer than reading a tenth of a row group, and makes garbage.</remarks>
public sealed class StoredRowGroups(IObjectStore store) : IRowGroupSource, IDisposable
{
    private const int LargestOpenFiles = 256;   // a process may have 1,024

    private readonly Lock _gate = new();
    private readonly Dictionary<string, FileStream> _files = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldest = new();
    private bool _disposed;

    public bool IsVerified => false;

    public void Read(in RowGroupExtent extent, Span<byte> destination, CancellationToken cancel)
    {
        while (true)
        {
            if (FileOf(extent.Shard) is { } open)
            {
                try
                {
                    Read(open, extent, destination);
                    return;
                }
                catch (ObjectDisposedException) when (!_disposed)
                {
                    continue;   // another thread has closed it for being the oldest
                }
            }

            // Stores are asynchronous; who reads row groups has a thread of his own to wait on.
            var stream = store.OpenReadAsync(extent.Shard, cancel).GetAwaiter().GetResult();
            if (stream is FileStream file && TryKeep(extent.Shard, file)) continue;
            using (stream) Read(stream, extent, destination, cancel);
            return;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var file in _files.Values) file.Dispose();
            _files.Clear();
        }
    }

    private FileStream? FileOf(string shard)
    {
        lock (_gate) return _files.GetValueOrDefault(shard);
    }

    /// <returns>false where it stays the caller's.</returns>
    private bool TryKeep(string shard, FileStream file)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_files.TryAdd(shard, file)) return false;
            _oldest.Enqueue(shard);
            if (_oldest.Count > LargestOpenFiles && _files.Remove(_oldest.Dequeue(), out var closed)) closed.Dispose();
            return true;
        }
    }

    private static void Read(FileStream file, in RowGroupExtent extent, Span<byte> destination)
    {
        for (var done = 0; done < destination.Length;)
        {
            var read = RandomAccess.Read(file.SafeFileHandle, destination[done..], extent.OffsetBytes + done);
            if (read == 0) throw Ends(extent, done);
            done += read;
        }
    }

    private static void Read(Stream stream, in RowGroupExtent extent, Span<byte> destination, CancellationToken cancel)
    {
        stream.Position = extent.OffsetBytes;
        for (var done = 0; done < destination.Length;)
        {
            cancel.ThrowIfCancellationRequested();
            var read = stream.Read(destination[done..]);
            if (read == 0) throw Ends(extent, done);
            done += read;
        }
    }

    private static InvalidDataException Ends(in RowGroupExtent extent, int found) => new(
        $"The shard ends {found} bytes into a row group of {extent.SizeBytes} bytes at {extent.OffsetBytes}. " +
        "It was cut short or replaced: copy it again, or run 'ecgdata verify'.");
}
