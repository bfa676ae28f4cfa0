using System.Buffers;
using System.Buffers.Binary;
using EcgData.Shards.Parquet;
using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>
/// The twelve leads of a segment as finished Parquet data pages, one page per lead, in pooled memory. Pages do not depend on
/// their neighbours, so rows are encoded as they come, by any thread, and put in order by copying.
/// </summary>
public sealed unsafe class EncodedSegment : IDisposable
{
    // A lead's list is optional, its elements are required: level 0 is an absent lead, 2 a value.
    private const int DefinitionBits = 2;
    private const int DefinedLevel = 2;
    private const int LevelsRoom = 64;

    private readonly int[] _starts;   // int[13]: where each lead's page begins in the memory; the last is its end
    private readonly int _capacity;
    private byte* _pages;

    private EncodedSegment(byte* pages, int capacity, int[] starts, LeadSums sums, byte[] sampleDigests, LeadSet leads, int samples)
    {
        _pages = pages;
        _capacity = capacity;
        _starts = starts;
        Sums = sums;
        SampleDigests = sampleDigests;
        Leads = leads;
        Samples = samples;
    }

    ~EncodedSegment() => Release();

    /// <summary>Exact integer sums of the values, for statistics that do not depend on order.</summary>
    public LeadSums Sums { get; }

    /// <summary>byte[12 · 16]: an XxHash128 of each lead's samples, zero where it is absent.</summary>
    internal byte[] SampleDigests { get; }

    /// <summary>Bytes of memory held.</summary>
    public long SizeBytes => _capacity;

    /// <summary>Leads that have values.</summary>
    internal LeadSet Leads { get; }

    /// <summary>Values of each lead that is present.</summary>
    internal int Samples { get; }

    /// <summary>Encodes short[samples] per present lead; an absent lead becomes a page with one null list.</summary>
    /// <exception cref="ArgumentException">A segment without samples, or a value beyond ±8,191 µV.</exception>
    public static EncodedSegment Encode(ConditionedRecord record, Segment segment)
    {
        if (segment.Samples < 1)
            throw new ArgumentException($"Segment {segment.Index} has {segment.Samples} samples; a stored segment has at least one.", nameof(segment));

        var room = checked(LevelsRoom + DeltaBinaryPacking.MaximumBytes(segment.Samples));
        var bodies = ArrayPool<byte>.Shared.Rent(checked(room * Montage.LeadCount));
        try
        {
            var sums = new LeadSums();
            var digests = new byte[Montage.LeadCount * RowDigest.LeadBytes];
            Span<int> lengths = stackalloc int[Montage.LeadCount];
            for (var lead = 0; lead < Montage.LeadCount; lead++)
            {
                var body = bodies.AsSpan(lead * room, room);
                if (!record.Leads.Contains((Lead)lead))
                {
                    lengths[lead] = WriteBody(body, [], valueCount: 1);
                    continue;
                }

                var values = record.Lead(segment, (Lead)lead);
                LeadSummation.Write(values, sums, lead);
                if (sums.Minimum[lead] < -DeltaBinaryPacking.Bound || sums.Maximum[lead] > DeltaBinaryPacking.Bound)
                {
                    throw new ArgumentException(
                        $"Lead {Montage.Names[lead]} of segment {segment.Index} reaches from {sums.Minimum[lead]} to {sums.Maximum[lead]} µV; " +
                        $"a shard holds ±{DeltaBinaryPacking.Bound} µV. Clip at the storage bound before encoding.", nameof(record));
                }

                RowDigest.DigestLead(values, (Lead)lead, digests);   // here, where the samples are in the core's cache
                lengths[lead] = WriteBody(body, values, values.Length);
            }

            return Join(bodies, room, lengths, sums, digests, record.Leads, segment.Samples);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bodies);
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    /// <summary>The finished page of a lead, header included.</summary>
    internal ReadOnlySpan<byte> Page(Lead lead)
    {
        ObjectDisposedException.ThrowIf(_pages is null, this);
        return new ReadOnlySpan<byte>(_pages + _starts[(int)lead], _starts[(int)lead + 1] - _starts[(int)lead]);
    }

    /// <summary>Levels and values of a page: one row, thus one list.</summary>
    /// <param name="values">Empty where the lead is absent.</param>
    /// <param name="valueCount">Levels: one for an absent lead.</param>
    private static int WriteBody(Span<byte> body, ReadOnlySpan<short> values, int valueCount)
    {
        var position = sizeof(int);
        position += RunLength.WriteRun(body[position..], value: 0, length: 1, bitWidth: 1);
        if (valueCount > 1) position += RunLength.WriteRun(body[position..], value: 1, valueCount - 1, bitWidth: 1);
        BinaryPrimitives.WriteInt32LittleEndian(body, position - sizeof(int));

        var definitions = position;
        position += sizeof(int);
        position += RunLength.WriteRun(body[position..], values.IsEmpty ? 0 : DefinedLevel, valueCount, DefinitionBits);
        BinaryPrimitives.WriteInt32LittleEndian(body[definitions..], position - definitions - sizeof(int));
        return position + DeltaBinaryPacking.Encode(values, body[position..]);
    }

    private static EncodedSegment Join(
        byte[] bodies, int room, ReadOnlySpan<int> lengths, LeadSums sums, byte[] digests, LeadSet leads, int samples)
    {
        Span<byte> headers = stackalloc byte[Montage.LeadCount * PageHeader.MaximumDataBytes];
        var starts = new int[Montage.LeadCount + 1];
        Span<int> headerLengths = stackalloc int[Montage.LeadCount];
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            var header = headers.Slice(lead * PageHeader.MaximumDataBytes, PageHeader.MaximumDataBytes);
            var valueCount = leads.Contains((Lead)lead) ? samples : 1;
            headerLengths[lead] = PageHeader.WriteData(header, lengths[lead], valueCount, PageEncoding.DeltaBinaryPacked);
            starts[lead + 1] = checked(starts[lead] + headerLengths[lead] + lengths[lead]);
        }

        var (pages, capacity) = PagePool.Rent(starts[^1]);
        var target = new Span<byte>((void*)pages, capacity);
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            headers.Slice(lead * PageHeader.MaximumDataBytes, headerLengths[lead]).CopyTo(target[starts[lead]..]);
            bodies.AsSpan(lead * room, lengths[lead]).CopyTo(target[(starts[lead] + headerLengths[lead])..]);
        }

        return new EncodedSegment((byte*)pages, capacity, starts, sums, digests, leads, samples);
    }

    private void Release()
    {
        if (_pages is null) return;
        PagePool.Return((nint)_pages, _capacity);
        _pages = null;
    }
}
