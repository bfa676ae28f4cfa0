using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Where the tokens of a context come from that the targets have left too small.</summary>
public enum ContextFallback
{
    /// <summary>Anywhere in the crop, inside targets too: the published code's way, in about a tenth of the crops.</summary>
    Anywhere,

    /// <summary>Outside the targets, as many as there are.</summary>
    OutsideTargets,
}

/// <summary>Options of <see cref="BlockMask"/>. The defaults are the study's.</summary>
public sealed record BlockMaskOptions
{
    /// <summary>Blocks to predict, which may overlap.</summary>
    public int Targets { get; init; } = 4;

    /// <summary>Shortest and longest target as shares of the crop, before <see cref="MinimumBlockTokens"/>.</summary>
    public double ShortestTarget { get; init; } = 0.15;

    public double LongestTarget { get; init; } = 0.20;

    /// <summary>Shortest and longest block of context as shares of the crop.</summary>
    public double ShortestContext { get; init; } = 0.85;

    public double LongestContext { get; init; } = 1.0;

    /// <summary>
    /// Fewest tokens of a block. At 300 tokens the default overrides the targets' share, so a target is always 64 tokens (533 ms), as in
    /// the published code; 1 gives the targets their share.
    /// </summary>
    public int MinimumBlockTokens { get; init; } = 64;

    /// <summary>Fewest tokens of a context; one with fewer is replaced by as many random tokens.</summary>
    public int MinimumContextTokens { get; init; } = 64;

    public ContextFallback Fallback { get; init; } = ContextFallback.Anywhere;
}

/// <summary>JEPA's masks: blocks to predict, and a context without them.</summary>
/// <param name="Hidden">bool[batch, tokens], true outside the context; owned by the caller.</param>
/// <param name="TargetCount">float[batch, tokens]: how many targets hold the token; owned by the caller.</param>
/// <param name="FallbackShare">Share of the crops whose context fell back on random tokens.</param>
/// <remarks>Assran et al., "I-JEPA", CVPR 2023, section 3, along one axis.</remarks>
public sealed record BlockMask(Tensor Hidden, Tensor TargetCount, double FallbackShare) : IDisposable
{
    /// <summary>Draws the masks of a batch on the processor, the same on every machine.</summary>
    public static BlockMask Draw(int batch, int tokens, BlockMaskOptions options, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 2);
        var random = new KeyedRandom(key);
        var targetLength = Length(options.ShortestTarget, options.LongestTarget, ref random);     // one of each for the whole batch
        var contextLength = Length(options.ShortestContext, options.LongestContext, ref random);
        var hidden = new bool[batch * tokens];
        var counts = new float[batch * tokens];
        var fallbacks = 0;
        var targetStarts = new int[options.Targets];
        for (var crop = 0; crop < batch; crop++)
        {
            // The last start, tokens - length, is never drawn, as in the published code.
            foreach (ref var start in targetStarts.AsSpan()) start = random.NextIndex(tokens - targetLength);
            var contextStart = random.NextIndex(tokens - contextLength);
            var hiddenCrop = hidden.AsSpan(crop * tokens, tokens);
            var countCrop = counts.AsSpan(crop * tokens, tokens);
            var context = Place(targetStarts, targetLength, contextStart, contextLength, hiddenCrop, countCrop);
            if (context >= options.MinimumContextTokens) continue;
            fallbacks++;
            FallBack(hiddenCrop, countCrop, options, ref random);
        }

        return new(tensor(hidden, [batch, tokens]), tensor(counts, [batch, tokens]), fallbacks / (double)batch);

        int Length(double shortest, double longest, ref KeyedRandom draws)
        {
            var share = shortest + (longest - shortest) * draws.NextSingle();
            return Math.Min(Math.Max((int)(tokens * share), options.MinimumBlockTokens), tokens - 1);
        }
    }

    /// <summary>Writes one crop's targets and context.</summary>
    /// <param name="hidden">Becomes true outside the context.</param>
    /// <param name="counts">Becomes the number of targets that hold the token.</param>
    /// <returns>Tokens of the context.</returns>
    public static int Place(
        ReadOnlySpan<int> targetStarts, int targetLength, int contextStart, int contextLength, Span<bool> hidden, Span<float> counts)
    {
        foreach (var start in targetStarts)
        {
            foreach (ref var count in counts.Slice(start, targetLength)) count++;
        }

        var context = 0;
        for (var token = 0; token < hidden.Length; token++)
        {
            var seen = token >= contextStart && token < contextStart + contextLength && counts[token] == 0;
            hidden[token] = !seen;
            if (seen) context++;
        }

        return context;
    }

    public void Dispose()
    {
        Hidden.Dispose();
        TargetCount.Dispose();
    }

    private static void FallBack(Span<bool> hidden, ReadOnlySpan<float> counts, BlockMaskOptions options, ref KeyedRandom random)
    {
        var free = new int[hidden.Length];
        var freeCount = 0;
        for (var token = 0; token < hidden.Length; token++)
        {
            if (options.Fallback == ContextFallback.Anywhere || counts[token] == 0) free[freeCount++] = token;
        }

        hidden.Fill(true);
        for (var i = 0; i < Math.Min(options.MinimumContextTokens, freeCount); i++)
        {
            var other = i + random.NextIndex(freeCount - i);
            (free[i], free[other]) = (free[other], free[i]);
            hidden[free[i]] = false;
        }
    }
}
