namespace EcgData.Signals;

/// <summary>Why a record is not in the corpus. The kebab-case form (<c>missing-file</c>) is what manifests and reports count.</summary>
public enum RejectionReason
{
    /// <summary>The record's row of the source's metadata cannot be read.</summary>
    CatalogueRow,

    /// <summary>The source itself has withdrawn the record.</summary>
    Withdrawn,

    /// <summary>A file that the catalogue names is not there.</summary>
    MissingFile,

    /// <summary>A file's SHA-256 is not the published one.</summary>
    FileChecksum,

    /// <summary>A header leads outside its source's folder.</summary>
    OutsideFolder,

    /// <summary>The header does not follow its format or contradicts itself.</summary>
    Header,

    /// <summary>A signal format, container or layout that is not read.</summary>
    UnsupportedFormat,

    /// <summary>Fewer bytes than the header promises.</summary>
    Truncated,

    /// <summary>A lead name that is not known for this source.</summary>
    UnknownLead,

    /// <summary>The stored values do not add up to the header's checksum.</summary>
    HeaderChecksum,

    /// <summary>No lead carries a signal: all are missing, absent or flat.</summary>
    NoSignal,

    /// <summary>More samples are missing than screening allows.</summary>
    MissingShare,

    /// <summary>More samples are beyond the clipping bound than screening allows.</summary>
    ClippedShare,

    /// <summary>Values that no ECG has.</summary>
    Amplitude,

    /// <summary>Shorter than the shortest segment.</summary>
    TooShort,

    /// <summary>The container could not be decoded for another reason.</summary>
    Unreadable,

    /// <summary>The patient was erased from the corpus.</summary>
    Erased,
}

/// <summary>Why a record was turned away: the reason that is counted and the sentence for people.</summary>
/// <param name="Reason">What is counted.</param>
/// <param name="Message">Where, what was found, what was expected, what to do.</param>
public sealed record Rejection(RejectionReason Reason, string Message);

/// <summary>A record cannot be read. Readers throw it; the read stage, and only it, turns it into a <see cref="Rejection"/>.</summary>
public sealed class RecordException(RejectionReason reason, string message, Exception? cause = null) : Exception(message, cause)
{
    public RejectionReason Reason { get; } = reason;
}
