using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>What a version of the corpus consists of: <c>versions/&lt;id&gt;/manifest.json</c>, schema in <c>schemas/</c>.</summary>
public sealed record VersionManifest
{
    /// <summary>Version of the manifest's, the catalogue's and the shards' schema.</summary>
    public const int CurrentSchemaVersion = 1;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>Hash of everything below: equal contents have equal ids.</summary>
    public required string Id { get; init; }

    /// <summary>What every record went through.</summary>
    public required ConditioningOptions Recipe { get; init; }

    /// <summary>SHA-256 of the recipe, hex.</summary>
    public required string RecipeHash { get; init; }

    public required int ProcessingVersion { get; init; }

    public required int WriterVersion { get; init; }

    /// <summary><see cref="CatalogueTableWriter.Version"/> of the catalogue; 0 where its writer was an older one, which took no row groups over.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]   // so that older manifests, which lack it, keep their ids
    public int CatalogueVersion { get; init; }

    /// <summary>
    /// Signature of all rows (<see cref="ContentSignature"/>), hex: two versions that hold the same rows have the same, however they are cut.
    /// Null where a source has none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]   // so that older manifests, which lack it, keep their ids
    public string? Signature { get; init; }

    /// <summary>In the order of their names.</summary>
    public required IReadOnlyList<SourceSummary> Sources { get; init; }

    public required VersionTotals Totals { get; init; }

    public required ManifestTable Catalogue { get; init; }

    public required ManifestTable RowGroups { get; init; }

    /// <summary>By source, then in the order of the plan.</summary>
    public required IReadOnlyList<ManifestShard> Shards { get; init; }

    /// <summary>The signature of several sources together; null where one of them has none.</summary>
    public static string? Join(IReadOnlyList<SourceSummary> sources) => sources.All(source => source.Signature is not null)
        ? sources.Aggregate(ContentSignature.None, (sum, source) => sum + ContentSignature.Parse(source.Signature!)).ToString()
        : null;

    /// <summary>Gives <paramref name="contents"/> the id that follows from it.</summary>
    public static VersionManifest Identify(VersionManifest contents) => contents with { Id = IdOf(contents) };

    /// <summary>The id that follows from the contents, whatever id they carry.</summary>
    public static string IdOf(VersionManifest contents)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(contents with { Id = "" }, CorpusJson.Compact.For<VersionManifest>());
        return Convert.ToHexStringLower(SHA256.HashData(bytes))[..20];
    }
}

/// <summary>What a version holds of one source.</summary>
public sealed record SourceSummary
{
    /// <summary>Name in the corpus, <c>ptb-xl</c> or <c>ptb-xl#site-b</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Name and release, <c>ptb-xl@1.0.3</c>.</summary>
    public required string Release { get; init; }

    public required string Licence { get; init; }

    public required int ReaderVersion { get; init; }

    /// <summary>What the recipe set for this source; "" where nothing.</summary>
    public required string Options { get; init; }

    public required RecordCounts Records { get; init; }

    /// <summary>Rows of its shards.</summary>
    public required long Segments { get; init; }

    /// <summary>Seconds of signal stored.</summary>
    public required double Seconds { get; init; }

    /// <summary>Rejected records by reason.</summary>
    public required IReadOnlyDictionary<string, long> Rejections { get; init; }

    /// <summary>Kept records by flag; a record may have several.</summary>
    public required IReadOnlyDictionary<string, long> Flags { get; init; }

    /// <summary>Signature of its rows, hex; null where it was carried over from a version of a program that made none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Signature { get; init; }

    /// <summary>Exact sums per lead over all stored values.</summary>
    public required IReadOnlyDictionary<string, LeadStatistics> Statistics { get; init; }
}

/// <summary>Source records by the state that each ended in.</summary>
public sealed record RecordCounts(long Read, long Kept, long KeptWithFlags, long Rejected)
{
    public static RecordCounts Zero { get; } = new(0, 0, 0, 0);

    /// <summary>Every record ended in exactly one state.</summary>
    [JsonIgnore]
    public bool AddUp => Read == Kept + KeptWithFlags + Rejected;

    public static RecordCounts operator +(RecordCounts a, RecordCounts b) => Add(a, b);

    public static RecordCounts Add(RecordCounts a, RecordCounts b) =>
        new(a.Read + b.Read, a.Kept + b.Kept, a.KeptWithFlags + b.KeptWithFlags, a.Rejected + b.Rejected);
}

/// <summary>Exact integer sums over a lead's stored values, microvolt.</summary>
public sealed record LeadStatistics(long Count, long Sum, long SumOfSquares, short Minimum, short Maximum)
{
    /// <summary>One entry per lead that has values, in the montage's order, by its column name.</summary>
    public static IReadOnlyDictionary<string, LeadStatistics> Of(LeadSums sums)
    {
        var statistics = new SortedDictionary<string, LeadStatistics>(
            Comparer<string>.Create((a, b) => Montage.ColumnNames.IndexOf(a).CompareTo(Montage.ColumnNames.IndexOf(b))));
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            if (sums.Count[lead] == 0) continue;
            statistics[Montage.ColumnNames[lead]] = new LeadStatistics(
                sums.Count[lead], sums.Sum[lead], sums.SumOfSquares[lead], sums.Minimum[lead], sums.Maximum[lead]);
        }

        return statistics;
    }
}

/// <summary>A version as a whole.</summary>
public sealed record VersionTotals(RecordCounts Records, long Segments, double Seconds, int Shards, long SizeBytes);

/// <summary>A table of a version.</summary>
public sealed record ManifestTable(string Sha256, long SizeBytes, long Rows);

/// <summary>A shard of a version.</summary>
/// <param name="Path">Its name in the corpus, which ends in its SHA-256; null where every record of the job was rejected.</param>
/// <param name="InputDigest">Names its receipt.</param>
/// <param name="Records">Source records of the job, rejected ones included.</param>
public sealed record ManifestShard(
    string? Path, string? Sha256, long SizeBytes, int Rows, string Source, string InputDigest, int Records);
