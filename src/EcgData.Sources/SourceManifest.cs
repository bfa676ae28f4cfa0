using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcgData.Sources;

/// <summary>What a source release consists of: a file of <c>manifests/</c>, part of the program.</summary>
public sealed record SourceManifest
{
    /// <summary>Name on the command line, <c>ptb-xl</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Release, <c>1.0.3</c>; "" where there are no releases.</summary>
    public required string Version { get; init; }

    /// <summary>Day of the release, <c>2022-11-09</c>.</summary>
    public string? Published { get; init; }

    public required string Title { get; init; }

    /// <summary>SPDX identifier or the licence's own name.</summary>
    public required string Licence { get; init; }

    /// <summary>open, credentialed or restricted.</summary>
    public required string Access { get; init; }

    public long? Records { get; init; }

    public long? Patients { get; init; }

    /// <summary>Bytes to download, where known.</summary>
    public long? SizeBytes { get; init; }

    public required string Citation { get; init; }

    public string? Doi { get; init; }

    /// <summary>Address of the release.</summary>
    public string? Home { get; init; }

    /// <summary>What to download and how it must lie.</summary>
    public required string Download { get; init; }

    /// <summary>The release's tables and other fixed files, with what is published about them.</summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary><c>ptb-xl@1.0.3</c>: what a shard's <c>source</c> column holds.</summary>
    public string Release => Version.Length == 0 ? Name : $"{Name}@{Version}";

    /// <summary>The manifest called <paramref name="name"/> that the program carries.</summary>
    public static SourceManifest Load(string name)
    {
        using var stream = typeof(SourceManifest).Assembly.GetManifestResourceStream($"manifests/{name}.json")
            ?? throw new ArgumentException($"There is no source manifest '{name}' in this program.", nameof(name));
        return JsonSerializer.Deserialize(stream, ManifestDocuments.Default.SourceManifest)!;
    }
}

/// <summary>A fixed file of a release.</summary>
/// <param name="Required">A build of the source needs it.</param>
public sealed record ManifestFile(string Path, bool Required, long? SizeBytes = null, string? Sha256 = null, string? Md5 = null);

/// <summary>Manifests are read by code that is compiled with the program: it starts the sooner.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(SourceManifest))]
internal sealed partial class ManifestDocuments : JsonSerializerContext;
