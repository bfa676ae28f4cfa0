using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace EcgData.Consumers.Arrow;

/// <summary>
/// The buffers of a record batch in the order of its columns. Small ones are gathered; the signals stay where they are and are
/// written from there.
/// </summary>
internal sealed class ArrowBody
{
    private const int Alignment = 64;   // what Arrow's format recommends, so that readers may use wide loads

    private readonly ArrayBufferWriter<byte> _gathered = new(1 << 16);
    private readonly List<(long Length, long NullCount)> _nodes = [];
    private readonly List<(long Offset, long Length)> _buffers = [];
    private readonly List<(int Start, int Length, ReadOnlyMemory<float> Signals)> _pieces = [];

    public ReadOnlySpan<(long Length, long NullCount)> Nodes => CollectionsMarshal.AsSpan(_nodes);

    public ReadOnlySpan<(long Offset, long Length)> Buffers => CollectionsMarshal.AsSpan(_buffers);

    /// <summary>Bytes of all buffers with their padding.</summary>
    public long Length { get; private set; }

    public void Clear()
    {
        _gathered.ResetWrittenCount();
        _nodes.Clear();
        _buffers.Clear();
        _pieces.Clear();
        Length = 0;
    }

    /// <summary>Announces an array: a column or, after it, the elements of its lists.</summary>
    public void Array(long length, long nullCount = 0) => _nodes.Add((length, nullCount));

    /// <summary>A buffer that is not there: no value is null.</summary>
    public void NoBuffer() => _buffers.Add((Length, 0));

    /// <summary>Values as they lie in memory.</summary>
    public void Values<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        bytes.CopyTo(Begin(bytes.Length));
    }

    /// <summary>Signals, which are not copied.</summary>
    public void Signals(ReadOnlyMemory<float> signals)
    {
        _pieces.Add((0, 0, signals));
        Added((long)signals.Length * sizeof(float));
    }

    /// <summary>A bit per value, the first in the lowest bit: set where <paramref name="isSet"/> holds.</summary>
    public void Bits(int count, Func<int, bool> isSet)
    {
        var bits = Begin((count + 7) / 8);
        bits.Clear();
        for (var index = 0; index < count; index++)
        {
            if (isSet(index)) bits[index >> 3] |= (byte)(1 << (index & 7));
        }
    }

    /// <summary>A bit per byte, the first in the lowest bit: set where the byte is 1.</summary>
    public void Bits(ReadOnlySpan<byte> flags)
    {
        var bits = Begin((flags.Length + 7) / 8);
        var index = 0;
        for (; index + 8 <= flags.Length; index += 8)
        {
            // eight bytes of 0 or 1 to eight bits: the product moves byte k to bit 56 + k
            var eight = BinaryPrimitives.ReadUInt64LittleEndian(flags[index..]);
            bits[index >> 3] = (byte)((eight & 0x0101010101010101UL) * 0x0102040810204080UL >> 56);
        }

        if (index == flags.Length) return;
        var last = 0;
        for (var bit = 0; index + bit < flags.Length; bit++) last |= (flags[index + bit] & 1) << bit;
        bits[index >> 3] = (byte)last;
    }

    /// <summary>Offsets and bytes of texts; null is empty.</summary>
    public void Texts(IReadOnlyList<string?> texts)
    {
        var offsets = MemoryMarshal.Cast<byte, int>(Begin((texts.Count + 1) * sizeof(int)));
        var total = 0;
        for (var index = 0; index < texts.Count; index++)
        {
            offsets[index] = total;
            total = checked(total + Encoding.UTF8.GetByteCount(texts[index] ?? ""));
        }

        offsets[texts.Count] = total;
        var bytes = Begin(total);
        foreach (var text in texts) bytes = bytes[Encoding.UTF8.GetBytes(text ?? "", bytes)..];
    }

    /// <summary>Writes all buffers, each padded.</summary>
    public void WriteTo(Stream stream)
    {
        ReadOnlySpan<byte> padding = stackalloc byte[Alignment];
        foreach (var (start, length, signals) in _pieces)
        {
            if (signals.IsEmpty)
            {
                if (length > 0) stream.Write(_gathered.WrittenSpan.Slice(start, length));
                continue;
            }

            var bytes = MemoryMarshal.AsBytes(signals.Span);
            stream.Write(bytes);
            var missing = -bytes.Length & (Alignment - 1);
            if (missing > 0) stream.Write(padding[..missing]);
        }
    }

    /// <summary>Room for a gathered buffer; its padding is zero.</summary>
    private Span<byte> Begin(int length)
    {
        var padded = (length + Alignment - 1) & -Alignment;
        var start = _gathered.WrittenCount;
        var room = _gathered.GetSpan(padded)[..padded];
        room[length..].Clear();
        _gathered.Advance(padded);
        // neighbours in memory are written at once
        if (_pieces is [.., { Signals.IsEmpty: true } last] && last.Start + last.Length == start) _pieces[^1] = (last.Start, last.Length + padded, default);
        else _pieces.Add((start, padded, default));
        Added(length);
        return room[..length];
    }

    private void Added(long length)
    {
        _buffers.Add((Length, length));
        Length += (length + Alignment - 1) & -Alignment;
    }
}
