using System.Text.Json.Serialization;

namespace EcgData.Shards;

/// <summary>What a shard job left: <c>receipts/&lt;input digest&gt;.json</c>. Its inputs were those of the digest, its results are these.</summary>
public sealed record Receipt
{
    /// <summary>Version of the receipt's schema, which every input digest covers: receipts of another are not found.</summary>
    public const int CurrentSchemaVersion = 3;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    public required string InputDigest { get; init; }

    public required string Source { get; init; }

    /// <summary>The shard, or null where every record was rejected.</summary>
    public ReceiptShard? Shard { get; init; }

    /// <summary>Exact sums per lead.</summary>
    public required IReadOnlyDictionary<string, LeadStatistics> Statistics { get; init; }

    /// <summary>Signature of the shard's rows (<see cref="ContentSignature"/>), hex; null in receipts of schema version 2, which no build finds.</summary>
    public string? Signature { get; init; }

    /// <summary>Every record of the job in the order of the plan: what became of it.</summary>
    public required IReadOnlyList<RecordOutcome> Records { get; init; }
}

/// <summary>The shard that a receipt vouches for.</summary>
public sealed record ReceiptShard(string Path, string Sha256, long SizeBytes, int Rows, IReadOnlyList<RowGroupEntry> RowGroups);

/// <summary>The states in which a source record ends.</summary>
public enum RecordState
{
    [JsonStringEnumMemberName("kept")]
    Kept,

    [JsonStringEnumMemberName("kept with flags")]
    KeptWithFlags,

    [JsonStringEnumMemberName("rejected")]
    Rejected,
}

/// <summary>What became of a source record.</summary>
/// <param name="Id">Native id.</param>
/// <param name="Row">First of its rows in the shard, or null.</param>
/// <param name="Reason">The rejection's kebab-case reason, or null.</param>
/// <param name="Message">The rejection's sentence, or null.</param>
/// <param name="Checksums">SHA-256 per file as found where it is not the published one; null where all are.</param>
public sealed record RecordOutcome(
    string Id, RecordState State, int Flags, int Segments, int? Row, double? Hz, int? Samples, double Seconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Message = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Checksums = null);
