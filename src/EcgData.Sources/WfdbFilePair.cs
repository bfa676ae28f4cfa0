using System.Collections;
using System.Text;

namespace EcgData.Sources;

/// <summary>Signal file and header of a WFDB record, the files of nearly every entry of the large sources.</summary>
/// <remarks>One text for both paths, and digests for what is published: as <see cref="RecordFile"/>s, which are made when asked for, they are four times as long.</remarks>
public sealed class WfdbFilePair : IReadOnlyList<RecordFile>
{
    private readonly byte[] _stem;
    private readonly Sha256Digest _signal;
    private readonly Sha256Digest _header;
    private readonly bool _hasSignal;
    private readonly bool _hasHeader;

    /// <param name="stem">The UTF-8 of both paths without their extension.</param>
    /// <param name="signal">The published SHA-256 of the signal file, or null.</param>
    /// <param name="header">That of the header.</param>
    public WfdbFilePair(ReadOnlySpan<byte> stem, in Sha256Digest? signal, in Sha256Digest? header)
    {
        _stem = stem.ToArray();
        (_hasSignal, _hasHeader) = (signal.HasValue, header.HasValue);
        (_signal, _header) = (signal.GetValueOrDefault(), header.GetValueOrDefault());
    }

    public static ReadOnlySpan<byte> SignalExtension => ".dat"u8;

    public static ReadOnlySpan<byte> HeaderExtension => ".hea"u8;

    /// <summary>The UTF-8 of both paths without their extension.</summary>
    public ReadOnlySpan<byte> Stem => _stem;

    public int Count => 2;

    /// <summary>The signal file, then the header.</summary>
    public RecordFile this[int index] => new(
        Encoding.UTF8.GetString(_stem) + Encoding.UTF8.GetString(ExtensionOf(index)), IsPublished(index) ? DigestOf(index).ToString() : null);

    /// <summary>What its path has behind the <see cref="Stem"/>.</summary>
    public static ReadOnlySpan<byte> ExtensionOf(int index) => index switch
    {
        0 => SignalExtension,
        1 => HeaderExtension,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public bool IsPublished(int index) => index == 0 ? _hasSignal : _hasHeader;

    /// <summary>The published SHA-256, where one is.</summary>
    public ref readonly Sha256Digest DigestOf(int index)
    {
        if (index == 0) return ref _signal;
        return ref _header;
    }

    public IEnumerator<RecordFile> GetEnumerator()
    {
        for (var index = 0; index < Count; index++) yield return this[index];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
