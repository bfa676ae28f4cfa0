using System.Text.Json.Serialization;
using EcgData.Ingest;
using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Pipelines;

/// <summary>What <c>build --json</c> prints.</summary>
internal sealed record BuildDocument(
    string Version, string? Parent, bool Changed, double Seconds, int ShardsBuilt, int ShardsReused, VersionTotals Totals,
    IReadOnlyList<BuiltSource> Sources, IReadOnlyList<string> BeyondRejectionLimit, IReadOnlyList<RunEvent> Events, string? Report);

/// <summary>A source of a <see cref="BuildDocument"/>.</summary>
internal sealed record BuiltSource(
    string Name, string Release, RecordCounts Records, long Segments, IReadOnlyDictionary<string, long> Rejections, IReadOnlyDictionary<string, long> Flags);

/// <summary>What <c>build --dry-run --json</c> prints.</summary>
internal sealed record DryRunDocument(
    bool DryRun, string? Parent, IReadOnlyList<IReadOnlyDictionary<string, object>> Plan, long? FreeBytes, IReadOnlyList<BuildObjection> Objections);

/// <summary>What speaks against a build.</summary>
internal sealed record BuildObjection(string Kind, string? Source, string Message)
{
    public static BuildObjection Of(Objection objection) => new(KebabCase.Of(objection.Kind), objection.Source, objection.Message);
}

/// <summary>What <c>build --plan --json</c> prints.</summary>
internal sealed record PlannedDocument(string Plan, string? Parent, int Shards, int ShardsToBuild, long RecordsToBuild);

/// <summary>What <c>build --part --json</c> prints.</summary>
internal sealed record PartDocument(string Plan, int Part, int Parts, int ShardsBuilt, int ShardsReused, long Records, long Rejected);

/// <summary>What <c>build --finish --json</c> prints where shards are missing.</summary>
internal sealed record UnfinishedDocument(string Plan, string? Version, IReadOnlyList<string> Missing);

/// <summary>What <c>build --finish --json</c> prints once the version is committed.</summary>
internal sealed record FinishedDocument(
    string Plan, string Version, string? Parent, bool Changed, VersionTotals Totals, IReadOnlyList<string> Missing, IReadOnlyList<RunEvent> Events, string? Report);

/// <summary>Writers of these documents, compiled with the program: a native image has no others.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(BuildDocument))]
[JsonSerializable(typeof(DryRunDocument))]
[JsonSerializable(typeof(PlannedDocument))]
[JsonSerializable(typeof(PartDocument))]
[JsonSerializable(typeof(UnfinishedDocument))]
[JsonSerializable(typeof(FinishedDocument))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
internal sealed partial class BuildDocuments : JsonSerializerContext;
