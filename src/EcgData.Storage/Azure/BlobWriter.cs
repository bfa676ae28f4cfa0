using System.Buffers;
using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace EcgData.Storage;

/// <summary>An object on its way into a container.</summary>
internal sealed class BlobWriter(AzureBlobStore store, FileStream spool) : ObjectWriter
{
    private const int BlockBytes = 8 << 20;
    private const int BlocksAtATime = 4;

    private readonly string _address = store.Address;
    private bool _used;

    public override Stream Stream { get; } = new StoreStream(spool, store.Address);

    public override async Task CommitAsync(string name, CancellationToken cancel = default)
    {
        ObjectName.Check(name);
        if (_used) throw new InvalidOperationException($"{_address}: the writer was committed or discarded; create another for '{name}'.");
        cancel.ThrowIfCancellationRequested();
        _used = true;
        await spool.FlushAsync(cancel);
        try
        {
            await store.MakeContainerAsync(cancel);
            var blob = store.Blob(name);
            if (spool.Length <= BlockBytes) await UploadAsync(blob, cancel);
            else await UploadBlocksAsync(blob, cancel);
        }
        catch (Exception e) when (AzureFailure.IsOne(e))
        {
            throw AzureFailure.Writing(_address, $"write '{name}'", e);
        }
        finally
        {
            await spool.DisposeAsync();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_used) return;
        _used = true;
        try
        {
            await spool.DisposeAsync();
        }
        catch (IOException)
        {
            // Buffered bytes that found no room, told by the write before; the file has no name, so nothing stays.
        }
    }

    private async Task UploadAsync(BlobClient blob, CancellationToken cancel)
    {
        var bytes = new byte[spool.Length];
        await ReadAsync(bytes, 0, cancel);
        await blob.UploadAsync(BinaryData.FromBytes(bytes), new BlobUploadOptions { HttpHeaders = Headers(Md5(bytes)) }, cancel);
    }

    /// <summary>Blocks of a blob that nobody commits are removed by the service.</summary>
    private async Task UploadBlocksAsync(BlobClient blob, CancellationToken cancel)
    {
        var blocks = blob.GetParentBlobContainerClient().GetBlockBlobClient(blob.Name);
        var ids = Enumerable.Range(0, checked((int)((spool.Length + BlockBytes - 1) / BlockBytes)))
            .Select(index => Convert.ToBase64String(BitConverter.GetBytes(index))).ToArray();
        await Parallel.ForAsync(
            0, ids.Length, new ParallelOptions { MaxDegreeOfParallelism = BlocksAtATime, CancellationToken = cancel },
            async (index, stop) =>
            {
                var offset = (long)index * BlockBytes;
                var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
                try
                {
                    var length = (int)Math.Min(BlockBytes, spool.Length - offset);
                    await ReadAsync(buffer.AsMemory(0, length), offset, stop);
                    using var content = new MemoryStream(buffer, 0, length, writable: false);
                    await blocks.StageBlockAsync(ids[index], content, new BlockBlobStageBlockOptions
                    {
                        TransferValidation = new Azure.Storage.UploadTransferValidationOptions
                        {
                            ChecksumAlgorithm = Azure.Storage.StorageChecksumAlgorithm.MD5,
                            PrecalculatedChecksum = Md5(buffer.AsSpan(0, length)),
                        },
                    }, stop);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            });
        await blocks.CommitBlockListAsync(ids, new CommitBlockListOptions { HttpHeaders = Headers(await HashAsync(cancel)) }, cancel);
    }

    private async Task ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancel)
    {
        for (var done = 0; done < buffer.Length;)
        {
            var read = await RandomAccess.ReadAsync(spool.SafeFileHandle, buffer[done..], offset + done, cancel);
            if (read == 0) throw new IOException($"{_address}: the local copy of an object ended early. Is somebody clearing the temporary folder? Run the command again.");
            done += read;
        }
    }

#pragma warning disable CA5351 // The service's checksum is MD5; what the corpus relies on is SHA-256.
    private async Task<byte[]> HashAsync(CancellationToken cancel)
    {
        spool.Position = 0;
        return await MD5.HashDataAsync(spool, cancel);
    }

    private static byte[] Md5(ReadOnlySpan<byte> bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351

    private static BlobHttpHeaders Headers(byte[] md5) => new() { ContentHash = md5, ContentType = "application/octet-stream" };
}
