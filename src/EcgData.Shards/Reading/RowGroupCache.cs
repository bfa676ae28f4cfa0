using System.IO.Hashing;
using EcgData.Storage;

namespace EcgData.Shards.Reading;

/// <summary>What a cache did so far.</summary>
/// <param name="Hits">Row groups that lay in the folder.</param>
/// <param name="Fetched">Row groups that came from the store.</param>
/// <param name="Damaged">Row groups in the folder that no longer had their digest; they were fetched again.</param>
/// <param name="NotKept">Fetched ones for which there was no room, or that could not be written.</param>
public readonly record struct CacheCounts(long Hits, long Fetched, long Damaged, long NotKept);

/// <summary>
/// Row groups of a distant corpus in a local folder of bounded size, a file each under the name of its digest. Every range is held against its
/// digest whenever it is handed out, whether it came over the network or from the disk. Processes may share the folder; what a killed one
/// leaves behind goes with the next opening.
/// </summary>
public sealed class RowGroupCache : IRowGroupSource, IDisposable
{
    private const int FetchAttempts = 2;   // a transfer can go wrong; a shard that is damaged stays so

    private readonly StoredRowGroups _store;
    private readonly CacheFolder _folder;
    private long _hits, _fetched, _damaged, _notKept;

    /// <param name="folder">Made where it is not there; nothing else may live in it.</param>
    /// <param name="budgetBytes">Of all files together, at any time.</param>
    /// <param name="time">Tells which row groups were used last.</param>
    public RowGroupCache(IObjectStore store, string folder, long budgetBytes, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(budgetBytes);
        _store = new StoredRowGroups(store);
        _folder = new CacheFolder(Path.GetFullPath(folder), budgetBytes, time);
    }

    public bool IsVerified => true;

    public CacheCounts Counts => new(Volatile.Read(ref _hits), Volatile.Read(ref _fetched), Volatile.Read(ref _damaged), Volatile.Read(ref _notKept));

    public void Read(in RowGroupExtent extent, Span<byte> destination, CancellationToken cancel)
    {
        if (_folder.TryRead(extent.Digest, destination))
        {
            if (XxHash128.HashToUInt128(destination) == extent.Digest)
            {
                Interlocked.Increment(ref _hits);
                return;
            }

            Interlocked.Increment(ref _damaged);
            _folder.Remove(extent.Digest, cancel);
        }

        Fetch(extent, destination, cancel);
        Interlocked.Increment(ref _fetched);
        if (!_folder.TryKeep(extent.Digest, destination, cancel)) Interlocked.Increment(ref _notKept);
    }

    public void Dispose() => _store.Dispose();

    private void Fetch(in RowGroupExtent extent, Span<byte> destination, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            _store.Read(extent, destination, cancel);
            try
            {
                OpenRowGroup.Verify(destination, extent);
                return;
            }
            catch (InvalidDataException) when (attempt < FetchAttempts)
            {
                // Once more.
            }
        }
    }
}
