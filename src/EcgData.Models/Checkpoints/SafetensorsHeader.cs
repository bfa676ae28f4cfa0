using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace EcgData.Models.Checkpoints;

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
public sealed record TensorEntry(string Name, ScalarType Type, IReadOnlyList<long> Shape, long Begin, long Bytes)
{
    /// <summary>Values in the tensor.</summary>
    public long Count => Bytes / TensorTypes.SizeOf(Type);
}

/// <summary>
/// The header of a safetensors file, taken apart without trust: every size is checked against the bytes that are there before anything is
/// allocated for it.
/// </summary>
/// <remarks>Format: github.com/huggingface/safetensors, "Format": length (8 bytes, little-endian), JSON, data without holes.</remarks>
public sealed record SafetensorsHeader(IReadOnlyList<TensorEntry> Entries, IReadOnlyDictionary<string, string> Metadata, long DataBegin)
{
    /// <summary>The longest header that the format's own library reads.</summary>
    public const int LargestBytes = 100_000_000;

    internal const string MetadataKey = "__metadata__";
    internal const int LengthBytes = sizeof(ulong);

    private const int LargestRank = 16;
    private const int LargestDepth = 4;

    /// <param name="file">At its beginning; afterwards at its first tensor.</param>
    /// <param name="name">For messages.</param>
    /// <exception cref="InvalidDataException">Not a safetensors file, or one whose header speaks of bytes that are not there.</exception>
    public static SafetensorsHeader Read(Stream file, string name)
    {
        var available = file.Length;
        Span<byte> length = stackalloc byte[LengthBytes];
        if (available < LengthBytes) throw Bad(name, $"it has {available} bytes", $"{LengthBytes} or more");
        file.ReadExactly(length);
        var claimed = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (claimed > (ulong)Math.Min(LargestBytes, available - LengthBytes))
        {
            throw Bad(name, $"its header claims {claimed} bytes", $"at most {Math.Min(LargestBytes, available - LengthBytes)}");
        }

        var json = new byte[(int)claimed];
        file.ReadExactly(json);
        return Parse(json, available - LengthBytes - (long)claimed, name);
    }

    /// <param name="json">The header, without its length.</param>
    /// <param name="dataBytes">Bytes that follow the header.</param>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataBytes, string name)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = LargestDepth });
            var header = ParseObject(ref reader, json.Length, name);
            CheckExtents(header.Entries, dataBytes, name);
            return header;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Bad(name, $"its header is not the JSON of one ({e.Message})", "an object of tensors with dtype, shape and data_offsets");
        }
    }

    internal static InvalidDataException Bad(string name, string found, string expected) => new(
        $"{name}: {found}; expected {expected}. It is no whole safetensors file: copy or write it again.");

    private static SafetensorsHeader ParseObject(ref Utf8JsonReader reader, int headerBytes, string name)
    {
        var entries = new List<TensorEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            if (!names.Add(key)) throw Bad(name, $"'{key}' stands twice in its header", "each name once");
            if (key == MetadataKey) ReadMetadata(ref reader, metadata);
            else entries.Add(ReadEntry(ref reader, key, name));
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.Read()) throw new JsonException("no end of the object");
        entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.Bytes != b.Bytes ? a.Bytes.CompareTo(b.Bytes) : string.CompareOrdinal(a.Name, b.Name));
        return new SafetensorsHeader(entries, metadata, LengthBytes + headerBytes);
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String);
            metadata[key] = reader.GetString()!;
        }
    }

    private static TensorEntry ReadEntry(ref Utf8JsonReader reader, string tensor, string name)
    {
        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (reader.GetString())
            {
                case "dtype":
                    Expect(ref reader, JsonTokenType.String);
                    type = reader.GetString();
                    break;
                case "shape":
                    shape = ReadNumbers(ref reader, LargestRank);
                    break;
                case "data_offsets":
                    offsets = ReadNumbers(ref reader, 2);
                    break;
                default:
                    throw new JsonException($"tensor '{tensor}' has a key that is none of dtype, shape, data_offsets");
            }
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Bad(name, $"tensor '{tensor}' lacks a key", "dtype, shape and two data_offsets");
        if (TensorTypes.Parse(type) is not { } scalar)
            throw Bad(name, $"tensor '{tensor}' is of type '{type}'", $"one of {string.Join(", ", TensorTypes.Names)}");
        if (begin < 0 || end < begin) throw Bad(name, $"tensor '{tensor}' lies from byte {begin} to {end}", "an extent");
        if (BytesOf(shape, TensorTypes.SizeOf(scalar)) != end - begin)
            throw Bad(name, $"tensor '{tensor}' of {type}[{string.Join(", ", shape)}] has {end - begin} bytes", "as many as its shape takes");
        return new TensorEntry(tensor, scalar, shape, begin, end - begin);
    }

    /// <summary>Bytes that a shape takes, or null where no tensor can have it, not even an empty one.</summary>
    private static long? BytesOf(List<long> shape, int valueBytes)
    {
        Int128 bytes = valueBytes;
        foreach (var axis in shape)
        {
            if (axis < 0 || (bytes *= Math.Max(1, axis)) > long.MaxValue) return null;
        }

        return shape.Contains(0) ? 0 : (long)bytes;
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, int most)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            if (numbers.Count == most) throw new JsonException($"more than {most} numbers in a list");
            numbers.Add(reader.GetInt64());
        }

        return reader.TokenType == JsonTokenType.EndArray ? numbers : throw new JsonException("a list of something else than numbers");
    }

    /// <summary>The tensors fill the data from its first byte to its last, in turn: no byte is read twice and none is hidden.</summary>
    private static void CheckExtents(IReadOnlyList<TensorEntry> entries, long dataBytes, string name)
    {
        var next = 0L;
        foreach (var entry in entries)
        {
            if (entry.Begin != next) throw Bad(name, $"tensor '{entry.Name}' begins at byte {entry.Begin}", $"byte {next}, where the one before it ends");
            next = entry.Begin + entry.Bytes;
            if (next > dataBytes) throw Bad(name, $"tensor '{entry.Name}' ends at byte {next}", $"at most {dataBytes}, which is what the file holds");
        }

        if (next != dataBytes) throw Bad(name, $"its tensors end at byte {next}", $"{dataBytes}, the end of the file");
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (!reader.Read() || reader.TokenType != token) throw new JsonException($"{reader.TokenType} in place of {token}");
    }
}
