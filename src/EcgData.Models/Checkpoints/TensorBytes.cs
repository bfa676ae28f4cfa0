using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Checkpoints;

internal delegate void BytesVisitor(Span<byte> bytes);

/// <summary>The memory of a tensor.</summary>
internal static class TensorBytes
{
    /// <summary>Shows the tensor's values, row-major and little-endian, in one piece after the other.</summary>
    /// <param name="tensor">Contiguous, on the CPU.</param>
    public static void Visit(Tensor tensor, BytesVisitor visitor)
    {
        // A span holds 2 GiB at most, a tensor more: half of that is a piece.
        const long PieceBytes = 1L << 30;
        using var flat = tensor.view(-1);
        var (count, size) = (flat.numel(), (long)TensorTypes.SizeOf(tensor.dtype));
        for (var begin = 0L; begin < count; begin += PieceBytes / size)
        {
            using var piece = flat.narrow(0, begin, Math.Min(PieceBytes / size, count - begin));
            visitor(piece.bytes);
        }
    }
}
