namespace EcgData.Shards;

/// <summary>What one version has that another has not, and why.</summary>
/// <param name="Causes">What every record went through, where it is another: <c>recipe.segmentSeconds: 10, now 5</c>.</param>
/// <param name="Sources">In the order of their names; sources that are the same in both are left out.</param>
/// <param name="FromSignature">Signature of the earlier version's rows; null where it has none.</param>
/// <param name="ToSignature">Signature of the later version's rows; null where it has none.</param>
public sealed record VersionDifference(
    string From, string To, IReadOnlyList<string> Causes, IReadOnlyList<SourceDifference> Sources, string? FromSignature = null, string? ToSignature = null)
{
    /// <summary>Whether both hold the same rows, however they are cut into shards; null where that is not known.</summary>
    public bool? SameRows => FromSignature is null || ToSignature is null ? null : FromSignature == ToSignature;

    public bool IsNone => Causes.Count == 0 && Sources.Count == 0;
}

/// <summary>What has become of a source.</summary>
/// <param name="Causes">Its reader's version, release, licence or options, where another.</param>
/// <param name="Records">Records by what has become of them; a record may have changed in several ways.</param>
/// <param name="Modified">Records that are in both versions and have changed in at least one way.</param>
/// <param name="Examples">Some ids of each, in the order of the catalogue.</param>
/// <param name="ShardsKept">Shards that both versions have.</param>
/// <param name="ShardsAdded">Shards that only the later has.</param>
/// <param name="ShardsRemoved">Shards that only the earlier has.</param>
public sealed record SourceDifference(
    string Name, IReadOnlyList<string> Causes, IReadOnlyDictionary<RecordChange, long> Records, long Modified,
    IReadOnlyDictionary<RecordChange, IReadOnlyList<string>> Examples, int ShardsKept, int ShardsAdded, int ShardsRemoved);

/// <summary>What has become of a record between two versions.</summary>
public enum RecordChange
{
    Added,
    Removed,

    /// <summary>Other files, or other bytes in them.</summary>
    Files,

    /// <summary>Other labels or weights.</summary>
    Labels,

    /// <summary>Another patient, site, age, sex, fold, time or licence.</summary>
    Metadata,

    /// <summary>Kept or rejected, for another reason, with other flags or another number of segments.</summary>
    Outcome,

    /// <summary>Left out because the patient was erased.</summary>
    Erased,
}
