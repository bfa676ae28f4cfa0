using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcgData.Shards.Subsets;

/// <summary>Which records of a version a subset holds, and how they came to be: <c>NAME.json</c>, schema in <c>schemas/</c>.</summary>
/// <remarks>Holds no record's name: a record is reached through the rows that <see cref="SubsetSelection"/> loads.</remarks>
public sealed record SubsetManifest
{
    /// <summary>Version of the schema.</summary>
    public const int CurrentSchemaVersion = 1;

    private const long LargestFileBytes = 1 << 26;   // a row count per shard of 100 million records takes half a megabyte

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>SHA-256 of this document without it, hex: what certificates, runs and exports name the subset by.</summary>
    public required string Digest { get; init; }

    /// <summary>Id of the version that it is a part of.</summary>
    public required string Version { get; init; }

    /// <summary>The rung, <c>18k</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Keys the rank of the patients.</summary>
    public required ulong Seed { get; init; }

    public required SubsetPredicate Predicate { get; init; }

    /// <summary>Its size: kept records. All segments of a record belong to it.</summary>
    public required long Records { get; init; }

    /// <summary>Rows of shards.</summary>
    public required long Segments { get; init; }

    public required long Patients { get; init; }

    /// <summary>SHA-256, hex, of its record ids in the subset's order, each followed by a line feed.</summary>
    public required string RecordsDigest { get; init; }

    /// <summary>Whether records that are added to the corpus leave the order of the others alone.</summary>
    public required bool GrowthStable { get; init; }

    /// <summary>The last record in the subset's order; null where the subset is empty.</summary>
    public required SubsetPlace? Last { get; init; }

    /// <summary>
    /// Where the subset is the first rows of every shard: how many of each shard that the version manifest lists with a path, in its order.
    /// Else null, and <see cref="Selection"/> names the rows.
    /// </summary>
    [JsonConverter(typeof(OneLineNumbers))]
    public required IReadOnlyList<int>? ShardRows { get; init; }

    public required SelectionFileEntry? Selection { get; init; }

    public required SubsetTerms Terms { get; init; }

    /// <summary>In the order of their names; only those that it holds records of.</summary>
    public required IReadOnlyList<SubsetSource> Sources { get; init; }

    public required SubsetReport Report { get; init; }

    /// <summary>The file that it was read from.</summary>
    [JsonIgnore]
    public string? Path { get; init; }

    /// <exception cref="CorpusException">There is no such file, or it is no subset manifest, or not as it was written.</exception>
    public static async Task<SubsetManifest> ReadAsync(string path, CancellationToken cancel = default)
    {
        var manifest = await SubsetDocument.ReadAsync<SubsetManifest>(path, "a subset manifest", LargestFileBytes, cancel);
        if (manifest.SchemaVersion != CurrentSchemaVersion)
            throw new CorpusException(
                $"{path}: schema version {manifest.SchemaVersion}; readable is {CurrentSchemaVersion}. Make the subset again with this release.");
        if (DigestOf(manifest) != manifest.Digest)
            throw new CorpusException(
                $"{path}: its contents do not have the digest that it states, {manifest.Digest}: the file was changed or damaged. Make the subset again.");
        if (manifest.ShardRows is null == manifest.Selection is null || manifest.Records < 0 || manifest.Segments < manifest.Records)
            throw new CorpusException(
                $"{path}: {manifest.Records} records in {manifest.Segments} segments, with {(manifest.ShardRows is null ? "neither" : "both")} " +
                "shard rows and a selection file. Expected exactly one of the two. Make the subset again.");
        return manifest with { Path = path };
    }

    /// <summary>Gives <paramref name="contents"/> the digest that follows from it.</summary>
    public static SubsetManifest Identify(SubsetManifest contents) => contents with { Digest = DigestOf(contents) };

    private static string DigestOf(SubsetManifest contents) => SubsetDocument.DigestOf(contents with { Digest = "" });
}

/// <summary>A record's place in the order of a subset: by rank of its patient (group), then patient, then record id.</summary>
/// <remarks>Of a subset by the default seed without predicate, this is all that SQL over the shards needs: rank, patient and record_id up to it.</remarks>
public sealed record SubsetPlace(long Rank, string Patient, string RecordId);

/// <summary>The selection file beside the manifest.</summary>
/// <param name="File">Its name, without folder.</param>
public sealed record SelectionFileEntry(string File, string Sha256, long SizeBytes);

/// <summary>What a subset holds of a source.</summary>
public sealed record SubsetSource(string Name, string Release, string Licence, string Access, long Records, long Segments);

/// <summary>How far a subset is from what was asked for, and what was found on the way.</summary>
public sealed record SubsetReport
{
    /// <summary>Kept records of the version that the predicate allows.</summary>
    public required long Allowed { get; init; }

    /// <summary>The patient whose records are only in part in the subset, null where none is.</summary>
    public string? SplitPatient { get; init; }

    /// <summary>Patient groups of more than one patient.</summary>
    public long JoinedGroups { get; init; }

    public IReadOnlyList<QuotaDeviation> Quotas { get; init; } = [];

    public IReadOnlyList<LinkReport> Links { get; init; } = [];

    public IReadOnlyList<FoldReport> Folds { get; init; } = [];
}

/// <summary>A quota and what became of it.</summary>
/// <param name="Value">The column's value; <c>others</c> for all that have no share of their own.</param>
/// <param name="Wanted">Share asked for.</param>
/// <param name="Found">Share of the subset's records.</param>
/// <param name="Exhausted">The deviation is there because no more records of the value were to be had.</param>
public sealed record QuotaDeviation(string Column, string Value, double Wanted, double Found, long Records, bool Exhausted);

/// <summary>Links that join patients to groups.</summary>
/// <param name="Origin"><c>catalogue</c>, or the name of a file of record-id pairs.</param>
/// <param name="Sha256">Of the file; null for the catalogue.</param>
/// <param name="Unknown">Pairs of which a record is not in the version.</param>
public sealed record LinkReport(string Origin, string? Sha256, long Pairs, long Unknown);

/// <summary>Folds that were imported, and where they contradict.</summary>
/// <param name="File">Its name, without folder.</param>
/// <param name="Records">Its lines.</param>
/// <param name="Unknown">Records that are not in the version.</param>
/// <param name="Differ">Records whose fold differs from the one that the catalogue, or a file before it, gives.</param>
/// <param name="SplitGroups">Patient groups whose records it puts into more than one fold.</param>
public sealed record FoldReport(string File, string Sha256, long Records, long Unknown, long Differ, long SplitGroups);
