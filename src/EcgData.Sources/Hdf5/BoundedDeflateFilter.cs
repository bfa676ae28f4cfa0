using System.IO.Compression;
using System.Runtime.InteropServices;
using PureHDF.Filters;

namespace EcgData.Sources.Hdf5;

/// <summary>
/// HDF5's deflate filter that never inflates beyond the size of the chunk. The library's own grows with what the bytes inflate to:
/// 300 KB of hostile bytes became 1 GiB of memory.
/// </summary>
internal sealed class BoundedDeflateFilter : IH5Filter
{
    private static readonly object Gate = new();
    private static bool _registered;

    public ushort FilterId => DeflateFilter.Id;

    public string Name => "deflate";

    /// <summary>Takes the place of the library's filter in this process.</summary>
    public static void Register()
    {
        lock (Gate)
        {
            if (_registered) return;
            H5Filter.Register(new BoundedDeflateFilter());
            _registered = true;
        }
    }

    public Memory<byte> Filter(FilterInfo info)
    {
        if (!info.Flags.HasFlag(H5FilterFlags.Decompress)) return new DeflateFilter().Filter(info);
        if (info.ChunkSize is <= 0 or > Hdf5Dataset.MaximumChunkBytes)
            throw new InvalidDataException($"a chunk of {info.ChunkSize} bytes; at most {Hdf5Dataset.MaximumChunkBytes} are read");

        // Fletcher-32 before deflate adds four bytes to the chunk.
        var inflated = new byte[info.ChunkSize + sizeof(uint)];
        using var source = new ZLibStream(AsStream(info.Buffer), CompressionMode.Decompress);
        var length = source.ReadAtLeast(inflated, inflated.Length, throwOnEndOfStream: false);
        return length == inflated.Length && source.ReadByte() >= 0
            ? throw new InvalidDataException($"a chunk inflates to more than its {info.ChunkSize} bytes")
            : inflated.AsMemory(0, length);
    }

    public uint[] GetParameters(uint[] chunkDimensions, uint typeSize, Dictionary<string, object>? options) =>
        new DeflateFilter().GetParameters(chunkDimensions, typeSize, options);

    private static MemoryStream AsStream(Memory<byte> bytes) =>
        MemoryMarshal.TryGetArray<byte>(bytes, out var segment)
            ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);
}
