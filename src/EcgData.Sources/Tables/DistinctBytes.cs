namespace EcgData.Sources.Tables;

/// <summary>Numbers for strings of bytes that repeat themselves: each is kept once.</summary>
internal sealed class DistinctBytes
{
    private const int FewestSlots = 1024;

    private readonly TextColumn _texts = new();
    private ulong[] _slots = new ulong[FewestSlots];   // the hash's upper half, and the number + 1

    public int Count => _texts.Count;

    public ReadOnlySpan<byte> this[int number] => _texts[number];

    /// <summary>The number of the bytes, from 0 in the order in which they first came.</summary>
    public int NumberOf(ReadOnlySpan<byte> bytes)
    {
        var hash = ShortHash.Of(bytes);
        var slot = (int)hash & _slots.Length - 1;
        for (; _slots[slot] != 0; slot = slot + 1 & _slots.Length - 1)
        {
            var number = (int)(uint)_slots[slot] - 1;
            if (_slots[slot] >> 32 == hash >> 32 && _texts[number].SequenceEqual(bytes)) return number;
        }

        _texts.Add(bytes);
        _slots[slot] = hash >> 32 << 32 | (uint)_texts.Count;
        if (_texts.Count > _slots.Length / 2) Grow();
        return _texts.Count - 1;
    }

    private void Grow()
    {
        _slots = new ulong[2 * _slots.Length];
        for (var number = 0; number < _texts.Count; number++)
        {
            var hash = ShortHash.Of(_texts[number]);
            var slot = (int)hash & _slots.Length - 1;
            while (_slots[slot] != 0) slot = slot + 1 & _slots.Length - 1;
            _slots[slot] = hash >> 32 << 32 | (uint)(number + 1);
        }
    }
}
