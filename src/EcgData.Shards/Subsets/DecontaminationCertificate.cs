using System.Text.Json.Serialization;

namespace EcgData.Shards.Subsets;

/// <summary>
/// Which patients a subset leaves out because models are judged on them: <c>NAME.certificate.json</c> beside the subset, schema in
/// <c>schemas/</c>. It is pinned to the subset by digest, and <see cref="DecontaminationCheck"/> holds it against the corpus.
/// </summary>
public sealed record DecontaminationCertificate
{
    /// <summary>Version of the schema.</summary>
    public const int CurrentSchemaVersion = 1;

    private const long LargestFileBytes = 1L << 30;   // 20 bytes a patient

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>SHA-256 of this document without it, hex.</summary>
    public required string Digest { get; init; }

    /// <summary>Id of the version.</summary>
    public required string Version { get; init; }

    /// <summary>Digest of the subset manifest.</summary>
    public required string Subset { get; init; }

    /// <summary>Digest of the subset's record list.</summary>
    public required string RecordsDigest { get; init; }

    public required IReadOnlyList<CertifiedTask> Tasks { get; init; }

    /// <summary>Patient groups that are left out.</summary>
    public required long Groups { get; init; }

    /// <summary>Kept records that the predicate would allow and that are left out for these groups.</summary>
    public required long RecordsLeftOut { get; init; }

    /// <summary>Links by which patients were joined to groups.</summary>
    public required IReadOnlyList<LinkReport> Links { get; init; }

    /// <summary>Fold files by which the tasks' folds were read; else the catalogue's folds were.</summary>
    public required IReadOnlyList<FoldReport> Folds { get; init; }

    /// <summary>Keys of all patients of these groups, in rising order.</summary>
    [JsonConverter(typeof(OneLineTexts))]
    public required IReadOnlyList<string> Patients { get; init; }

    /// <summary>Where the certificate of a subset lies.</summary>
    /// <param name="subsetPath">Path of the subset manifest.</param>
    public static string PathOf(string subsetPath) => Path.ChangeExtension(subsetPath, null) + ".certificate.json";

    /// <exception cref="CorpusException">There is no such file, or it is no certificate, or not as it was written.</exception>
    public static async Task<DecontaminationCertificate> ReadAsync(string path, CancellationToken cancel = default)
    {
        var certificate = await SubsetDocument.ReadAsync<DecontaminationCertificate>(path, "a decontamination certificate", LargestFileBytes, cancel);
        if (certificate.SchemaVersion != CurrentSchemaVersion)
            throw new CorpusException(
                $"{path}: schema version {certificate.SchemaVersion}; readable is {CurrentSchemaVersion}. Make the subset again with this release.");
        return DigestOf(certificate) == certificate.Digest
            ? certificate
            : throw new CorpusException(
                $"{path}: its contents do not have the digest that it states, {certificate.Digest}: the file was changed or damaged. " +
                "Make the subset again with --exclude-evaluation.");
    }

    /// <summary>Gives <paramref name="contents"/> the digest that follows from it.</summary>
    public static DecontaminationCertificate Identify(DecontaminationCertificate contents) => contents with { Digest = DigestOf(contents) };

    private static string DigestOf(DecontaminationCertificate contents) => SubsetDocument.DigestOf(contents with { Digest = "" });
}

/// <summary>An evaluation task that a certificate is about.</summary>
/// <param name="Source">Name in the corpus.</param>
/// <param name="Folds">In rising order; empty: all.</param>
/// <param name="Records">Catalogued records of it, rejected ones included.</param>
/// <param name="Groups">Patient groups with such a record.</param>
public sealed record CertifiedTask(string Source, IReadOnlyList<int> Folds, long Records, long Groups)
{
    [JsonIgnore]
    public EvaluationTask Task => new(Source, Folds);
}
