using System.Buffers.Binary;

namespace EcgData.Shards.Reading;

/// <summary>
/// The files of a cache. Whoever adds or removes one holds <c>lock</c>, which also keeps the sum of all sizes; the system lets go of it when a
/// process dies. A file has its full size from the moment it begins, so that the sum counts what is under way; it appears under its name, by
/// a rename, when it is whole. The sum errs on the large side when a process is killed, and is counted anew with every opening and eviction.
/// </summary>
internal sealed class CacheFolder
{
    private const int Held = 11;   // errno EWOULDBLOCK: somebody has the file open without sharing
    private const int Attempts = 5_000;   // with the pauses below over a minute; the lock is held for milliseconds
    private const int LongestPauseMilliseconds = 16;
    private const double LeftByEviction = 0.9;   // of the budget: looking for the oldest takes a look at all

    private readonly string _folder;
    private readonly string _begun;
    private readonly long _budgetBytes;
    private readonly TimeProvider _time;
    private readonly Lock _turn = new();   // among the threads of this process
    private int _counter;

    public CacheFolder(string folder, long budgetBytes, TimeProvider time)
    {
        (_folder, _begun, _budgetBytes, _time) = (folder, Path.Join(folder, "begun"), budgetBytes, time);
        Directory.CreateDirectory(_begun);
        lock (_turn)
        {
            using var ledger = TakeLock(CancellationToken.None);
            Sweep();
            Evict(ledger, _budgetBytes);
        }
    }

    /// <returns>false where the row group is not there, or has another size.</returns>
    public bool TryRead(UInt128 digest, Span<byte> destination)
    {
        try
        {
            using var file = File.OpenHandle(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            for (var done = 0; done < destination.Length;)
            {
                var read = RandomAccess.Read(file, destination[done..], done);
                if (read == 0) break;   // its digest will tell
                done += read;
            }

            File.SetLastWriteTimeUtc(file, _time.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;   // not there, or evicted just now, or on a failing disk: it will be fetched
        }
    }

    /// <summary>Removes a row group that is damaged.</summary>
    public void Remove(UInt128 digest, CancellationToken cancel)
    {
        lock (_turn)
        {
            using var ledger = TakeLock(cancel);
            var file = new FileInfo(PathOf(digest));
            if (!file.Exists) return;
            var size = file.Length;
            file.Delete();
            WriteSum(ledger, ReadSum(ledger) - size);
        }
    }

    /// <summary>Keeps a row group that has been verified.</summary>
    /// <returns>false where there is no room for it, now or ever, or where it cannot be written: reading goes on without.</returns>
    public bool TryKeep(UInt128 digest, ReadOnlySpan<byte> bytes, CancellationToken cancel)
    {
        if (bytes.Length > _budgetBytes) return false;
        FileStream? begun = null;
        try
        {
            begun = Begin(digest, bytes.Length, cancel);
            if (begun is null) return File.Exists(PathOf(digest));
            RandomAccess.Write(begun.SafeFileHandle, bytes, 0);
            End(begun, digest, cancel);
            begun = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            if (begun is not null) Discard(begun, bytes.Length);
        }
    }

    private string PathOf(UInt128 digest)
    {
        var name = digest.ToString("x32");
        return Path.Join(_folder, name[..2], name);
    }

    /// <summary>Takes room, evicting what was used longest ago where it must.</summary>
    private FileStream? Begin(UInt128 digest, int size, CancellationToken cancel)
    {
        lock (_turn)
        {
            using var ledger = TakeLock(cancel);
            if (File.Exists(PathOf(digest))) return null;   // another process has fetched it in the meantime
            var sum = ReadSum(ledger);
            if (sum > _budgetBytes - size) sum = Evict(ledger, Math.Min(_budgetBytes - size, (long)(LeftByEviction * _budgetBytes)));
            if (sum > _budgetBytes - size) return null;   // what others have begun takes all there is
            WriteSum(ledger, sum + size);
            var path = Path.Join(_begun, $"{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}-{digest:x32}");
            var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            try
            {
                file.SetLength(size);
                return file;
            }
            catch
            {
                file.Dispose();
                File.Delete(path);
                throw;
            }
        }
    }

    private void End(FileStream begun, UInt128 digest, CancellationToken cancel)
    {
        lock (_turn)
        {
            using var ledger = TakeLock(cancel);
            var (path, size) = (PathOf(digest), begun.Length);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            begun.Dispose();   // before it has its name: a file that is open without sharing is one that nobody can read
            File.SetLastWriteTimeUtc(begun.Name, _time.GetUtcNow().UtcDateTime);
            if (File.Exists(path)) WriteSum(ledger, ReadSum(ledger) - size);
            File.Move(begun.Name, path, overwrite: true);
        }
    }

    private void Discard(FileStream begun, int size)
    {
        try
        {
            lock (_turn)
            {
                using var ledger = TakeLock(CancellationToken.None);
                begun.Dispose();
                File.Delete(begun.Name);
                WriteSum(ledger, ReadSum(ledger) - size);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk fails; the next opening sweeps and counts.
        }
    }

    /// <summary>Removes files whose writers are dead.</summary>
    private void Sweep()
    {
        foreach (var path in Directory.EnumerateFiles(_begun))
        {
            try
            {
                using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) File.Delete(path);
            }
            catch (IOException)
            {
                // Being written.
            }
        }
    }

    /// <summary>Counts all files, and removes the ones that were used longest ago until no more than <paramref name="largestBytes"/> are left.</summary>
    private long Evict(FileStream ledger, long largestBytes)
    {
        var files = new DirectoryInfo(_folder).EnumerateDirectories("??").SelectMany(folder => folder.EnumerateFiles()).ToList();
        var sum = files.Sum(file => file.Length) + new DirectoryInfo(_begun).EnumerateFiles().Sum(file => file.Length);
        if (sum > largestBytes)
        {
            files.Sort((a, b) => a.LastWriteTimeUtc.CompareTo(b.LastWriteTimeUtc));
            foreach (var file in files)
            {
                if (sum <= largestBytes) break;
                sum -= file.Length;
                file.Delete();   // who is reading it reads on
            }
        }

        WriteSum(ledger, sum);
        return sum;
    }

    private FileStream TakeLock(CancellationToken cancel)
    {
        var path = Path.Join(_folder, "lock");
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException e) when (e.HResult == Held && attempt < Attempts)
            {
                cancel.ThrowIfCancellationRequested();
                Thread.Sleep(Math.Min(attempt, LongestPauseMilliseconds));
            }
            catch (IOException e) when (e.HResult == Held)
            {
                throw new IOException($"{path}: another process has held it for a minute; expected are milliseconds. End the process that hangs.", e);
            }
        }
    }

    private static long ReadSum(FileStream ledger)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        return RandomAccess.Read(ledger.SafeFileHandle, bytes, 0) == bytes.Length ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
    }

    private static void WriteSum(FileStream ledger, long sum)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Math.Max(0, sum));
        RandomAccess.Write(ledger.SafeFileHandle, bytes, 0);
    }
}
