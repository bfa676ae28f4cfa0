using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests;

/// <summary>Tensors compared as the golden files state their tolerances.</summary>
internal static class Close
{
    /// <summary>Largest difference at most <paramref name="tolerance"/> of the largest expected value, or of 1 where that is larger.</summary>
    public static void Assert(Tensor expected, Tensor actual, double tolerance, string what = "") =>
        Compare(expected, actual, tolerance, atLeast: 1, what);

    /// <summary>Largest difference at most <paramref name="tolerance"/> of the largest expected value, however small that is.</summary>
    public static void AssertRelative(Tensor expected, Tensor actual, double tolerance, string what = "") =>
        Compare(expected, actual, tolerance, atLeast: 0, what);

    private static void Compare(Tensor expected, Tensor actual, double tolerance, double atLeast, string what)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Xunit.Assert.Equal(expected.shape, actual.shape);
        var difference = (expected.to(float64) - actual.to(float64)).abs().max().item<double>();
        var scale = expected.to(float64).abs().max().item<double>();
        Xunit.Assert.True(
            difference <= tolerance * Math.Max(atLeast, scale), $"{what} differs by {difference:g3} at a scale of {scale:g3}");
    }
}
