using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcgData.Shards;

/// <summary>How the corpus's JSON documents are written: one form, so that equal contents are equal bytes; unknown keys are errors.</summary>
public static class CorpusJson
{
    /// <summary>For documents that people read: indented.</summary>
    public static JsonSerializerOptions Readable { get; } = Create(indented: true);

    /// <summary>For receipts and hashes: one line.</summary>
    public static JsonSerializerOptions Compact { get; } = Create(indented: false);

    private static JsonSerializerOptions Create(bool indented) => new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };
}
