using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using EcgData.Shards;
using EcgData.Sources;

namespace EcgData.Pipelines;

/// <summary>Reads a recipe: a JSON file, then <c>--set a.b=value</c>. A key that means nothing is an error that names the nearest one that does.</summary>
internal static class RecipeFile
{
    private static readonly JsonNodeOptions NodeOptions = new() { PropertyNameCaseInsensitive = false };

    /// <param name="path">The file, or null for the defaults.</param>
    /// <param name="schema">The schema that describes it, for messages.</param>
    /// <param name="compiled">A reader that puts zeros where keys are missing; by reflection, which puts defaults and starts later, if none is given.</param>
    /// <exception cref="UsageException">Not JSON, an unknown key, or a value of the wrong kind; the message names the key.</exception>
    public static T Read<T>(string? path, IReadOnlyCollection<string> overrides, string schema = "build-recipe", JsonSerializerOptions? compiled = null)
        where T : new()
    {
        if (path is null && overrides.Count == 0) return new T();
        var where = path ?? "the recipe";
        var document = path is null ? [] : Parse(path);
        document.Remove("$schema");   // for editors
        foreach (var item in overrides) Set(document, item);
        var options = compiled ?? CorpusJson.Recipe;
        CheckKeys(document, options.GetTypeInfo(typeof(T)), "", where);
        if (compiled is not null) document = Over((JsonObject)JsonSerializer.SerializeToNode(new T(), compiled.For<T>())!, document);
        try
        {
            return document.Deserialize(options.For<T>())!;
        }
        catch (JsonException e)
        {
            throw new UsageException(
                $"{where}: the value of '{e.Path?.TrimStart('$', '.')}' is not of its kind. Expected what schemas/{schema}.schema.json says of that key.");
        }
    }

    private static JsonObject Parse(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip };
            return JsonNode.Parse(stream, NodeOptions, options) as JsonObject
                ?? throw new UsageException($"{path}: not a JSON object. Expected a recipe, {{ … }}.");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path}, line {e.LineNumber + 1}: not JSON: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: cannot be read: {e.Message}");
        }
    }

    private static void Set(JsonObject document, string item)
    {
        var equals = item.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0) throw new UsageException($"--set {item}: expected KEY=VALUE, such as conditioning.segmentSeconds=5.");
        var keys = item[..equals].Split('.');
        var target = document;
        foreach (var key in keys[..^1])
        {
            if (target[key] is not JsonObject next) target[key] = next = [];
            target = next;
        }

        target[keys[^1]] = Value(item[(equals + 1)..]);
    }

    /// <summary>A number, true, false, null, list or object is what it looks like; all else is text.</summary>
    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text, NodeOptions);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    /// <summary>The defaults with what a document says in their place.</summary>
    private static JsonObject Over(JsonObject defaults, JsonObject document)
    {
        foreach (var (key, value) in document)
            defaults[key] = value is JsonObject nested && defaults[key] is JsonObject known ? Over(known, nested) : value?.DeepClone();
        return defaults;
    }

    private static void CheckKeys(JsonObject document, JsonTypeInfo type, string prefix, string where)
    {
        foreach (var (key, value) in document)
        {
            JsonTypeInfo? inner;
            if (type.Kind == JsonTypeInfoKind.Dictionary)
            {
                inner = type.Options.GetTypeInfo(type.ElementType!);
            }
            else
            {
                var known = type.Properties.Where(property => property.Set is not null || property.AssociatedParameter is not null).ToList();
                var property = known.FirstOrDefault(property => property.Name == key) ?? throw new UsageException(
                    $"{where}: there is no key '{prefix}{key}'. The nearest is " +
                    $"'{prefix}{Spelling.Nearest(key, known.Select(property => property.Name))}'.");
                inner = type.Options.GetTypeInfo(property.PropertyType);
            }

            if (value is JsonObject nested && inner.Kind is (JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary))
                CheckKeys(nested, inner, $"{prefix}{key}.", where);
        }
    }
}
