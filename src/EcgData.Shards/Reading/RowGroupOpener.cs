namespace EcgData.Shards.Reading;

/// <summary>Fills open row groups from their source, and says in every failure which it was.</summary>
internal sealed class RowGroupOpener(RowGroupIndex index, IRowGroupSource source, ReadingOptions options)
{
    private readonly bool _verifies = options.Verify && !source.IsVerified;

    /// <summary>Bytes of the version's largest row group.</summary>
    public int LargestBytes { get; } = Enumerable.Range(0, index.Groups).Select(group => index.ExtentOf(group).SizeBytes).DefaultIfEmpty(0).Max();

    public void Open(OpenRowGroup target, int group, ThreadClock clock, CancellationToken cancel)
    {
        var extent = index.ExtentOf(group);
        try
        {
            source.Read(extent, target.Begin(index, group, extent), cancel);
            clock.Book(ref clock.Read);
            if (_verifies) target.Verify(extent);
            target.Index(options.Leads, options.Metadata);
            clock.Book(ref clock.Index);
            clock.RowGroups++;
            clock.BytesRead += extent.SizeBytes;
        }
        catch (Exception e) when (Named(e, group, extent.Shard) is { } named)
        {
            throw named;
        }
    }

    /// <summary>The failure with its place, of the same kind; null where it needs none.</summary>
    public Exception? Named(Exception failure, int group, string? shard = null)
    {
        shard ??= index.ExtentOf(group).Shard;
        var where = $"{shard}, row group {group - index.GroupsOf(index.ShardOf(group)).First}: ";
        return failure switch
        {
            OperationCanceledException => null,
            InvalidDataException => new InvalidDataException(where + failure.Message, failure),
            FileNotFoundException => new FileNotFoundException(where + failure.Message, shard, failure),
            IOException or UnauthorizedAccessException => new IOException(where + failure.Message, failure),
            _ => null,
        };
    }
}
