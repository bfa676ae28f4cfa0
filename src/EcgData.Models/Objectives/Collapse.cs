using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Signs of a collapse: tokens that say the same whatever the crop, codes of which a few are used.</summary>
public static class Collapse
{
    /// <summary>Effective number of dimensions of the tokens around their mean: between 1 and the width; 0 where all are equal.</summary>
    /// <param name="tokens">float[..., width].</param>
    /// <remarks>exp of the entropy of the singular values' shares: Roy and Vetterli, "The effective rank", EUSIPCO 2007.</remarks>
    public static double EffectiveRank(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var rows = tokens.detach().reshape(-1, tokens.shape[^1]).to(float64);                 // [rows, width]
        var centred = rows - rows.mean([0]);
        var squared = linalg.eigvalsh(centred.t().matmul(centred)).clamp_min(0);              // squares of the singular values
        var values = squared.sqrt();
        var largest = values.max().ToDouble();
        // Rounding leaves √(1e-16) of the largest where the rank is not full; it is no dimension.
        return Perplexity(where(values > largest * 1e-6, values, zeros_like(values)));
    }

    /// <summary>Mean over the width of the tokens' variance: 0 where all are equal.</summary>
    /// <param name="tokens">float[..., width].</param>
    public static double Variance(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        return tokens.detach().reshape(-1, tokens.shape[^1]).to(float64).var(0, unbiased: false).mean().ToDouble();
    }

    /// <summary>Effective number of codes in use: exp of the entropy of their shares; 0 where there are no counts.</summary>
    /// <param name="counts">Any number type, [codes], not negative.</param>
    public static double Perplexity(Tensor counts)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var values = counts.detach().to(float64);
        var total = values.sum().ToDouble();
        if (total == 0) return 0;
        var shares = values / total;
        return Math.Exp(-(shares * shares.clamp_min(double.Epsilon).log()).sum().ToDouble());
    }
}
