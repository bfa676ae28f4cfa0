using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Soft assignment of rows to prototypes such that the prototypes share the rows about evenly.</summary>
/// <remarks>Sinkhorn and Knopp, 1967; Cuturi, "Sinkhorn distances", NeurIPS 2013; for clustering: Caron et al., "SwAV", NeurIPS 2020.</remarks>
public static class Sinkhorn
{
    private const double Floor = 1e-8;   // of the published code; a prototype without rows then gives 0, not NaN

    /// <param name="logits">float[rows, prototypes].</param>
    /// <param name="iterations">Each divides by the columns' sums, then by the rows'.</param>
    /// <returns>float[rows, prototypes], owned by the caller; rows sum to 1 after one iteration or more.</returns>
    public static Tensor Assign(Tensor logits, int iterations)
    {
        using var scope = NewDisposeScope();
        // The row's maximum keeps an entry of 1 in each row, so nothing needs logarithms.
        var shares = (logits - logits.amax([1], keepdim: true)).exp_();
        for (var i = 0; i < iterations; i++)
        {
            shares.div_(shares.sum([0], keepdim: true) + Floor);
            shares.div_(shares.sum([1], keepdim: true) + Floor);
        }

        return shares.MoveToOuterDisposeScope();
    }
}
