using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EcgData.Signals;

namespace EcgData.Shards;

/// <summary>How JSON documents are written: one form, so that equal contents are equal bytes; unknown keys are errors.</summary>
public static class CorpusJson
{
    /// <summary>For documents that no reader is compiled for; null in a native image, which has no reflection.</summary>
    private static readonly DefaultJsonTypeInfoResolver? ByReflection = JsonSerializer.IsReflectionEnabledByDefault ? new() : null;

    /// <summary>For documents that people read: indented.</summary>
    public static JsonSerializerOptions Readable { get; } = With(CorpusDocuments.Default, indented: true);

    /// <summary>For receipts and hashes: one line.</summary>
    public static JsonSerializerOptions Compact { get; } = With(CorpusDocuments.Default, indented: false);

    /// <summary>For recipes, whose keys have defaults: compiled readers would put zeros in their place.</summary>
    public static JsonSerializerOptions Recipe { get; } = Create(indented: true, ByReflection);

    /// <summary>For documents whose readers and writers are compiled with the program, and for the corpus's, which they may contain.</summary>
    public static JsonSerializerOptions With(IJsonTypeInfoResolver documents, bool indented) =>
        Create(indented, JsonTypeInfoResolver.Combine(documents, CorpusDocuments.Default, ByReflection));

    /// <summary>What reads and writes a type.</summary>
    /// <exception cref="NotSupportedException">This is a native image, and no reader of the type was compiled.</exception>
    public static JsonTypeInfo<T> For<T>(this JsonSerializerOptions options) => (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions Create(bool indented, IJsonTypeInfoResolver? resolver)
    {
        var options = new JsonSerializerOptions
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = indented,
            NewLine = "\n",
            TypeInfoResolver = resolver,
            Converters =
            {
                new NameConverter<RejectionReason>(), new NameConverter<HeaderChecksumPolicy>(), new NameConverter<RecordState>(),
                new NameConverter<RecordChange>(), new NameConverter<RunEvent>(), new NameConverter<DriftPopulation>(), new NameConverter<DriftKind>(),
            },
        };
        if (JsonSerializer.IsReflectionEnabledByDefault) options.Converters.Add(new JsonStringEnumConverter(Names, allowIntegerValues: false));
        return options;
    }

    private static JsonNamingPolicy Names => JsonNamingPolicy.KebabCaseLower;

    /// <summary>Writes a value of an enumeration by its name.</summary>
    private sealed class NameConverter<T>() : JsonStringEnumConverter<T>(Names, allowIntegerValues: false)
        where T : struct, Enum;
}

/// <summary>The corpus's documents, whose readers and writers are compiled with the program: a build starts the sooner.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(VersionManifest))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(CatalogueGroup[]))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(ErasureList))]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(Subsets.SubsetManifest))]
[JsonSerializable(typeof(Subsets.DecontaminationCertificate))]
internal sealed partial class CorpusDocuments : JsonSerializerContext;
