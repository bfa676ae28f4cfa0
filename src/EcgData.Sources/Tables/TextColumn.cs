using System.Text;

namespace EcgData.Sources.Tables;

/// <summary>Many short texts as UTF-8, back to back.</summary>
public sealed class TextColumn
{
    private const int BlockBytes = 1 << 20;

    private readonly List<byte[]> _blocks = [];
    private readonly GrowingColumn<long> _ends = new();   // block number and end in the block
    private byte[] _block = [];   // the last
    private int _used;

    public int Count => _ends.Count;

    /// <summary>The text's UTF-8.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            var (block, end) = Place(index);
            var start = index > 0 && Place(index - 1) is var before && before.Block == block ? before.End : 0;
            return _blocks[block].AsSpan(start, end - start);
        }
    }

    /// <returns>The text's UTF-8.</returns>
    public ReadOnlySpan<byte> Add(string text)
    {
        var room = Room(Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, room);
        return room;
    }

    /// <param name="utf8">Any bytes are kept as they are.</param>
    public void Add(ReadOnlySpan<byte> utf8) => utf8.CopyTo(Room(utf8.Length));

    private Span<byte> Room(int length)
    {
        if (_blocks.Count == 0 || _used + length > _block.Length)
        {
            _block = GC.AllocateUninitializedArray<byte>(Math.Max(BlockBytes, length));
            _blocks.Add(_block);
            _used = 0;
        }

        _used += length;
        _ends.Add((long)(_blocks.Count - 1) << 32 | (uint)_used);
        return _block.AsSpan(_used - length, length);
    }

    private (int Block, int End) Place(int index) => ((int)(_ends[index] >> 32), (int)_ends[index]);
}
