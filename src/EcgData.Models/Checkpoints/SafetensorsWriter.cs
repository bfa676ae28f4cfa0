using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Checkpoints;

/// <summary>Writes safetensors files. Equal tensors and metadata are equal bytes, in whatever order they are given.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    // Written as it is: the header is data, not a web page.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file that is there whole or not at all: beside it first, then synchronised, then renamed.</summary>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var partial = path + ".partial";
        using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            Write(file, tensors, metadata);
            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }

    /// <param name="tensors">On any device, of any strides; each name once.</param>
    public static void Write(Stream output, IEnumerable<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        // Widest types first: with the header a multiple of eight, every tensor is aligned to its own type.
        var ordered = tensors.OrderByDescending(tensor => TensorTypes.SizeOf(tensor.Value.dtype)).ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToList();
        WriteHeader(output, ordered, metadata);
        foreach (var (_, value) in ordered)
        {
            using var scope = NewDisposeScope();
            if (value.numel() > 0) TensorBytes.Visit(value.detach().cpu().contiguous(), piece => output.Write(piece));
        }
    }

    private static void WriteHeader(Stream output, IReadOnlyList<(string Name, Tensor Value)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteStartObject(SafetensorsHeader.MetadataKey);
            foreach (var (key, value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal)) json.WriteString(key, value);
            json.WriteEndObject();
            var begin = 0L;
            foreach (var (name, value) in tensors)
            {
                var end = begin + value.numel() * TensorTypes.SizeOf(value.dtype);
                json.WriteStartObject(name);
                json.WriteString("dtype", TensorTypes.NameOf(value.dtype));
                json.WriteStartArray("shape");
                foreach (var axis in value.shape) json.WriteNumberValue(axis);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(end);
                json.WriteEndArray();
                json.WriteEndObject();
                begin = end;
            }

            json.WriteEndObject();
        }

        while (buffer.Length % Alignment != 0) buffer.WriteByte((byte)' ');
        if (buffer.Length > SafetensorsHeader.LargestBytes)
        {
            throw new InvalidDataException(
                $"The header would take {buffer.Length} bytes; expected at most {SafetensorsHeader.LargestBytes}. Keep long texts out of the metadata.");
        }

        Span<byte> length = stackalloc byte[SafetensorsHeader.LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)buffer.Length);
        output.Write(length);
        buffer.WriteTo(output);
    }
}
