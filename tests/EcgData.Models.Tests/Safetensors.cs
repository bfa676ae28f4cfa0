using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests;

/// <summary>Golden tensors: an 8-byte little-endian length, a JSON table of names, the raw values (safetensors).</summary>
internal sealed class Safetensors(string file)
{
    private readonly byte[] _bytes = File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, "golden", file));

    /// <summary>double[...]: whatever the stored type, so that a comparison sees every bit.</summary>
    public Tensor this[string name]
    {
        get
        {
            var header = (int)BinaryPrimitives.ReadInt64LittleEndian(_bytes);
            using var table = JsonDocument.Parse(_bytes.AsMemory(8, header));
            var entry = table.RootElement.GetProperty(name);
            var offsets = entry.GetProperty("data_offsets");
            var bytes = _bytes.AsSpan((8 + header + offsets[0].GetInt32())..(8 + header + offsets[1].GetInt32()));
            var shape = entry.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt64()).ToArray();
            return entry.GetProperty("dtype").GetString() switch
            {
                "F64" => tensor(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), shape),
                "F32" => tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), shape).to(float64),
                "I64" => tensor(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), shape).to(float64),
                "U8" => tensor(bytes.ToArray(), shape).to(float64),
                var other => throw new InvalidDataException($"{file}, tensor '{name}': type {other}; readable are F32, F64, I64 and U8."),
            };
        }
    }
}
