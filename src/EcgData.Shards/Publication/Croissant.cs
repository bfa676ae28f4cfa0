using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcgData.Shards.Parquet;
using EcgData.Signals;

namespace EcgData.Shards.Publication;

/// <summary>A version as search engines and loaders of machine-learning data sets understand it: <c>croissant.json</c>.</summary>
/// <remarks>
/// MLCommons, Croissant Format Specification 1.0. It follows from the manifest and the sources alone: <c>datePublished</c> is the day of
/// the newest release that the version holds, and is left out where no source tells one.
/// </remarks>
public static class Croissant
{
    private const string Parquet = "application/x-parquet";

    /// <param name="sources">Of every source of the version.</param>
    public static byte[] Describe(VersionManifest version, IReadOnlyList<SourceDescription> sources)
    {
        var document = new JsonObject
        {
            ["@context"] = Context(),
            ["@type"] = "sc:Dataset",
            ["conformsTo"] = "http://mlcommons.org/croissant/1.0",
            ["name"] = $"EcgData corpus {version.Id}",
            ["description"] =
                $"{version.Totals.Segments} segments of {version.Totals.Records.Kept + version.Totals.Records.KeptWithFlags} twelve-lead electrocardiograms " +
                $"at {version.Recipe.SamplingFrequencyHz} Hz in microvolt, from {string.Join(", ", sources.Select(source => source.Title))}. " +
                "Sharded Parquet, one row per segment.",
            ["version"] = version.Id,
            ["url"] = sources.Select(source => source.Home).OfType<string>().FirstOrDefault() ?? "https://mlcommons.org/croissant",
            ["license"] = OneOrMany(sources.Select(source => source.LicenceAddress)),
            ["creator"] = OneOrMany(sources.Select(source => source.Title), title => new JsonObject { ["@type"] = "sc:Organization", ["name"] = $"The authors of {title}" }),
            ["citeAs"] = string.Join(" ", sources.Select(source => source.Citation).Distinct(StringComparer.Ordinal)),
            ["isBasedOn"] = OneOrMany(sources.Select(source => source.Doi is { } doi ? $"https://doi.org/{doi}" : source.Home ?? source.Title)),
            ["keywords"] = new JsonArray("electrocardiography", "ECG", "time series"),
            ["isLiveDataset"] = false,
            ["distribution"] = Distribution(version),
            ["recordSet"] = new JsonArray(Segments(), Records()),
        };
        if (sources.Select(source => source.Published).OfType<string>().Max(StringComparer.Ordinal) is { } newest) document["datePublished"] = newest;
        return JsonSerializer.SerializeToUtf8Bytes(document, CorpusJson.Readable.For<JsonObject>());
    }

    private static JsonArray Distribution(VersionManifest version)
    {
        var manifest = JsonSerializer.SerializeToUtf8Bytes(version, CorpusJson.Readable.For<VersionManifest>());
        var shards = version.Shards.Select(shard => shard.Path).OfType<string>().ToList();
        return new JsonArray(
            File("manifest.json", "application/json", Convert.ToHexStringLower(SHA256.HashData(manifest)), manifest.Length, "The version manifest: every shard with its SHA-256."),
            File("catalogue.parquet", Parquet, version.Catalogue.Sha256, version.Catalogue.SizeBytes, "One row per source record, the rejected ones included."),
            File("rowgroups.parquet", Parquet, version.RowGroups.Sha256, version.RowGroups.SizeBytes, "One row per row group of a shard."),
            new JsonObject
            {
                ["@type"] = "cr:FileSet",
                ["@id"] = "shards",
                ["name"] = "shards",
                ["description"] = "The shards of this version, relative to the corpus.",
                ["encodingFormat"] = Parquet,
                ["includes"] = new JsonArray([.. shards.Select(path => JsonValue.Create(path))]),
            });
    }

    private static JsonObject File(string name, string format, string sha256, long sizeBytes, string description) => new()
    {
        ["@type"] = "cr:FileObject",
        ["@id"] = name,
        ["name"] = name,
        ["description"] = description,
        ["contentUrl"] = name,
        ["encodingFormat"] = format,
        ["sha256"] = sha256,
        ["contentSize"] = $"{sizeBytes} B",
    };

    private static JsonObject Segments() => new()
    {
        ["@type"] = "cr:RecordSet",
        ["@id"] = "segments",
        ["name"] = "segments",
        ["description"] = "The stored segments: twelve leads, and what is known of patient and recording.",
        ["key"] = new JsonArray(Reference("segments/record_id"), Reference("segments/segment")),
        ["field"] = new JsonArray([.. ShardSchema.Columns.Select(column => Field(
            "segments", column.Name, TypeOf(column.Physical), column.IsList, new JsonObject { ["fileSet"] = Reference("shards") },
            column is LeadColumn lead ? $"Lead {Montage.Names[(int)lead.Lead]}, microvolt; null where the source has no such lead." : null))]),
    };

    private static JsonObject Records() => new()
    {
        ["@type"] = "cr:RecordSet",
        ["@id"] = "records",
        ["name"] = "records",
        ["description"] = "The source records, with what became of each.",
        ["key"] = Reference("records/record_id"),
        ["field"] = new JsonArray([.. CatalogueTableWriter.Fields.Select(field => Field(
            "records", field.Name, TypeOf(field.Type), field.IsList, new JsonObject { ["fileObject"] = Reference("catalogue.parquet") }, null))]),
    };

    private static JsonObject Field(string recordSet, string column, string type, bool repeated, JsonObject source, string? description)
    {
        source["extract"] = new JsonObject { ["column"] = column };
        var field = new JsonObject
        {
            ["@type"] = "cr:Field",
            ["@id"] = $"{recordSet}/{column}",
            ["name"] = column,
            ["dataType"] = type,
            ["source"] = source,
        };
        if (description is not null) field["description"] = description;
        if (repeated) field["repeated"] = true;
        return field;
    }

    private static JsonObject Reference(string id) => new() { ["@id"] = id };

    private static string TypeOf(PhysicalType type) => type switch
    {
        PhysicalType.Boolean => "sc:Boolean",
        PhysicalType.Int32 or PhysicalType.Int64 => "sc:Integer",
        PhysicalType.Single or PhysicalType.Double => "sc:Float",
        _ => "sc:Text",
    };

    private static string TypeOf(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
    {
        TypeCode.Boolean => "sc:Boolean",
        TypeCode.Int32 or TypeCode.Int64 => "sc:Integer",
        TypeCode.Single or TypeCode.Double => "sc:Float",
        _ => "sc:Text",   // a string, or Parquet.Net's memory of characters
    };

    private static JsonNode? OneOrMany(IEnumerable<string> values, Func<string, JsonNode>? node = null)
    {
        var nodes = values.Distinct(StringComparer.Ordinal).Select(value => node?.Invoke(value) ?? JsonValue.Create(value)).ToList();
        return nodes.Count == 1 ? nodes[0] : new JsonArray([.. nodes]);
    }

    /// <summary>The context that the specification asks every document to repeat.</summary>
    private static JsonObject Context()
    {
        var context = new JsonObject
        {
            ["@language"] = "en",
            ["@vocab"] = "https://schema.org/",
            ["cr"] = "http://mlcommons.org/croissant/",
            ["dct"] = "http://purl.org/dc/terms/",
            ["rai"] = "http://mlcommons.org/croissant/RAI/",
            ["sc"] = "https://schema.org/",
            ["conformsTo"] = "dct:conformsTo",
        };
        foreach (var term in (string[])
        [
            "citeAs", "column", "extract", "field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key",
            "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "separator", "source", "subField", "transform",
        ])
        {
            context[term] = $"cr:{term}";
        }

        context["data"] = new JsonObject { ["@id"] = "cr:data", ["@type"] = "@json" };
        context["examples"] = new JsonObject { ["@id"] = "cr:examples", ["@type"] = "@json" };
        context["dataType"] = new JsonObject { ["@id"] = "cr:dataType", ["@type"] = "@vocab" };
        return context;
    }
}
