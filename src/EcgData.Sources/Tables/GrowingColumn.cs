namespace EcgData.Sources.Tables;

/// <summary>Values of a column that is longer than anybody can tell beforehand. It grows by blocks: a list would hold half as much again, and copy.</summary>
public sealed class GrowingColumn<T>
    where T : unmanaged
{
    private const int BlockBits = 16;
    private const int BlockLength = 1 << BlockBits;

    private readonly List<T[]> _blocks = [];
    private T[] _block = [];   // the last

    public int Count { get; private set; }

    /// <param name="index">Below <see cref="Count"/>.</param>
    public T this[int index] => _blocks[index >> BlockBits][index & (BlockLength - 1)];

    public void Add(T value)
    {
        var place = Count & (BlockLength - 1);
        if (place == 0) _blocks.Add(_block = GC.AllocateUninitializedArray<T>(BlockLength));
        _block[place] = value;
        Count++;
    }

    /// <summary>The values as one array.</summary>
    public T[] ToArray()
    {
        var values = GC.AllocateUninitializedArray<T>(Count);
        for (var start = 0; start < Count; start += BlockLength)
            _blocks[start >> BlockBits].AsSpan(0, Math.Min(BlockLength, Count - start)).CopyTo(values.AsSpan(start));
        return values;
    }
}
