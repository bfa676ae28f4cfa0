using EcgData.Storage;

namespace EcgData.Shards.Reading;

/// <summary>Row groups straight from a corpus: one read of the file where the corpus is a folder, one range of the object elsewhere.</summary>
public sealed class StoredRowGroups(IObjectStore store) : IRowGroupSource
{
    public bool IsVerified => false;

    public void Read(in RowGroupExtent extent, Span<byte> destination, CancellationToken cancel)
    {
        // Stores are asynchronous; who reads row groups has a thread of his own to wait on.
        using var stream = store.OpenReadAsync(extent.Shard, cancel).GetAwaiter().GetResult();
        var done = 0;
        if (stream is FileStream file)
        {
            while (done < destination.Length)
            {
                var read = RandomAccess.Read(file.SafeFileHandle, destination[done..], extent.OffsetBytes + done);
                if (read == 0) throw Ends(extent, done);
                done += read;
            }

            return;
        }

        stream.Position = extent.OffsetBytes;
        while (done < destination.Length)
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
