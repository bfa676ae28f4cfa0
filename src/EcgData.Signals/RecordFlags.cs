namespace EcgData.Signals;

/// <summary>What screening noticed about a record that is kept. The bits are part of the shard schema and never change meaning.</summary>
[Flags]
public enum RecordFlags
{
    None = 0,

    /// <summary>At least one standard lead is neither in the source nor derivable.</summary>
    MissingLead = 1 << 0,

    /// <summary>At least one lead does not move.</summary>
    FlatLead = 1 << 1,

    /// <summary>Samples were missing and have been filled; see <c>gaps</c>.</summary>
    MissingSamples = 1 << 2,

    /// <summary>Samples were beyond the clipping bound and have been clipped.</summary>
    Clipped = 1 << 3,

    /// <summary>The amplitude is implausible for an ECG, though storable.</summary>
    Amplitude = 1 << 4,

    /// <summary>The record is shorter than a whole segment.</summary>
    Short = 1 << 5,

    /// <summary>The stored values do not add up to the header's checksum.</summary>
    HeaderChecksum = 1 << 6,

    /// <summary>The limb leads contradict Einthoven's or Goldberger's identities: leads may be swapped.</summary>
    LimbLeads = 1 << 7,

    /// <summary>At least one lead was computed from others; see <c>derived_leads</c>.</summary>
    DerivedLead = 1 << 8,

    /// <summary>The source has leads that the corpus does not store.</summary>
    UnstoredLead = 1 << 9,
}
