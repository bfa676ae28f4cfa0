using System.Runtime.CompilerServices;
using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace EcgData.Storage;

/// <summary>Named objects as block blobs below a prefix of an Azure Blob Storage container, which is made with the first write.</summary>
/// <remarks>
/// A blob's name must be known before its first byte is sent, that of a content-addressed object is known after its last: what is being
/// written lies in an unlinked local file until it is committed, then goes up in blocks, several at a time, each with its MD5. A blob
/// appears whole with its block list; a writer that dies leaves nothing behind that anybody sees. Tags are ETags.
/// </remarks>
public sealed class AzureBlobStore : IObjectStore
{
    private readonly BlobContainerClient _container;
    private readonly string _prefix;
    private readonly string _spoolFolder;
    private int _containerSeen;

    private AzureBlobStore(string address, BlobContainerClient container, string prefix, string spoolFolder)
    {
        (Address, _container, _spoolFolder) = (address, container, spoolFolder);
        _prefix = prefix.Length == 0 ? "" : prefix + "/";
    }

    public string Address { get; }

    /// <summary>
    /// Opens <c>https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX</c> with the default Azure credential chain, or with
    /// <paramref name="connectionString"/> where it is of that account; <c>az://CONTAINER/PREFIX</c> is a container of that account.
    /// </summary>
    /// <param name="spoolFolder">Where objects lie until they are committed; exists.</param>
    /// <exception cref="FormatException">No such address, or one that does not fit the connection string. Names no secret.</exception>
    public static AzureBlobStore Open(string address, string? connectionString, string spoolFolder)
    {
        var place = AzureAddress.Parse(address, connectionString);
        var options = new BlobClientOptions(AzureAddress.ServiceVersion);
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 5;
        var container = connectionString is null
            ? new BlobContainerClient(place.Container, new DefaultAzureCredential(), options)
            : new BlobServiceClient(connectionString, options).GetBlobContainerClient(place.Container.Segments[^1]);
        return new AzureBlobStore(address, container, place.Prefix, spoolFolder);
    }

    public async ValueTask<StoredObject?> FindAsync(string name, CancellationToken cancel = default)
    {
        ObjectName.Check(name);
        try
        {
            var found = (await Blob(name).GetPropertiesAsync(cancellationToken: cancel)).Value;
            return new StoredObject(name, found.ContentLength, found.ETag.ToString("H"));
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (Exception e) when (AzureFailure.IsOne(e))
        {
            throw AzureFailure.Reading(Address, name, e);
        }
    }

    public async IAsyncEnumerable<ListedObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ObjectName.CheckPrefix(prefix);
        List<ListedObject> found = [];
        try
        {
            await foreach (var blob in _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, _prefix + prefix, cancel))
            {
                found.Add(new ListedObject(
                    blob.Name[_prefix.Length..], blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? DateTimeOffset.MaxValue));
            }
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // No container yet: nothing in it.
        }
        catch (Exception e) when (AzureFailure.IsOne(e))
        {
            throw AzureFailure.Reading(Address, prefix, e);
        }

        found.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        foreach (var stored in found) yield return stored;
    }

    /// <summary>A small object is read at once, so that a head that is being replaced is read as it was or as it is.</summary>
    public async Task<Stream> OpenReadAsync(string name, CancellationToken cancel = default)
    {
        while (true)
        {
            var found = await FindAsync(name, cancel) ?? throw new FileNotFoundException(
                $"{Address}: there is no object '{name}'. Expected a blob of that name; is the address complete, was the copy?", name);
            var stream = new BlobReadStream(Blob(name), found, Address);
            if (found.SizeBytes > BlobReadStream.SmallestRangeBytes || await stream.TryFillAsync(cancel)) return stream;
        }
    }

    public ObjectWriter Create(long? expectedSizeBytes = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedSizeBytes ?? 0, nameof(expectedSizeBytes));
        try
        {
            return new BlobWriter(this, SpoolFile.Create(_spoolFolder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreFailure.Writing(_spoolFolder, "begin an object that goes to " + Address, e);
        }
    }

    public async Task<bool> TryReplaceAsync(
        string name, ReadOnlyMemory<byte> content, string? expectedTag, CancellationToken cancel = default)
    {
        ObjectName.Check(name);
        if ((await FindAsync(name, cancel))?.Tag != expectedTag) return false;   // saves a late one the write
        var conditions = expectedTag is null
            ? new BlobRequestConditions { IfNoneMatch = ETag.All }
            : new BlobRequestConditions { IfMatch = new ETag(expectedTag) };
        try
        {
            await MakeContainerAsync(cancel);
            await Blob(name).UploadAsync(BinaryData.FromBytes(content), new BlobUploadOptions { Conditions = conditions }, cancel);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            return false;
        }
        catch (Exception e) when (AzureFailure.IsOne(e))
        {
            throw AzureFailure.Writing(Address, $"replace '{name}'", e);
        }
    }

    public async Task DeleteAsync(string name, CancellationToken cancel = default)
    {
        ObjectName.Check(name);
        try
        {
            await Blob(name).DeleteIfExistsAsync(cancellationToken: cancel);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            // No container: nothing to remove.
        }
        catch (Exception e) when (AzureFailure.IsOne(e))
        {
            throw AzureFailure.Writing(Address, $"delete '{name}'", e);
        }
    }

    /// <summary>A container has no end that it could tell.</summary>
    public long? FreeBytes() => null;

    internal BlobClient Blob(string name) => _container.GetBlobClient(_prefix + name);

    internal async Task MakeContainerAsync(CancellationToken cancel)
    {
        if (Volatile.Read(ref _containerSeen) != 0) return;
        if (!await _container.ExistsAsync(cancel)) await _container.CreateIfNotExistsAsync(cancellationToken: cancel);
        Volatile.Write(ref _containerSeen, 1);
    }
}
