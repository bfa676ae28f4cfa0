using System.Buffers.Text;
using System.Globalization;

namespace EcgData.Shards.Subsets;

/// <summary>The patients of a version by their keys, numbered from 0 as they come: 16 bytes for each.</summary>
internal sealed class PatientTable
{
    private ulong[] _keys = new ulong[1 << 12];
    private int[] _slots = new int[1 << 14];   // number + 1; 0 is free

    public int Count { get; private set; }

    public ReadOnlySpan<ulong> Keys => _keys.AsSpan(0, Count);

    /// <summary>The key as the catalogue writes it.</summary>
    public static string Text(ulong key) => key.ToString("x16", CultureInfo.InvariantCulture);

    /// <exception cref="InvalidDataException">Not 16 hexadecimal digits.</exception>
    public static ulong Parse(ReadOnlySpan<byte> text) =>
        text.Length == 16 && Utf8Parser.TryParse(text, out ulong key, out var used, 'x') && used == 16
            ? key
            : throw new InvalidDataException(
                $"Patient '{System.Text.Encoding.UTF8.GetString(text)}': expected a key of 16 hexadecimal digits. Build the version again.");

    /// <summary>The patient's number, a new one where the key has not been seen.</summary>
    public int Add(ulong key)
    {
        var slot = Slot(key);
        if (_slots[slot] != 0) return _slots[slot] - 1;
        if (Count == _keys.Length) Array.Resize(ref _keys, 2 * Count);
        _keys[Count] = key;
        _slots[slot] = ++Count;
        if (2 * Count > _slots.Length) Grow();
        return Count - 1;
    }

    /// <summary>The patient's number, or -1.</summary>
    public int Find(ulong key) => _slots[Slot(key)] - 1;

    /// <summary>Keys are hashes already: their low bits will do. Whoever makes up keys that collide slows down his own corpus only.</summary>
    private int Slot(ulong key)
    {
        var mask = _slots.Length - 1;
        var slot = (int)(key ^ key >> 32) & mask;
        while (_slots[slot] != 0 && _keys[_slots[slot] - 1] != key) slot = (slot + 1) & mask;
        return slot;
    }

    private void Grow()
    {
        _slots = new int[2 * _slots.Length];
        for (var number = 0; number < Count; number++) _slots[Slot(_keys[number])] = number + 1;
    }
}
