using System.Runtime.CompilerServices;

namespace EcgData.Shards.Reading.Pages;

/// <summary>A place in some bytes that goes forward and never beyond their end.</summary>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly int Left => _bytes.Length - Position;

    public readonly ReadOnlySpan<byte> Rest => _bytes[Position..];

    /// <exception cref="InvalidDataException">There are none left.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Byte()
    {
        if ((uint)Position >= (uint)_bytes.Length) throw Ends();
        return _bytes[Position++];
    }

    /// <summary>Unsigned LEB128 of at most 64 bits.</summary>
    /// <exception cref="InvalidDataException">It does not end, or has more than ten bytes.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Varint()
    {
        ulong first = Byte();
        return first < 0x80 ? first : LongVarint(first);
    }

    /// <summary>Zigzag: 0, −1, 1, −2 …</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Signed()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A count that must lie between 0 and <paramref name="largest"/>.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public int Count(int largest, string what)
    {
        var value = Varint();
        return value <= (ulong)largest ? (int)value : throw new InvalidDataException(
            $"{what}: {value}; expected at most {largest}. {Advice}");
    }

    /// <summary>The next bytes, which are passed over.</summary>
    /// <exception cref="InvalidDataException">There are fewer.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > Left) throw Ends();
        var taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }

    public void Skip(int count) => Take(count);

    /// <summary>What to do about bytes that are not a page.</summary>
    public const string Advice = "The bytes are damaged or of a form that is not read here: verify the shard's checksum, and build it again if it differs.";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong LongVarint(ulong first)
    {
        var value = first & 0x7F;
        for (var shift = 7; shift < 64; shift += 7)
        {
            ulong part = Byte();
            value |= (part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw new InvalidDataException($"A number at byte {Position} has more than ten bytes; expected a varint of at most 64 bits. {Advice}");
    }

    private readonly InvalidDataException Ends() =>
        new($"A structure goes on beyond the {_bytes.Length} bytes that there are. {Advice}");
}
