using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>How a corpus is built; the whole of it has defaults. Schema: <c>schemas/build-recipe.schema.json</c>.</summary>
public sealed record BuildRecipe
{
    /// <summary>What every record goes through. A corpus has one of these: the sources that are not built again must have had the same.</summary>
    public ConditioningOptions Conditioning { get; init; } = new();

    public ShardOptions Shards { get; init; } = new();

    /// <summary>Settings of single sources, by name.</summary>
    public IReadOnlyDictionary<string, SourceOptions> Sources { get; init; } = new Dictionary<string, SourceOptions>();

    /// <summary>When a build ends with exit code 1.</summary>
    public AcceptanceOptions Acceptance { get; init; } = new();

    /// <summary>What counts as drift against the version before.</summary>
    public DriftOptions Drift { get; init; } = new();

    /// <summary>A reader that is compiled with the program, so that a build starts the sooner. It puts zeros where a key is missing, not defaults.</summary>
    public static JsonSerializerOptions Compiled { get; } = CorpusJson.With(IngestDocuments.Default, indented: true);

    private static JsonSerializerOptions Compact { get; } = CorpusJson.With(IngestDocuments.Default, indented: false);

    /// <summary>SHA-256 of <see cref="Conditioning"/>, hex.</summary>
    public string ConditioningHash() => Hash(Conditioning);

    /// <summary>What the recipe sets for a source, as one line; "" where nothing.</summary>
    public string OptionsOf(string source) =>
        Sources.TryGetValue(source, out var options) ? JsonSerializer.Serialize(options, Compact.For<SourceOptions>()) : "";

    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        var conditioning = Conditioning;
        Check(conditioning.SamplingFrequencyHz is >= 10 and <= 2000, "conditioning.samplingFrequencyHz", "10 to 2000 Hz");
        Check(conditioning.SegmentSeconds is > 0 and <= 3600, "conditioning.segmentSeconds", "more than 0, at most 3600 s");
        Check(conditioning.MinimumSeconds > 0 && conditioning.MinimumSeconds <= conditioning.SegmentSeconds,
            "conditioning.minimumSeconds", "more than 0, at most segmentSeconds");
        var screening = conditioning.Screening;
        Check(screening.FlatMillivolt >= 0, "conditioning.screening.flatMillivolt", "0 or more");
        Check(screening.MinimumLeads is >= 1 and <= Montage.LeadCount, "conditioning.screening.minimumLeads", "1 to 12");
        Check(screening.MaximumMissingShare is >= 0 and <= 1, "conditioning.screening.maximumMissingShare", "0 to 1");
        Check(screening.MaximumClippedShare is >= 0 and <= 1, "conditioning.screening.maximumClippedShare", "0 to 1");
        Check(screening.ImplausibleMillivolt > 0, "conditioning.screening.implausibleMillivolt", "more than 0");
        Check(screening.MaximumMillivolt >= screening.ImplausibleMillivolt,
            "conditioning.screening.maximumMillivolt", "at least implausibleMillivolt");
        Check(screening.MaximumLimbLeadResidual > 0, "conditioning.screening.maximumLimbLeadResidual", "more than 0");
        Check(Shards.TargetRows is >= 16 and <= 16_384, "shards.targetRows", "16 to 16384");
        Check(Acceptance.MaximumRejectedShare is >= 0 and <= 1, "acceptance.maximumRejectedShare", "0 to 1");
        Check(Drift.MinimumRecords >= 1, "drift.minimumRecords", "1 or more");
        Check(Drift.RecordsChange >= 0, "drift.recordsChange", "0 or more");
        Check(Drift.RejectedShareChange >= 0, "drift.rejectedShareChange", "0 or more");
        Check(Drift.FlagShareChange >= 0, "drift.flagShareChange", "0 or more");
        Check(Drift.LabelDivergenceBits >= 0, "drift.labelDivergenceBits", "0 or more");
        Check(Drift.LeadMeanShift >= 0, "drift.leadMeanShift", "0 or more");
        Check(Drift.LeadDeviationLogRatio >= 0, "drift.leadDeviationLogRatio", "0 or more");

        static void Check(bool holds, string key, string expected)
        {
            if (!holds) throw new ArgumentException($"Recipe key '{key}' is out of range. Expected {expected}.");
        }
    }

    private static string Hash<T>(T value) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, Compact.For<T>())));
}

/// <summary>How records are cut into shards.</summary>
public sealed record ShardOptions
{
    /// <summary>Rows of a shard on average; single shards lie between half and four times of it. 2,048 rows are about 70 MB.</summary>
    public int TargetRows { get; init; } = 2048;
}

/// <summary>What a build must reach to end with exit code 0.</summary>
public sealed record AcceptanceOptions
{
    /// <summary>Largest share of a source's records that may be rejected.</summary>
    public double MaximumRejectedShare { get; init; } = 0.1;

    /// <summary>Names of the sources of which more was rejected.</summary>
    /// <param name="built">The sources that the build was about: what was carried over has been judged before.</param>
    public IReadOnlyList<string> FindExceeded(VersionManifest version, IEnumerable<string> built) =>
        [.. version.Sources.Where(source => source.Records.Rejected > MaximumRejectedShare * source.Records.Read).Select(source => source.Name).Intersect(built)];
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(BuildRecipe))]
[JsonSerializable(typeof(PlanDocument))]
internal sealed partial class IngestDocuments : JsonSerializerContext;
