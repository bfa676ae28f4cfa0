namespace EcgData.Signals;

/// <summary>How a record becomes segments.</summary>
public sealed record ConditioningOptions
{
    /// <summary>Largest amplitude that a shard can hold, millivolt: differences of neighbouring samples then fit 16 bits.</summary>
    public const double StorageBoundMillivolt = 8.191;

    /// <summary>Sampling frequency of every segment, Hz. Default: the study's.</summary>
    public int SamplingFrequencyHz { get; init; } = 240;

    /// <summary>Length of a whole segment, seconds.</summary>
    public double SegmentSeconds { get; init; } = 10;

    /// <summary>Shortest remainder, and shortest record, that is kept, seconds. Default: the study's crop.</summary>
    public double MinimumSeconds { get; init; } = 2.5;

    public ScreeningOptions Screening { get; init; } = new();
}

/// <summary>When a record is flagged and when it is turned away. Shares are of all samples of the leads that the source recorded.</summary>
public sealed record ScreeningOptions
{
    /// <summary>
    /// A lead whose values span less than this, in millivolt, is flat. More than one step of the coarsest sources (5 µV at
    /// 200 per millivolt): a dead lead that flickers by one is flat.
    /// </summary>
    public double FlatMillivolt { get; init; } = 0.006;

    /// <summary>A record with fewer leads that carry a signal (not flat, not all missing) is turned away.</summary>
    public int MinimumLeads { get; init; } = 1;

    /// <summary>A record with a larger share of missing samples is turned away: more than half of it would be straight lines.</summary>
    public double MaximumMissingShare { get; init; } = 0.5;

    /// <summary>
    /// A record with a larger share of samples beyond the clipping bound is turned away. High, because single leads of sources
    /// without a high-pass filter lie beyond it as a whole (CODE-15% has offsets of −8 mV): they are flagged.
    /// </summary>
    public double MaximumClippedShare { get; init; } = 0.9;

    /// <summary>Amplitude beyond which a record is flagged, millivolt. 12 % of CODE-15% are; sources without a high-pass filter drift that far.</summary>
    public double ImplausibleMillivolt { get; init; } = 10;

    /// <summary>Amplitude beyond which a record is turned away, millivolt: no ECG front end measures more (MIMIC-IV-ECG rails at 163.8).</summary>
    public double MaximumMillivolt { get; init; } = 200;

    /// <summary>
    /// Relative RMS error of the limb-lead identities beyond which a record is flagged. Right orders of 194 genuine recordings of six
    /// sources stay below 0.05, swapped ones begin at 0.37.
    /// </summary>
    public double MaximumLimbLeadResidual { get; init; } = 0.2;

    /// <summary>What happens to a record whose values do not add up to the header's checksum.</summary>
    public HeaderChecksumPolicy HeaderChecksum { get; init; } = HeaderChecksumPolicy.Reject;
}

/// <summary>What a wrong checksum in a WFDB header means for its record.</summary>
public enum HeaderChecksumPolicy
{
    /// <summary>The record is turned away.</summary>
    Reject,

    /// <summary>The record is kept with a flag.</summary>
    Flag,
}
