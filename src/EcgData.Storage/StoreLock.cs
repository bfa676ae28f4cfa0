using System.Diagnostics.CodeAnalysis;

namespace EcgData.Storage;

/// <summary>One at a time, among the tasks of this process and among processes: a file that is open without sharing.</summary>
/// <remarks>The file is never deleted: whoever waits for a file that was replaced would hold another lock.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle nobody asks for holds nothing to dispose of.")]
internal sealed class StoreLock(string path, string address)
{
    /// <summary>errno EWOULDBLOCK: somebody has the file open without sharing.</summary>
    public const int Held = 11;

    private const int Attempts = 2_000;   // with the pauses below about half a minute; it is held for milliseconds
    private const int LongestPauseMilliseconds = 16;

    private readonly SemaphoreSlim _turn = new(1, 1);

    public string Path => path;

    /// <exception cref="IOException">Another process has not let go for half a minute.</exception>
    public async Task<IDisposable> TakeAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                if (TryOpen() is { } file) return new Holding(this, file);
                if (attempt == Attempts)
                    throw new IOException(
                        $"{address}: another process holds {path} for half a minute; expected milliseconds. End the process that hangs.");
                await Task.Delay(Math.Min(attempt, LongestPauseMilliseconds), cancel);
            }
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    /// <returns>null where somebody holds it.</returns>
    public IDisposable? TryTake()
    {
        if (!_turn.Wait(0)) return null;
        try
        {
            if (TryOpen() is { } file) return new Holding(this, file);
        }
        catch
        {
            _turn.Release();
            throw;
        }

        _turn.Release();
        return null;
    }

    private FileStream? TryOpen()
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (e.HResult == Held)
        {
            return null;
        }
    }

    private sealed class Holding(StoreLock owner, FileStream file) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            owner._turn.Release();
        }
    }
}
