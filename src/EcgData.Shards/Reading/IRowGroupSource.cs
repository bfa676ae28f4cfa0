namespace EcgData.Shards.Reading;

/// <summary>Where the bytes of row groups come from: the corpus itself, or a cache before it. Called by many threads at once.</summary>
public interface IRowGroupSource
{
    /// <summary>Whether every range is held against its digest before it is handed out, so that nobody needs to do it again.</summary>
    bool IsVerified { get; }

    /// <summary>Reads the bytes of a row group; blocks until they are there.</summary>
    /// <param name="destination">byte[extent.SizeBytes].</param>
    /// <exception cref="FileNotFoundException">There is no such shard.</exception>
    /// <exception cref="InvalidDataException">The shard ends before the row group does, or has other bytes there.</exception>
    void Read(in RowGroupExtent extent, Span<byte> destination, CancellationToken cancel);
}
