using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using EcgData.Shards.Parquet;
using EcgData.Shards.Reading.Pages;
using EcgData.Signals;

namespace EcgData.Shards.Reading;

/// <summary>
/// A row group in memory, any stretch of any lead of any of its rows within reach. Its bytes come in one read; the headers of its pages are
/// walked through once. The memory is used again for the next row group. Read by many threads, filled by one.
/// </summary>
internal sealed unsafe class OpenRowGroup(int largestBytes) : IDisposable
{
    private const int Absent = -1;
    private const int DefinedLevel = 2;   // a lead's list is optional, its elements are not: 0 is an absent lead, 1 an empty list

    private NativeBytes? _memory;
    private int _sizeBytes;
    private int _samplingFrequencyHz;
    private int[] _pageStarts = [];    // int[12 · rows]: where the values of a lead of a row begin
    private int[] _pageBytes = [];     // int[12 · rows]; Absent where the row has no such lead
    private int[] _segments = [];
    private int[] _samples = [];
    private int[] _idStarts = [];
    private int[] _idBytes = [];
    private int[] _gapCounts = [];
    private int[] _gapFirsts = [];
    private int[] _gaps = [];          // triples of lead, start, end
    private double[] _frequencies = [];

    /// <summary>Index of the row group in the row-group table.</summary>
    public int Group { get; private set; } = -1;

    public int Rows { get; private set; }

    /// <summary>Bytes that were read.</summary>
    public int SizeBytes => _sizeBytes;

    /// <summary>One per row where they were asked for, else null.</summary>
    public SegmentMetadata[]? Metadata { get; private set; }

    private ReadOnlySpan<byte> Bytes => new(_memory!.Start, _sizeBytes);

    /// <summary>Makes room for a row group.</summary>
    /// <returns>byte[extent.SizeBytes], to be filled before <see cref="Index"/>.</returns>
    public Span<byte> Begin(RowGroupIndex index, int group, in RowGroupExtent extent)
    {
        (Group, Rows, _samplingFrequencyHz, Metadata) = (group, index.RowsOf(group), index.SamplingFrequencyHz, null);
        _memory ??= RowGroupMemory.Rent(largestBytes);
        _sizeBytes = extent.SizeBytes;
        return new Span<byte>(_memory.Start, extent.SizeBytes);
    }

    /// <summary>Holds the bytes against the digest of the row-group table.</summary>
    /// <exception cref="InvalidDataException">They are not those that were written.</exception>
    public void Verify(in RowGroupExtent extent) => Verify(Bytes, extent);

    /// <exception cref="InvalidDataException">The bytes are not those that were written.</exception>
    public static void Verify(ReadOnlySpan<byte> bytes, in RowGroupExtent extent)
    {
        if (XxHash128.HashToUInt128(bytes) is var found && found != extent.Digest)
        {
            throw new InvalidDataException(
                $"Its bytes hash to {found:x32}; the row-group table says {extent.Digest:x32}. The shard is damaged: copy it again, or run 'ecgdata verify'.");
        }
    }

    /// <summary>Finds the pages of the leads that are wanted, ids, lengths and gaps, and what else is asked for.</summary>
    /// <exception cref="InvalidDataException">The bytes are no row group of a shard.</exception>
    public void Index(LeadSet leads, bool withMetadata)
    {
        Require(Rows);
        var metadata = withMetadata ? new MetadataColumns(Rows) : null;
        var bytes = Bytes;
        var position = 0;
        for (var number = 0; number < ShardSchema.Columns.Count; number++)   // an enumerator would be garbage
        {
            var column = ShardSchema.Columns[number];
            if (column is LeadColumn lead) IndexLead(bytes, ref position, lead, leads.Contains(lead.Lead));
            else IndexSmall(bytes, ref position, column, metadata);
        }

        if (position != bytes.Length) throw Wrong($"{bytes.Length - position} bytes behind its last column", "none");
        Metadata = metadata?.Build();
    }

    public int Segment(int row) => _segments[row];

    public int Samples(int row) => _samples[row];

    /// <summary>UTF-8, as long as the row group is open.</summary>
    public ReadOnlySpan<byte> RecordId(int row) => Bytes.Slice(_idStarts[row], _idBytes[row]);

    public bool Has(Lead lead, int row) => _pageBytes[(int)lead * Rows + row] != Absent;

    /// <summary>Decodes a stretch of a lead that the row has.</summary>
    /// <param name="millivolt">float[length].</param>
    public void Decode(Lead lead, int row, int start, Span<float> millivolt)
    {
        var page = (int)lead * Rows + row;
        DeltaDecoder.DecodeCrop(new ReadOnlySpan<byte>(_memory!.Start + _pageStarts[page], _pageBytes[page]), start, millivolt);
    }

    /// <summary>The stretches of a row that were missing and have been filled: triples of lead, start and end.</summary>
    public ReadOnlySpan<int> Gaps(int row) => _gaps.AsSpan(_gapFirsts[row], _gapCounts[row]);

    public void Dispose()
    {
        if (_memory is not null) RowGroupMemory.Return(_memory);
        _memory = null;
    }

    private void IndexLead(ReadOnlySpan<byte> bytes, ref int position, LeadColumn column, bool isWanted)
    {
        var first = (int)column.Lead * Rows;
        for (var row = 0; row < Rows; row++)
        {
            var frame = PageFrame.Read(bytes[position..]);
            if (frame.Kind != PageKind.Data || frame.Encoding != PageEncoding.DeltaBinaryPacked)
                throw Wrong($"a page of kind {frame.Kind}, encoding {(int)frame.Encoding}, of lead {column.Name}", "one delta-encoded data page per row");
            if (isWanted)
            {
                var page = bytes.Slice(position + frame.HeaderBytes, frame.BodyBytes);
                var isPresent = TakeLevels(ref page, frame.Values, column.Name);
                if (isPresent && frame.Values != _samples[row])
                    throw Wrong($"lead {column.Name} with {frame.Values} values in row {row}", $"{_samples[row]}, as its row says");
                _pageStarts[first + row] = position + frame.EndBytes - page.Length;
                _pageBytes[first + row] = isPresent ? page.Length : Absent;
            }

            position += frame.EndBytes;
        }
    }

    /// <summary>One list: its first element begins it, all others go on with it.</summary>
    /// <returns>false where the lead is absent.</returns>
    private static bool TakeLevels(ref ReadOnlySpan<byte> page, int values, string lead)
    {
        var index = 0;
        for (var runs = LevelRuns.Take(ref page, 1, values); runs.Next(out var level, out var length); index += length)
        {
            if (level == 0 && (index > 0 || length > 1)) throw Wrong($"several rows in a page of lead {lead}", "a page per row");
            if (level != 0 && index == 0) throw Wrong($"a page of lead {lead} that goes on with another", "a page per row");
        }

        var defined = 0;
        for (var runs = LevelRuns.Take(ref page, 2, values); runs.Next(out var level, out var length);)
        {
            if (level == DefinedLevel) defined += length;
        }

        if (defined != 0 && defined != values) throw Wrong($"{values - defined} missing elements of lead {lead}", "none: gaps are filled");
        return defined != 0;
    }

    private void IndexSmall(ReadOnlySpan<byte> bytes, ref int position, ShardColumn column, MetadataColumns? metadata)
    {
        var pages = new SmallColumn(bytes, ref position, column.Name);
        var again = pages;   // each of the two passes over the levels
        metadata?.Add(column, ref again);
        switch (column.Name)
        {
            case "record_id": IndexIds(bytes, ref pages); break;
            case "segment": pages.Numbers(_segments.AsSpan(0, Rows)); break;
            case "samples": pages.Numbers(_samples.AsSpan(0, Rows)); break;
            case "sampling_frequency_hz":
                pages.Numbers(_frequencies.AsSpan(0, Rows));
                CheckFrequencies();
                break;
            case "gaps": IndexGaps(column, ref pages); break;
            default: break;
        }
    }

    private void IndexIds(ReadOnlySpan<byte> bytes, ref SmallColumn pages)
    {
        var page = pages.Texts(_idStarts.AsSpan(0, Rows), _idBytes.AsSpan(0, Rows));
        var begin = (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(bytes), ref MemoryMarshal.GetReference(page));
        foreach (ref var start in _idStarts.AsSpan(0, Rows)) start += begin;
    }

    private void IndexGaps(ShardColumn column, ref SmallColumn pages)
    {
        var count = pages.Counts(column, _gapCounts.AsSpan(0, Rows));
        pages.CheckRoom<int>(count);
        if (_gaps.Length < count) _gaps = new int[Math.Max(count, 2 * _gaps.Length)];
        pages.Numbers(_gaps.AsSpan(0, count));
        for (int row = 0, first = 0; row < Rows; first += _gapCounts[row++])
        {
            _gapFirsts[row] = first;
            if (_gapCounts[row] % 3 != 0) throw Wrong($"{_gapCounts[row]} numbers among the gaps of row {row}", "triples of lead, start and end");
        }
    }

    /// <summary>One corpus has one sampling frequency: a crop of so many samples would else be of another duration.</summary>
    private void CheckFrequencies()
    {
        var row = _frequencies.AsSpan(0, Rows).IndexOfAnyExcept(_samplingFrequencyHz);
        if (row >= 0) throw Wrong(
            $"{Encoding.UTF8.GetString(RecordId(row))}, segment {_segments[row]}, at {_frequencies[row]} Hz", $"{_samplingFrequencyHz} Hz, as its version says");
    }

    private void Require(int rows)
    {
        if (_segments.Length >= rows) return;
        (_pageStarts, _pageBytes) = (new int[Montage.LeadCount * rows], new int[Montage.LeadCount * rows]);
        (_segments, _samples, _idStarts, _idBytes) = (new int[rows], new int[rows], new int[rows], new int[rows]);
        (_gapCounts, _gapFirsts, _frequencies) = (new int[rows], new int[rows], new double[rows]);
    }

    private static InvalidDataException Wrong(string found, string expected) => new($"Found {found}; expected {expected}. {ByteCursor.Advice}");
}
