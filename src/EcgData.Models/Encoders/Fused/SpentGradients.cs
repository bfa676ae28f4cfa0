using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders.Fused;

/// <summary>
/// The gradients that a function of our own handed to Torch stay referenced by their managed objects until somebody disposes of
/// them; waiting for the step's end would hold those of all blocks at once. The next function called has no more need of them.
/// </summary>
internal static class SpentGradients
{
    [ThreadStatic]
    private static List<Tensor?>? _kept;

    /// <summary>Torch runs a graph on the CPU in the thread that called it, so the list belongs to one backward at a time.</summary>
    public static void Keep(List<Tensor?> gradients) => _kept = gradients;

    public static void Release()
    {
        foreach (var gradient in _kept ?? []) gradient?.Dispose();
        _kept = null;
    }
}
