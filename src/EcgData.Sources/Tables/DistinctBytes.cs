namespace EcgData.Sources.Tables;

/// <summary>Numbers for strings of bytes that repeat themselves: each is kept once.</summary>
internal sealed class DistinctBytes
{
    private const int FewestSlots = 1024;

    private readonly TextColumn _texts = new();
    private ulong[] _slots = new ulong[FewestSlots];   // the hash's upper half, and the number + 1

    public int Count => _texts.Count;

    public ReadOnlySpan<byte> this[int number] => _texts[number];

    /// <summary>The number of the bytes, from 0 in the order in which they first came; of bytes that are new, the next.</summary>
    public int NumberOf(ReadOnlySpan<byte> bytes)
    {
        var hash = ShortHash.Of(bytes);
        var number = Find(bytes, hash, out var slot);
        if (number >= 0) return number;
        _texts.Add(bytes);
        _slots[slot] = Mark(hash, _texts.Count - 1);
        if (_texts.Count > _slots.Length / 2) Grow();
        return _texts.Count - 1;
    }

    /// <summary>The number of the bytes, -1 where they have none.</summary>
    public int Find(ReadOnlySpan<byte> bytes) => Find(bytes, ShortHash.Of(bytes), out _);

    /// <param name="slot">Where the bytes are, or belong.</param>
    private int Find(ReadOnlySpan<byte> bytes, ulong hash, out int slot)
    {
        for (slot = FirstSlot(hash); _slots[slot] != 0; slot = NextSlot(slot))
        {
            var number = (int)(uint)_slots[slot] - 1;
            if (_slots[slot] >> 32 == hash >> 32 && _texts[number].SequenceEqual(bytes)) return number;
        }

        return -1;
    }

    private void Grow()
    {
        _slots = new ulong[2 * _slots.Length];
        for (var number = 0; number < _texts.Count; number++)
        {
            var hash = ShortHash.Of(_texts[number]);
            var slot = FirstSlot(hash);
            while (_slots[slot] != 0) slot = NextSlot(slot);
            _slots[slot] = Mark(hash, number);
        }
    }

    private int FirstSlot(ulong hash) => (int)hash & (_slots.Length - 1);

    private int NextSlot(int slot) => (slot + 1) & (_slots.Length - 1);

    private static ulong Mark(ulong hash, int number) => hash >> 32 << 32 | (uint)(number + 1);
}
