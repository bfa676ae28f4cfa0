namespace EcgData.Shards.Reading;

/// <summary>A crop to be decoded.</summary>
internal readonly record struct PlannedCrop(HeldRowGroup Held, int Row, int Start);

/// <summary>A batch of the ring: where its crops come from, and how many are still to be decoded. Changed with the ring's gate held.</summary>
internal sealed class PlannedBatch(CropBuffer buffer, int capacity)
{
    private int _begun;

    public CropBuffer Buffer { get; set; } = buffer;

    public PlannedCrop[] Places { get; } = new PlannedCrop[capacity];

    /// <summary>Position behind the global batch.</summary>
    public long End { get; private set; }

    /// <summary>Crops that are not decoded yet.</summary>
    public int Left { get; set; }

    /// <summary>Whether somebody is at work, or done, on every crop.</summary>
    public bool IsBegun => _begun == Buffer.Count;

    public void Plan(long first, int count, long end)
    {
        Buffer.Begin(first, count);
        (_begun, Left, End) = (0, count, end);
    }

    public (int First, int Count) Begin(int most)
    {
        var (first, count) = (_begun, Math.Min(most, Buffer.Count - _begun));
        _begun += count;
        return (first, count);
    }
}

/// <summary>A row group that the ring holds: opened by the first who needs it, free again when its slot has left it and nobody uses it.</summary>
/// <param name="largestBytes">Bytes of the largest row group that it will hold.</param>
internal sealed class HeldRowGroup(int largestBytes)
{
    private readonly Lock _opening = new();
    private volatile bool _isOpen;

    public OpenRowGroup Open { get; } = new(largestBytes);

    public int Group { get; private set; }

    /// <summary>Crops that are planned and not decoded; changed with the ring's gate held.</summary>
    public int Uses { get; set; }

    public bool IsLeft { get; set; }

    public void Begin(int group) => (Group, Uses, IsLeft, _isOpen) = (group, 0, false, false);

    public OpenRowGroup EnsureOpen(RowGroupOpener opener, ThreadClock clock, CancellationToken cancel)
    {
        if (_isOpen) return Open;
        lock (_opening)
        {
            if (_isOpen) return Open;
            opener.Open(Open, Group, clock, cancel);
            _isOpen = true;
            return Open;
        }
    }
}
