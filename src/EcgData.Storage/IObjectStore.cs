namespace EcgData.Storage;

/// <summary>Named objects in a folder or a container. Names are relative, parted by <c>/</c>, and never leave the store.</summary>
public interface IObjectStore
{
    /// <summary>Where the store is, as the user named it.</summary>
    string Address { get; }

    /// <summary>The object's size and tag, or null where there is none of that name.</summary>
    ValueTask<StoredObject?> FindAsync(string name, CancellationToken cancel = default);

    /// <summary>The objects whose names begin with <paramref name="prefix"/>, in ordinal order; none of them is read for it.</summary>
    IAsyncEnumerable<ListedObject> ListAsync(string prefix, CancellationToken cancel = default);

    /// <summary>A seekable stream over the object's bytes.</summary>
    /// <exception cref="FileNotFoundException">There is no object of that name.</exception>
    Task<Stream> OpenReadAsync(string name, CancellationToken cancel = default);

    /// <summary>Begins an object that appears, whole and durable, with <see cref="ObjectWriter.CommitAsync"/>, and not before.</summary>
    /// <param name="expectedSizeBytes">Room to ask for, where it is known.</param>
    ObjectWriter Create(long? expectedSizeBytes = null);

    /// <summary>Replaces a small object, atomically, if it still has the tag that was read (null: if there is none yet).</summary>
    /// <returns>false where somebody else was faster.</returns>
    Task<bool> TryReplaceAsync(string name, ReadOnlyMemory<byte> content, string? expectedTag, CancellationToken cancel = default);

    /// <summary>Removes an object; nothing happens where there is none.</summary>
    Task DeleteAsync(string name, CancellationToken cancel = default);

    /// <summary>Free bytes where the store can tell, else null.</summary>
    long? FreeBytes();
}

/// <summary>An object of a store, asked for by its name.</summary>
/// <param name="Tag">Changes whenever the content does.</param>
public sealed record StoredObject(string Name, long SizeBytes, string Tag);

/// <summary>An object of a store among others: without a tag, for which a folder would read each of them.</summary>
/// <param name="Changed">When it was written last, by the store's clock: never part of an output, only of what may be thrown away.</param>
public sealed record ListedObject(string Name, long SizeBytes, DateTimeOffset Changed);

/// <summary>An object being written: it can be named when its bytes are known, which a content-addressed name needs.</summary>
public abstract class ObjectWriter : IAsyncDisposable
{
    public abstract Stream Stream { get; }

    /// <summary>Makes the object durable under <paramref name="name"/>, replacing what was there.</summary>
    public abstract Task CommitAsync(string name, CancellationToken cancel = default);

    /// <summary>Discards what was not committed.</summary>
    public abstract ValueTask DisposeAsync();
}
