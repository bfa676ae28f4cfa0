using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Options of <see cref="MaskedStretches"/>.</summary>
public sealed record MaskedStretchesOptions
{
    /// <summary>Tokens of a stretch. Default: 12, which is 0.1 s at 240 Hz and two samples a token, about one QRS complex.</summary>
    public int StretchTokens { get; init; } = 12;

    /// <summary>Share of a crop's tokens that is aimed at; stretches may overlap, so a little less is hidden.</summary>
    public double MaskedShare { get; init; } = 0.2;
}

/// <summary>
/// Label-free pretext task for a first look at a corpus: hide stretches of a crop in all leads and tell the hidden millivolts from
/// what is left. It measures that gradients flow and that the signals can be learned from; it is none of the study's objectives.
/// </summary>
public static class MaskedStretches
{
    /// <summary>Draws the masks of a batch.</summary>
    /// <returns>float[batch, tokens], 1 where the token is hidden; owned by the caller.</returns>
    public static Tensor Draw(int batch, int tokens, MaskedStretchesOptions options, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.StretchTokens, tokens);
        var masked = new float[batch * tokens];
        var random = new KeyedRandom(key);
        var stretches = Math.Max(1, (int)Math.Round(options.MaskedShare * tokens / options.StretchTokens));
        for (var crop = 0; crop < batch; crop++)
        {
            for (var stretch = 0; stretch < stretches; stretch++)
            {
                var start = random.NextIndex(tokens - options.StretchTokens + 1);
                masked.AsSpan(crop * tokens + start, options.StretchTokens).Fill(1);
            }
        }

        return tensor(masked, [batch, tokens]);
    }

    /// <summary>The crops with the hidden samples at 0 mV in all leads.</summary>
    /// <param name="crops">float[batch, leads, tokens · samplesPerToken] in millivolt.</param>
    /// <param name="masked">float[batch, tokens].</param>
    /// <returns>float[batch, leads, samples] in millivolt, owned by the caller.</returns>
    public static Tensor Hide(Tensor crops, Tensor masked, int samplesPerToken)
    {
        using var scope = NewDisposeScope();
        var visible = 1 - masked.repeat_interleave(samplesPerToken, dim: 1).unsqueeze(1);   // [batch, 1, samples]
        return (crops * visible).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Share of the hidden signal's energy that the prediction leaves unexplained: 0 is perfect, 1 no better than 0 mV everywhere.
    /// Absent leads, which are 0 throughout, count on neither side.
    /// </summary>
    /// <param name="predicted">float[batch, tokens, leads · samplesPerToken] in millivolt.</param>
    /// <param name="crops">float[batch, leads, tokens · samplesPerToken] in millivolt, nothing hidden.</param>
    /// <param name="masked">float[batch, tokens].</param>
    /// <param name="present">float[batch, leads], 1 where the record has the lead.</param>
    /// <returns>float scalar, owned by the caller.</returns>
    public static Tensor Loss(Tensor predicted, Tensor crops, Tensor masked, Tensor present)
    {
        using var scope = NewDisposeScope();
        var (batch, leads, tokens) = (crops.shape[0], crops.shape[1], masked.shape[1]);
        var target = crops.view(batch, leads, tokens, -1);                                // [batch, leads, tokens, samplesPerToken]
        var actual = predicted.view(batch, tokens, leads, -1).transpose(1, 2);            // [batch, leads, tokens, samplesPerToken]
        var counted = present.view(batch, leads, 1, 1) * masked.view(batch, 1, tokens, 1);   // [batch, leads, tokens, 1]
        var error = ((actual - target).square() * counted).sum();
        // 1 µV² per value: a batch of flat lines then divides by something.
        var energy = (target.square() * counted).sum() + 1e-6 * (counted.sum() * target.shape[3]).clamp_min(1);
        return (error / energy).MoveToOuterDisposeScope();
    }
}
