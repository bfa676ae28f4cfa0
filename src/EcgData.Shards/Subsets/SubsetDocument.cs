using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcgData.Shards.Subsets;

/// <summary>Reads and writes the JSON documents of a subset, which lie in a folder of their owner's, not in the corpus.</summary>
internal static class SubsetDocument
{
    /// <exception cref="CorpusException">There is no such file, or it is not what it should be.</exception>
    public static async Task<T> ReadAsync<T>(string path, string what, long largestBytes, CancellationToken cancel)
    {
        try
        {
            await using var stream = File.OpenRead(path);
            if (stream.Length > largestBytes)
                throw new CorpusException($"{path}: {stream.Length} bytes; {what} has at most {largestBytes}. Give the file that 'ecgdata subset' wrote.");
            return await JsonSerializer.DeserializeAsync<T>(stream, CorpusJson.Readable, cancel)
                ?? throw new CorpusException($"{path}: it says null; expected {what}. Give the file that 'ecgdata subset' wrote.");
        }
        catch (JsonException e)
        {
            throw new CorpusException($"{path}: not {what}: {e.Message} Give the file that 'ecgdata subset' wrote.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CorpusException($"{path}: {what} cannot be read there: {e.Message} Give the file that 'ecgdata subset' wrote.", e);
        }
    }

    public static string DigestOf<T>(T contents) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(contents, CorpusJson.Compact)));

    /// <summary>For people: indented, with a line feed at the end.</summary>
    public static byte[] Serialize<T>(T document) => [.. JsonSerializer.SerializeToUtf8Bytes(document, CorpusJson.Readable), (byte)'\n'];

    /// <summary>Writes a file that is there whole or not at all.</summary>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancel)
    {
        var temporary = path + ".new";
        await using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            await stream.WriteAsync(content, cancel);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }
}

/// <summary>A list of numbers on one line, also where the document is indented: thousands of shards take thousands of lines else.</summary>
internal sealed class OneLineNumbers : JsonConverter<IReadOnlyList<int>>
{
    public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("Expected a list of whole numbers.");
        var numbers = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var number)) throw new JsonException("Expected a list of whole numbers.");
            numbers.Add(number);
        }

        return numbers;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options) =>
        writer.WriteRawValue($"[{string.Join(',', value)}]");
}

/// <summary>A list of texts on one line.</summary>
internal sealed class OneLineTexts : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("Expected a list of texts.");
        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            texts.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("Expected a list of texts."));
        return texts;
    }

    /// <remarks>Patient keys are hexadecimal digits: nothing in them needs escaping, and what does is refused.</remarks>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        if (value.FirstOrDefault(text => !text.All(char.IsAsciiLetterOrDigit)) is { } strange)
            throw new JsonException($"'{strange}': expected letters and digits.");
        writer.WriteRawValue($"[{string.Join(',', value.Select(text => $"\"{text}\""))}]");
    }
}
