using System.Text;

namespace EcgData.Shards.Parquet;

/// <summary>Smallest and largest of some texts in the order of their UTF-8 bytes, which is Parquet's.</summary>
internal sealed class TextBounds
{
    // Longer bounds would bloat the footer: the chunk then has none.
    private const int LongestBytes = 256;

    private byte[]? _minimum;
    private byte[]? _maximum;
    private bool _isTooLong;

    public byte[]? Minimum => _isTooLong ? null : _minimum;

    public byte[]? Maximum => _isTooLong ? null : _maximum;

    public void Add(string value)
    {
        if (_isTooLong) return;
        _isTooLong = value.Length > LongestBytes / 3;   // a char takes at most three bytes
        if (_isTooLong) return;
        Span<byte> buffer = stackalloc byte[LongestBytes];
        var bytes = buffer[..Encoding.UTF8.GetBytes(value, buffer)];
        if (_minimum is null || bytes.SequenceCompareTo(_minimum) < 0) _minimum = bytes.ToArray();
        if (_maximum is null || bytes.SequenceCompareTo(_maximum) > 0) _maximum = bytes.ToArray();
    }
}
