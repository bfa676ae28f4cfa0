using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace EcgData.Shards;

/// <summary>How JSON documents are written: one form, so that equal contents are equal bytes; unknown keys are errors.</summary>
public static class CorpusJson
{
    private static readonly DefaultJsonTypeInfoResolver ByReflection = new();

    /// <summary>For documents that people read: indented.</summary>
    public static JsonSerializerOptions Readable { get; } = Create(indented: true, WithCorpusDocuments);

    /// <summary>For receipts and hashes: one line.</summary>
    public static JsonSerializerOptions Compact { get; } = Create(indented: false, WithCorpusDocuments);

    /// <summary>For recipes, whose keys have defaults: compiled readers would put zeros in their place.</summary>
    public static JsonSerializerOptions Recipe { get; } = Create(indented: true, ByReflection);

    /// <summary>For recipes by a compiled reader, to which every key is told.</summary>
    /// <param name="documents">The reader.</param>
    public static JsonSerializerOptions CompiledRecipe(IJsonTypeInfoResolver documents) => Create(indented: true, documents);

    private static IJsonTypeInfoResolver WithCorpusDocuments => JsonTypeInfoResolver.Combine(CorpusDocuments.Default, ByReflection);

    private static JsonSerializerOptions Create(bool indented, IJsonTypeInfoResolver resolver) => new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        NewLine = "\n",
        TypeInfoResolver = resolver,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };
}

/// <summary>The corpus's documents, whose readers and writers are compiled with the program: a build starts the sooner.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(VersionManifest))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(CatalogueGroup[]))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(ErasureList))]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(Subsets.SubsetManifest))]
[JsonSerializable(typeof(Subsets.DecontaminationCertificate))]
internal sealed partial class CorpusDocuments : JsonSerializerContext;
