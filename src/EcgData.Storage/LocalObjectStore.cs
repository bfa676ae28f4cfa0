using System.IO.Enumeration;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace EcgData.Storage;

/// <summary>Named objects as the files of a folder, which is made with the first write.</summary>
/// <remarks>
/// What is being written lies in <c>.tmp/</c>, in the same file system, so that a rename makes it appear whole. Whoever changes what a name
/// stands for holds <c>.tmp/lock</c>, also against other processes; the system lets go of it when a process dies. Directories that are
/// symbolic links are not listed.
/// </remarks>
public sealed class LocalObjectStore : IObjectStore
{
    private const int LargestHashedBytes = 1 << 20;   // beyond it a tag is size and time: nobody replaces such an object by its tag

    private readonly string _root;
    private readonly string _temporaries;
    private readonly StoreLock _lock;
    private int _swept;
    private int _counter;

    /// <param name="folder">Need not exist yet.</param>
    public LocalObjectStore(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Address = folder;
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _temporaries = Path.Join(_root, ObjectName.TemporaryFolder);
        _lock = new StoreLock(Path.Join(_temporaries, "lock"), folder);
    }

    public string Address { get; }

    /// <exception cref="ArgumentException">The name leads out of the store.</exception>
    public async ValueTask<StoredObject?> FindAsync(string name, CancellationToken cancel = default)
    {
        var path = Resolve(name);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return null;
            if (file.Length > LargestHashedBytes)
                return new StoredObject(name, file.Length, $"{file.Length}-{file.LastWriteTimeUtc.Ticks}");
            await using var stream = OpenFile(path);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, cancel);
            return new StoredObject(name, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;   // removed since we looked
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Reading(Address, name, e);
        }
    }

    /// <exception cref="ArgumentException">The prefix leads out of the store.</exception>
    public async IAsyncEnumerable<ListedObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await Task.CompletedTask;   // a folder is listed by the caller's thread
        foreach (var name in Names(prefix))
        {
            cancel.ThrowIfCancellationRequested();
            if (Look(name) is { } found) yield return found;
        }
    }

    /// <exception cref="ArgumentException">The name leads out of the store.</exception>
    public Task<Stream> OpenReadAsync(string name, CancellationToken cancel = default)
    {
        var path = Resolve(name);
        cancel.ThrowIfCancellationRequested();
        try
        {
            if (File.Exists(path)) return Task.FromResult<Stream>(OpenFile(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Removed since we looked: told below.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Reading(Address, name, e);
        }

        throw new FileNotFoundException(
            $"{Address}: there is no object '{name}'. Expected a file of that name in the folder; is the disk mounted, the copy complete?",
            name);
    }

    public ObjectWriter Create(long? expectedSizeBytes = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedSizeBytes ?? 0, nameof(expectedSizeBytes));
        try
        {
            Folders.Create(_temporaries);
            SweepOnce();
            while (true)
            {
                var path = Path.Join(_temporaries, $"{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}");
                if (File.Exists(path)) continue;   // a dead process, or a container elsewhere, had the same number
                if (TryCreateFile(path, expectedSizeBytes ?? 0) is { } file) return new Writer(this, file, expectedSizeBytes ?? 0);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Writing(Address, "begin an object", e);
        }
    }

    /// <exception cref="ArgumentException">The name leads out of the store.</exception>
    public async Task<bool> TryReplaceAsync(
        string name, ReadOnlyMemory<byte> content, string? expectedTag, CancellationToken cancel = default)
    {
        Resolve(name);
        if ((await FindAsync(name, cancel))?.Tag != expectedTag) return false;   // saves a late one the write
        await using var writer = (Writer)Create();
        await writer.Stream.WriteAsync(content, cancel);
        return await writer.CommitAsync(
            name, async () => (await FindAsync(name, cancel))?.Tag == expectedTag, cancel);
    }

    /// <exception cref="ArgumentException">The name leads out of the store.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancel = default)
    {
        var path = Resolve(name);
        if (!File.Exists(path)) return;
        try
        {
            Folders.Create(_temporaries);
            using var held = await _lock.TakeAsync(cancel);
            if (!File.Exists(path)) return;
            File.Delete(path);
            Folders.RemoveEmpty(Path.GetDirectoryName(path)!, _root);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Writing(Address, $"delete '{name}'", e);
        }
    }

    public long? FreeBytes()
    {
        try
        {
            var folder = _root;
            while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent) folder = parent;
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string Resolve(string name)
    {
        ObjectName.Check(name);
        return Path.Join(_root, name);
    }

    /// <returns>null where the object was removed since it was listed.</returns>
    private ListedObject? Look(string name)
    {
        try
        {
            var file = new FileInfo(Path.Join(_root, name));
            return file.Exists ? new ListedObject(name, file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Reading(Address, name, e);
        }
    }

    private List<string> Names(string prefix)
    {
        ObjectName.CheckPrefix(prefix);
        var slash = prefix.LastIndexOf('/');
        var folder = slash < 0 ? _root : Path.Join(_root, prefix[..slash]);
        if (prefix.Contains('\0') || !Directory.Exists(folder)) return [];
        try
        {
            var files = new FileSystemEnumerable<string>(
                folder,
                (ref entry) => Path.GetRelativePath(_root, entry.ToFullPath()),
                new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false })
            {
                ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
                ShouldRecursePredicate = (ref entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0
                    && !entry.ToFullPath().Equals(_temporaries, StringComparison.Ordinal),
            };
            var names = files.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            names.Sort(string.CompareOrdinal);
            return names;
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Reading(Address, prefix, e);
        }
    }

    private static FileStream OpenFile(string path) => new(
        path, new FileStreamOptions
        {
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,   // replacing an object does not disturb who reads it: he keeps the old bytes
            Options = FileOptions.Asynchronous,
        });

    /// <summary>A new file, locked as long as it is open, which tells <see cref="SweepOnce"/> that its writer lives.</summary>
    /// <returns>null where another process took the file for litter in the moment before it was locked.</returns>
    private static FileStream? TryCreateFile(string path, long size)
    {
        try
        {
            var file = new FileStream(
                path, new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    Options = FileOptions.Asynchronous,
                    PreallocationSize = size,
                });
            if (File.Exists(path)) return file;
            file.Dispose();
            return null;
        }
        catch (IOException e) when (e.HResult == StoreLock.Held || (e.GetType() == typeof(IOException) && e.HResult == FileExists))
        {
            return null;
        }
    }

    private const int FileExists = 17;   // errno EEXIST

    /// <summary>Removes what dead processes left, unless somebody is busy: then the next store does.</summary>
    private void SweepOnce()
    {
        if (Interlocked.Exchange(ref _swept, 1) != 0) return;
        using var held = _lock.TryTake();
        if (held is null) return;
        foreach (var path in Directory.EnumerateFiles(_temporaries))
        {
            if (path.Equals(_lock.Path, StringComparison.Ordinal)) continue;
            try
            {
                using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) File.Delete(path);
            }
            catch (IOException)
            {
                // Being written, or gone.
            }
        }
    }

    private sealed class Writer(LocalObjectStore store, FileStream file, long expectedSizeBytes) : ObjectWriter
    {
        private bool _used;
        private bool _gone;

        public override Stream Stream { get; } = new StoreStream(file, store.Address);

        public override Task CommitAsync(string name, CancellationToken cancel = default) =>
            CommitAsync(name, () => Task.FromResult(true), cancel);

        /// <param name="allowed">Asked while nobody else can change the name.</param>
        /// <returns>What was answered; false leaves everything as it was.</returns>
        /// <exception cref="InvalidOperationException">The writer was used before.</exception>
        internal async Task<bool> CommitAsync(string name, Func<Task<bool>> allowed, CancellationToken cancel)
        {
            var path = store.Resolve(name);
            if (_used)
                throw new InvalidOperationException(
                    $"{store.Address}: the writer was committed or discarded; create another for '{name}'.");
            cancel.ThrowIfCancellationRequested();
            _used = true;
            try
            {
                await file.FlushAsync(cancel);
                if (file.Length < expectedSizeBytes) file.SetLength(file.Length);   // gives back the room that was not needed
                await Task.Run(() => file.Flush(flushToDisk: true), cancel);
                using (await store._lock.TakeAsync(cancel))
                {
                    if (!await allowed()) return false;
                    Folders.Create(Path.GetDirectoryName(path)!);
                    await file.DisposeAsync();   // under the lock: an unlocked temporary is what is swept
                    File.Move(file.Name, path, overwrite: true);
                    _gone = true;
                }

                Folders.MakeDurable(Path.GetDirectoryName(path)!);
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw StoreFailure.Writing(store.Address, $"write '{name}'", e);
            }
        }

        public override async ValueTask DisposeAsync()
        {
            _used = true;
            if (_gone) return;
            _gone = true;
            try
            {
                File.Delete(file.Name);
                await file.DisposeAsync();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Buffered bytes that found no room, told by the write before; what is left the next store sweeps away.
            }
        }
    }
}
