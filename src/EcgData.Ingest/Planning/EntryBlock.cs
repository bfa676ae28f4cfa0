using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace EcgData.Ingest;

/// <summary>The entries of a range of records as <see cref="EntryCodec"/> wrote them, read with few calls: what is planned side by side mostly lies so.</summary>
internal sealed class EntryBlock : IDisposable
{
    /// <summary>Bytes between two entries that are read along: a call of the system costs more.</summary>
    private const int WidestGapBytes = 1024;

    private readonly int[] _starts;
    private readonly int[] _lengths;
    private byte[] _bytes = [];

    /// <param name="places">Where each entry begins in the file, and its length.</param>
    /// <exception cref="IOException">The file is shorter than what was written to it.</exception>
    public EntryBlock(SafeFileHandle file, ReadOnlySpan<(long Offset, int Length)> places)
    {
        (_starts, _lengths) = (new int[places.Length], new int[places.Length]);
        var (offsets, indices) = (new long[places.Length], new int[places.Length]);
        var areRising = true;   // where the source's table is in the order of the plan
        for (var index = 0; index < places.Length; index++)
        {
            (offsets[index], indices[index], _lengths[index]) = (places[index].Offset, index, places[index].Length);
            areRising = areRising && (index == 0 || offsets[index] > offsets[index - 1]);
        }

        if (!areRising) offsets.AsSpan().Sort(indices.AsSpan());
        List<(int First, int Bytes)> reads = [];
        var total = 0;
        for (var place = 0; place < offsets.Length; place++)
        {
            var end = place == 0 ? long.MinValue : offsets[place - 1] + _lengths[indices[place - 1]];
            var joins = place > 0 && offsets[place] - end <= WidestGapBytes;
            if (!joins) reads.Add((place, 0));
            var (first, bytes) = reads[^1];
            _starts[indices[place]] = total - bytes + (int)(offsets[place] - offsets[first]);
            var grown = (int)(offsets[place] - offsets[first]) + _lengths[indices[place]];
            total = checked(total + grown - bytes);
            reads[^1] = (first, grown);
        }

        _bytes = ArrayPool<byte>.Shared.Rent(total);
        var read = 0;
        foreach (var (first, bytes) in reads)
        {
            if (RandomAccess.Read(file, _bytes.AsSpan(read, bytes), offsets[first]) != bytes)
                throw new IOException("The temporary catalogue is shorter than what was written to it.");
            read += bytes;
        }
    }

    /// <summary>The entry at <paramref name="index"/> in the range.</summary>
    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(_starts[index], _lengths[index]);

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }
}
