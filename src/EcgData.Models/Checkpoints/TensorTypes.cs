using static TorchSharp.torch;

namespace EcgData.Models.Checkpoints;

/// <summary>The types of safetensors that torch has too.</summary>
internal static class TensorTypes
{
    private static readonly (string Name, ScalarType Type, int Bytes)[] Table =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    public static IEnumerable<string> Names => Table.Select(row => row.Name);

    public static ScalarType? Parse(string name) => Array.Find(Table, row => row.Name == name) is { Name: not null } row ? row.Type : null;

    public static string NameOf(ScalarType type) => Array.Find(Table, row => row.Type == type).Name
        ?? throw new NotSupportedException($"A tensor of type {type} has no name in safetensors; expected one of {string.Join(", ", Names)}. Convert it first.");

    /// <summary>Bytes of a value.</summary>
    public static int SizeOf(ScalarType type) => Array.Find(Table, row => row.Type == type).Bytes;
}
