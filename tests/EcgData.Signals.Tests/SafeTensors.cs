using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace EcgData.Signals.Tests;

/// <summary>Reads F32 tensors of a safetensors file: 8 bytes of header length, a JSON header, then the values.</summary>
internal sealed class SafeTensors(string path)
{
    private readonly byte[] _bytes = File.ReadAllBytes(path);

    /// <summary>float[values] in row-major order.</summary>
    public float[] this[string name]
    {
        get
        {
            var headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(_bytes);
            using var header = JsonDocument.Parse(_bytes.AsMemory(8, headerLength));
            var tensor = header.RootElement.GetProperty(name);
            Assert.Equal("F32", tensor.GetProperty("dtype").GetString());
            var offsets = tensor.GetProperty("data_offsets");
            var (start, end) = (offsets[0].GetInt32(), offsets[1].GetInt32());
            return MemoryMarshal.Cast<byte, float>(_bytes.AsSpan(8 + headerLength + start, end - start)).ToArray();
        }
    }
}
