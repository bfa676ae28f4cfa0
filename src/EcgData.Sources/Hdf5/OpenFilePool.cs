namespace EcgData.Sources.Hdf5;

/// <summary>
/// Open files that one thread at a time may use: each thread borrows one, and a few that nobody uses stay open for the next. Open at a
/// time are at most the threads' own and <paramref name="idleLimit"/>, whatever the number of files. Safe for many threads.
/// </summary>
internal sealed class OpenFilePool<T>(Func<string, T> open, int idleLimit) : IDisposable
    where T : class, IDisposable
{
    private readonly LinkedList<(string Path, T File)> _idle = [];   // the latest first
    private bool _disposed;

    /// <summary>Runs <paramref name="read"/> on a file of its own.</summary>
    /// <remarks>A file whose reading failed is closed: its decoder may be in any state.</remarks>
    public TResult Use<TResult>(string path, Func<T, TResult> read)
    {
        var file = TakeIdle(path) ?? open(path);
        TResult result;
        try
        {
            result = read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        Return(path, file);
        return result;
    }

    public void Dispose()
    {
        lock (_idle)
        {
            _disposed = true;
            foreach (var (_, file) in _idle) file.Dispose();
            _idle.Clear();
        }
    }

    private T? TakeIdle(string path)
    {
        lock (_idle)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            for (var node = _idle.First; node is not null; node = node.Next)
            {
                if (node.Value.Path != path) continue;
                _idle.Remove(node);
                return node.Value.File;
            }

            return null;
        }
    }

    private void Return(string path, T file)
    {
        var surplus = file;
        lock (_idle)
        {
            if (!_disposed)
            {
                _idle.AddFirst((path, file));
                surplus = null;
                if (_idle.Count > idleLimit)
                {
                    surplus = _idle.Last!.Value.File;
                    _idle.RemoveLast();
                }
            }
        }

        surplus?.Dispose();
    }
}
