using EcgData.Signals;

namespace EcgData.Sources.Synthesis;

/// <summary>A fault that a synthetic tree holds on purpose, as genuine releases do by accident.</summary>
public enum SyntheticDefect
{
    /// <summary>The signal file ends too early, within a frame. Published checksums are those of the short file.</summary>
    TruncatedSignal,

    /// <summary>The signal file is not there, though tables and checksums name it.</summary>
    MissingFile,

    /// <summary>A checksum in the header is not the sum of its lead.</summary>
    HeaderChecksum,

    /// <summary>The header promises more samples than the signal file holds.</summary>
    HeaderLength,

    /// <summary>A stretch of one precordial lead is marked as missing (or NaN).</summary>
    MissingSamples,

    /// <summary>One precordial lead is zero throughout.</summary>
    FlatLead,

    /// <summary>Two limb leads are stored under each other's name.</summary>
    SwappedLeads,

    /// <summary>One precordial lead rails for 60 ms at a time, beyond 10 mV.</summary>
    Spikes,

    /// <summary>The record's row of the main table lacks its last fields.</summary>
    RaggedRow,

    /// <summary>In the table but not in RECORDS: the publisher has withdrawn it.</summary>
    Withdrawn,

    /// <summary>The signal file differs in one byte from the one whose SHA-256 is published.</summary>
    FileChecksum,

    /// <summary>The record has no row in the table of measurements, and so no labels.</summary>
    Unmeasured,

    /// <summary>The container holds the record, but the table that lists records does not.</summary>
    Unlisted,
}

/// <summary>A record of a synthetic tree with a planted defect, and what a build must make of it.</summary>
/// <param name="NativeId">The record's id as the imitated source publishes it.</param>
/// <param name="Reason">Why the record must be turned away at default settings, or null where it is kept.</param>
/// <param name="Flags">The flags that a kept record must carry on account of the defect.</param>
/// <param name="Listed">False where no table names the record, so that a catalogue cannot know it.</param>
public sealed record PlantedDefect(
    string NativeId, SyntheticDefect Defect, RejectionReason? Reason, RecordFlags Flags, bool Listed = true)
{
    internal static PlantedDefect Of(string nativeId, SyntheticDefect defect) => defect switch
    {
        SyntheticDefect.TruncatedSignal or SyntheticDefect.HeaderLength => new(nativeId, defect, RejectionReason.Truncated, default),
        SyntheticDefect.MissingFile => new(nativeId, defect, RejectionReason.MissingFile, default),
        SyntheticDefect.HeaderChecksum => new(nativeId, defect, RejectionReason.HeaderChecksum, default),
        SyntheticDefect.MissingSamples => new(nativeId, defect, null, RecordFlags.MissingSamples),
        SyntheticDefect.FlatLead => new(nativeId, defect, null, RecordFlags.FlatLead),
        SyntheticDefect.SwappedLeads => new(nativeId, defect, null, RecordFlags.LimbLeads),
        SyntheticDefect.Spikes => new(nativeId, defect, null, RecordFlags.Amplitude | RecordFlags.Clipped),
        SyntheticDefect.RaggedRow => new(nativeId, defect, RejectionReason.CatalogueRow, default),
        SyntheticDefect.Withdrawn => new(nativeId, defect, RejectionReason.Withdrawn, default),
        SyntheticDefect.FileChecksum => new(nativeId, defect, RejectionReason.FileChecksum, default),
        SyntheticDefect.Unmeasured => new(nativeId, defect, null, default),
        SyntheticDefect.Unlisted => new(nativeId, defect, null, default, Listed: false),
        _ => throw new ArgumentOutOfRangeException(nameof(defect)),
    };
}
