using EcgData.Signals;

namespace EcgData.Sources;

/// <summary>One record of a source as its metadata describes it; no signal has been read.</summary>
public sealed record CatalogueEntry
{
    /// <summary>The record's id as the source publishes it (PTB-XL's ecg_id <c>1</c>, MIMIC-IV-ECG's study_id).</summary>
    public required string NativeId { get; init; }

    /// <summary>The source's own patient id, or null where it has none.</summary>
    public string? PatientId { get; init; }

    /// <summary>The source's own folder that the record belongs to (a part, a site-year), "" where the source is one folder. Shards never cross it.</summary>
    public string Folder { get; init; } = "";

    /// <summary>
    /// Records of one neighbourhood lie side by side in the plan, and shards may hold several: a folder of the source that is too small to be
    /// a border (the patients of MIMIC-IV-ECG's <c>p1000</c>). "" where native ids alone bring together what is published together.
    /// </summary>
    public string Neighbourhood { get; init; } = "";

    /// <summary>The source's site or site-year, as published.</summary>
    public string? Site { get; init; }

    /// <summary>Time of the recording, as published (often shifted).</summary>
    public string? Recorded { get; init; }

    /// <summary>Years; a code for "above 89" is resolved to 90.</summary>
    public float? AgeYears { get; init; }

    /// <summary><c>male</c>, <c>female</c> or null.</summary>
    public string? Sex { get; init; }

    public IReadOnlyList<Label> Labels { get; init; } = [];

    /// <summary>The source's recommended fold, from 1, or null.</summary>
    public int? Fold { get; init; }

    /// <summary>The files that hold the record, the signal first. Paths are relative to the source's folder, parted by <c>/</c>.</summary>
    public IReadOnlyList<RecordFile> Files { get; init; } = [];

    /// <summary>Where in a container of many records this one stands (row of an HDF5 part); records are read in this order.</summary>
    public long Position { get; init; }

    /// <summary>Set where the metadata alone turns the record away.</summary>
    public Rejection? Rejection { get; init; }
}

/// <summary>A statement about a record: vocabulary and code (<c>scp:NORM</c>), and its likelihood in [0, 1], 1 where the source gives none.</summary>
public readonly record struct Label(string Code, float Weight = 1);

/// <summary>A file of a source.</summary>
/// <param name="Path">Relative to the source's folder, parted by <c>/</c>.</param>
/// <param name="Sha256">The published SHA-256 in lower-case hex, or null where none is published.</param>
/// <param name="IsContainer">True for a file of many records: it is hashed once for all of them, not with every record.</param>
public sealed record RecordFile(string Path, string? Sha256 = null, bool IsContainer = false);
