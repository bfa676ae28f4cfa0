using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Options of <see cref="SpanMask"/>. The defaults are the study's.</summary>
public sealed record SpanMaskOptions
{
    /// <summary>
    /// Chance of a token to be the midpoint of a span, times <see cref="Span"/>. The published code divides by the span before it draws,
    /// so 0.065 hides 6.3 % of the tokens and leaves 14 % of the crops whole. 0.65 makes every token a midpoint with 0.065, as the
    /// speech models that the number comes from do, and hides about 49 %.
    /// </summary>
    public double Probability { get; init; } = 0.065;

    /// <summary>Tokens of a span; 10 are 83 ms at 120 tokens a second.</summary>
    public int Span { get; init; } = 10;
}

/// <summary>Hides spans of tokens around random midpoints.</summary>
/// <remarks>Baevski et al., "wav2vec 2.0", NeurIPS 2020, section 3.1, with midpoints in place of beginnings.</remarks>
public static class SpanMask
{
    /// <summary>Draws the masks of a batch on the processor, the same on every machine.</summary>
    /// <returns>bool[batch, tokens], true where the token is hidden; owned by the caller.</returns>
    public static Tensor Draw(int batch, int tokens, SpanMaskOptions options, ulong key)
    {
        var midpoints = new bool[batch * tokens];
        var chance = options.Probability / options.Span;
        var random = new KeyedRandom(key);
        foreach (ref var midpoint in midpoints.AsSpan()) midpoint = random.NextSingle() < chance;
        return tensor(Expand(midpoints, tokens, options.Span), [batch, tokens]);
    }

    /// <summary>
    /// The tokens that the midpoints' spans cover: of a span of 10, four before and five after. Nothing reaches the last token but a
    /// midpoint on it, as in the published code.
    /// </summary>
    /// <param name="midpoints">bool[batch · tokens].</param>
    /// <returns>bool[batch · tokens].</returns>
    public static bool[] Expand(ReadOnlySpan<bool> midpoints, int tokens, int span)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(span);
        var after = span / 2;
        var before = span - after - 1;
        var hidden = new bool[midpoints.Length];
        for (var place = 0; place < midpoints.Length; place++)
        {
            if (!midpoints[place]) continue;
            var (crop, token) = Math.DivRem(place, tokens);
            var start = Math.Max(token - before, 0);
            var end = Math.Min(token + after + 1, tokens - 1);
            if (end > start) hidden.AsSpan(crop * tokens + start, end - start).Fill(true);
            hidden[place] = true;
        }

        return hidden;
    }
}
