using EcgData.Signals;

namespace EcgData.Shards.Reading;

/// <summary>Room for the crops of a batch. Different crops are written by different threads.</summary>
internal sealed unsafe class CropBuffer : IDisposable
{
    private const int FirstIdBytes = 64;

    private readonly NativeBytes _signals;
    private readonly Lock _ids = new();
    private readonly bool[] _hasGaps;
    private readonly int[] _idStarts;
    private readonly int[] _idBytes;
    private byte[] _idText;
    private int _idTextBytes;

    public CropBuffer(int capacity, LeadSet leads, int samples)
    {
        (Leads, Samples) = (leads, samples);
        _signals = new NativeBytes(SizeBytesOf(capacity, leads, samples), isCleared: true);
        Millivolt = (float*)_signals.Start;
        LeadMask = Millivolt + (long)capacity * leads.Count * samples;
        GapMask = (byte*)(LeadMask + (long)capacity * leads.Count);
        _hasGaps = new bool[capacity];
        (_idStarts, _idBytes, Segments, Starts) = (new int[capacity], new int[capacity], new int[capacity], new int[capacity]);
        _idText = new byte[FirstIdBytes * capacity];
        Metadata = new SegmentMetadata?[capacity];
    }

    public LeadSet Leads { get; }

    public int Samples { get; }

    public int Count { get; private set; }

    public long FirstPosition { get; private set; }

    public float* Millivolt { get; }

    public float* LeadMask { get; }

    public byte* GapMask { get; }

    public int[] Segments { get; }

    public int[] Starts { get; }

    public SegmentMetadata?[] Metadata { get; }

    /// <summary>Memory of a batch, bytes.</summary>
    public static long SizeBytesOf(int capacity, LeadSet leads, int samples) =>
        checked((long)capacity * leads.Count * ((sizeof(float) + sizeof(byte)) * (long)samples + sizeof(float)));

    public ReadOnlySpan<byte> RecordId(int index) => _idText.AsSpan(_idStarts[index], _idBytes[index]);

    /// <summary>Forgets the crops that it has.</summary>
    public void Begin(long firstPosition, int count) => (FirstPosition, Count, _idTextBytes) = (firstPosition, count, 0);

    /// <summary>Writes all of a crop but its signals: id, masks, and zeros where the source has no lead.</summary>
    public void Describe(int index, OpenRowGroup group, int row, int start)
    {
        (Segments[index], Starts[index]) = (group.Segment(row), start);
        if (group.Metadata is { } metadata) Metadata[index] = metadata[row];
        AddId(index, group.RecordId(row));
        MarkGaps(index, group.Gaps(row), start);
        var place = (long)index * Leads.Count;
        for (var bits = Leads.Bits; bits != 0; bits &= bits - 1, place++)
        {
            var isPresent = group.Has((Lead)System.Numerics.BitOperations.TrailingZeroCount(bits), row);
            LeadMask[place] = isPresent ? 1 : 0;
            if (!isPresent) new Span<float>(Millivolt + place * Samples, Samples).Clear();
        }
    }

    /// <summary>Decodes a crop's signals to where they belong.</summary>
    public void Decode(int index, OpenRowGroup group, int row, int start)
    {
        var place = (long)index * Leads.Count;
        for (var bits = Leads.Bits; bits != 0; bits &= bits - 1, place++)
        {
            if (LeadMask[place] == 0) continue;
            var lead = (Lead)System.Numerics.BitOperations.TrailingZeroCount(bits);
            group.Decode(lead, row, start, new Span<float>(Millivolt + place * Samples, Samples));
        }
    }

    public void Dispose() => _signals.Dispose();

    private void AddId(int index, ReadOnlySpan<byte> id)
    {
        lock (_ids)
        {
            if (_idText.Length - _idTextBytes < id.Length) Array.Resize(ref _idText, 2 * (_idTextBytes + id.Length));
            id.CopyTo(_idText.AsSpan(_idTextBytes));
            (_idStarts[index], _idBytes[index]) = (_idTextBytes, id.Length);
            _idTextBytes += id.Length;
        }
    }

    /// <summary>Gaps are rare: the mask is cleared only where the crop before had some.</summary>
    private void MarkGaps(int index, ReadOnlySpan<int> gaps, int start)
    {
        var mask = new Span<byte>(GapMask + (long)index * Leads.Count * Samples, Leads.Count * Samples);
        if (_hasGaps[index]) mask.Clear();
        _hasGaps[index] = false;
        for (; gaps.Length >= 3; gaps = gaps[3..])
        {
            var (lead, first, end) = (gaps[0], Math.Max(gaps[1], start) - start, Math.Min(gaps[2], (long)start + Samples) - start);
            if ((uint)lead >= Montage.LeadCount || !Leads.Contains((Lead)lead) || first >= end) continue;
            var place = System.Numerics.BitOperations.PopCount((uint)(Leads.Bits & (1 << lead) - 1));
            mask.Slice(place * Samples + first, (int)(end - first)).Fill(1);
            _hasGaps[index] = true;
        }
    }
}
