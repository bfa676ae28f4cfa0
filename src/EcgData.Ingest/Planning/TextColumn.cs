using System.Text;
using EcgData.Sources.Tables;

namespace EcgData.Ingest;

/// <summary>Many short texts as UTF-8, back to back.</summary>
internal sealed class TextColumn
{
    private const int BlockBytes = 1 << 20;

    private readonly List<byte[]> _blocks = [];
    private readonly GrowingColumn<long> _ends = new();   // block number and end in the block
    private int _used = BlockBytes;

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

    public void Add(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        if (_blocks.Count == 0 || _used + length > _blocks[^1].Length)
        {
            _blocks.Add(GC.AllocateUninitializedArray<byte>(Math.Max(BlockBytes, length)));
            _used = 0;
        }

        _used += Encoding.UTF8.GetBytes(text, _blocks[^1].AsSpan(_used));
        _ends.Add((long)(_blocks.Count - 1) << 32 | (uint)_used);
    }

    private (int Block, int End) Place(int index) => ((int)(_ends[index] >> 32), (int)_ends[index]);
}
