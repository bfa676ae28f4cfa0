using System.Text;
using EcgData.Signals;

namespace EcgData.Shards.Reading;

/// <summary>
/// The crops of a batch, or of a rank's slice of one, in memory of the system. Made by <see cref="CropReader.CreateBatch"/>, filled again and
/// again by <see cref="CropReader.Read"/>, which gives it other memory each time: spans and pointers are good until then.
/// </summary>
public sealed unsafe class CropBatch : IDisposable
{
    internal CropBatch(CropBuffer buffer) => Buffer = buffer;

    /// <summary>Crops that it has; a last batch has fewer, and a rank's slice of a very short one none.</summary>
    public int Count => Buffer.Count;

    /// <summary>Leads of a crop.</summary>
    public int Leads => Buffer.Leads.Count;

    /// <summary>Which they are, in the montage's order.</summary>
    public LeadSet LeadSet => Buffer.Leads;

    /// <summary>Samples of each lead.</summary>
    public int Samples => Buffer.Samples;

    /// <summary>float[count, leads, samples] in millivolt; a lead that the source has not is 0.</summary>
    public Span<float> Millivolt => new(Buffer.Millivolt, Count * Leads * Samples);

    /// <summary>Where <see cref="Millivolt"/> begins, aligned to 64 bytes.</summary>
    public float* MillivoltPointer => Buffer.Millivolt;

    /// <summary>float[count, leads]: 1 where the source has the lead, or it was derived from others; else 0.</summary>
    public Span<float> LeadMask => new(Buffer.LeadMask, Count * Leads);

    public float* LeadMaskPointer => Buffer.LeadMask;

    /// <summary>byte[count, leads, samples]: 1 where the sample was missing and has been filled.</summary>
    public Span<byte> GapMask => new(Buffer.GapMask, Count * Leads * Samples);

    public byte* GapMaskPointer => Buffer.GapMask;

    /// <summary>Position of its first crop in the reading order; those of a batch follow each other.</summary>
    public long FirstPosition => Buffer.FirstPosition;

    /// <summary>Position of a crop in the reading order.</summary>
    public long Position(int index) => FirstPosition + Checked(index);

    /// <summary>UTF-8 of the record's id, <c>ptb-xl/00001</c>.</summary>
    public ReadOnlySpan<byte> RecordIdUtf8(int index) => Buffer.RecordId(Checked(index));

    /// <summary>The record's id as a string, which is made for the asking.</summary>
    public string RecordId(int index) => Encoding.UTF8.GetString(RecordIdUtf8(index));

    /// <summary>Index of the segment in its record.</summary>
    public int Segment(int index) => Buffer.Segments[Checked(index)];

    /// <summary>First sample of the crop in its segment.</summary>
    public int StartSample(int index) => Buffer.Starts[Checked(index)];

    /// <summary>What is known about the segment; null unless <see cref="ReadingOptions.Metadata"/> asks for it.</summary>
    public SegmentMetadata? Metadata(int index) => Buffer.Metadata[Checked(index)];

    /// <summary>The memory that the batch shows now.</summary>
    internal CropBuffer Buffer { get; set; }

    public void Dispose() => Buffer.Dispose();

    private int Checked(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return index;
    }
}
