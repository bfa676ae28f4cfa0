namespace EcgData.Consumers;

/// <summary>
/// Crops of one length and their masks. The memory belongs to the host, is often native, and is used again once
/// <see cref="IBatchConsumer.Consume"/> has returned: copy what must last longer.
/// </summary>
public sealed class EcgBatch
{
    /// <summary>Crops.</summary>
    public required int Count { get; init; }

    /// <summary>Length of the lead axis.</summary>
    public required int Leads { get; init; }

    /// <summary>Length of the sample axis.</summary>
    public required int Samples { get; init; }

    /// <summary>float[count, leads, samples] in millivolt, row-major; 0 where the source has no such lead.</summary>
    public required ReadOnlyMemory<float> Millivolt { get; init; }

    /// <summary>float[count, leads]: 1 where the source has the lead, else 0.</summary>
    public required ReadOnlyMemory<float> LeadMask { get; init; }

    /// <summary>byte[count, leads, samples]: 1 where a missing sample was filled, else 0.</summary>
    public required ReadOnlyMemory<byte> GapMask { get; init; }

    /// <summary>long[count]: position of each crop in the epoch, rising.</summary>
    public required ReadOnlyMemory<long> Positions { get; init; }

    /// <summary>Record of each crop, <c>ptb-xl/1234</c>.</summary>
    public required IReadOnlyList<string> RecordIds { get; init; }

    /// <summary>int[count]: index of the segment in its record.</summary>
    public required ReadOnlyMemory<int> Segments { get; init; }

    /// <summary>int[count]: first sample of the crop in its segment.</summary>
    public required ReadOnlyMemory<int> Starts { get; init; }

    /// <summary>What else is known of each crop; null where it was not asked for.</summary>
    public IReadOnlyList<CropMetadata>? Metadata { get; init; }

    /// <summary>Position at which to resume once this batch is done: the first item of the next global batch.</summary>
    public required long NextPosition { get; init; }

    /// <summary>The same with the order that it is a position of: JSON of at most 512 bytes, which <c>--from</c> takes and checks.</summary>
    public required string State { get; init; }

    /// <summary>float[leads, samples] in millivolt of one crop.</summary>
    public ReadOnlySpan<float> Crop(int index) => Millivolt.Span.Slice(index * Leads * Samples, Leads * Samples);

    /// <summary>float[samples] in millivolt of one lead of one crop.</summary>
    public ReadOnlySpan<float> Lead(int crop, int lead) => Millivolt.Span.Slice((crop * Leads + lead) * Samples, Samples);

    /// <summary>byte[samples], 1 where a missing sample was filled, of one lead of one crop.</summary>
    public ReadOnlySpan<byte> Gaps(int crop, int lead) => GapMask.Span.Slice((crop * Leads + lead) * Samples, Samples);

    /// <summary>Whether the source of a crop has a lead.</summary>
    public bool HasLead(int crop, int lead) => LeadMask.Span[crop * Leads + lead] != 0;

    /// <summary>Holds a batch to its own count and axes.</summary>
    /// <exception cref="ArgumentException">A part has another length than the axes say.</exception>
    public void Check()
    {
        Check(nameof(Millivolt), Millivolt.Length, (long)Count * Leads * Samples);
        Check(nameof(LeadMask), LeadMask.Length, (long)Count * Leads);
        Check(nameof(GapMask), GapMask.Length, (long)Count * Leads * Samples);
        Check(nameof(Positions), Positions.Length, Count);
        Check(nameof(RecordIds), RecordIds.Count, Count);
        Check(nameof(Segments), Segments.Length, Count);
        Check(nameof(Starts), Starts.Length, Count);
        if (Metadata is not null) Check(nameof(Metadata), Metadata.Count, Count);
    }

    private void Check(string part, long found, long expected)
    {
        if (found == expected) return;
        throw new ArgumentException(
            $"{part} of the batch at position {(Positions.IsEmpty ? 0 : Positions.Span[0])} has {found} values; {Count} crops of {Leads} leads and " +
            $"{Samples} samples take {expected}. Whoever made the batch must correct it.", part);
    }
}
