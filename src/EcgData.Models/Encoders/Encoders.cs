namespace EcgData.Models.Encoders;

/// <summary>Makes the encoders of the study.</summary>
public static class Encoders
{
    /// <param name="seed">Decides every starting weight, together with the weight's name.</param>
    /// <returns>On the CPU, in training mode, owned by the caller.</returns>
    /// <exception cref="ArgumentException">A size that is not possible; the message names the option.</exception>
    public static Encoder Create(EncoderOptions options, ulong seed)
    {
        Check(options.Width, 2, nameof(options.Width));
        Check(options.Tokens, 1, nameof(options.Tokens));
        Check(options.Leads, 1, nameof(options.Leads));
        using var uncollected = NoCollection.Begin();
        var stem = new ConvStem(new ConvStemOptions { Leads = options.Leads, Width = options.Width });
        var encoder = new Encoder(stem, CreateBackbone(options));
        Initialisation.Draw(encoder, seed);
        return encoder;
    }

    private static Backbone CreateBackbone(EncoderOptions options) => options.Family switch
    {
        EncoderFamily.S4 => CreateS4(options),
        EncoderFamily.Transformer => CreateTransformer(options),
        EncoderFamily.Net1d => CreateNet1d(options),
        _ => throw Impossible("Family", options.Family, $"one of {string.Join(", ", Enum.GetNames<EncoderFamily>())}"),
    };

    private static S4Backbone CreateS4(EncoderOptions options)
    {
        Check(options.S4.Layers, 1, "S4.Layers");
        Check(options.S4.StateSize, 2, "S4.StateSize");
        return new S4Backbone(new S4LayerOptions { Width = options.Width, Tokens = options.Tokens, Causal = options.Causal, S4 = options.S4 });
    }

    private static TransformerBackbone CreateTransformer(EncoderOptions options)
    {
        var transformer = options.Transformer;
        Check(transformer.Layers, 1, "Transformer.Layers");
        Check(transformer.Heads, 1, "Transformer.Heads");
        Check(transformer.FeedForwardFactor, 1, "Transformer.FeedForwardFactor");
        if (options.Width % (2 * transformer.Heads) != 0)
        {
            throw Impossible("Transformer.Heads", transformer.Heads, $"a number that shares out the width of {options.Width} in even parts");
        }

        return new TransformerBackbone(options.Width, options.Causal, transformer);
    }

    private static Net1dBackbone CreateNet1d(EncoderOptions options)
    {
        var net = options.Net1d;
        Check(net.Kernel, 1, "Net1d.Kernel");
        Check(net.GroupWidth, 1, "Net1d.GroupWidth");
        if (net.StageDivisors.Count == 0 || net.StageDivisors[^1] != 1 || net.StageDivisors.Count != net.StageBlocks.Count)
        {
            throw Impossible(
                "Net1d.StageDivisors", string.Join(", ", net.StageDivisors), $"a number for each of the {net.StageBlocks.Count} stages, the last 1");
        }

        foreach (var divisor in net.StageDivisors.Append(net.FirstDivisor))
        {
            if (divisor >= 1 && options.Width / divisor >= 2 && options.Width % divisor == 0) continue;
            throw Impossible("Net1d.StageDivisors or Net1d.FirstDivisor", divisor, $"a divisor of the width {options.Width} that leaves 2 or more");
        }

        return new Net1dBackbone(options.Width, options.Causal, net);
    }

    private static void Check(int value, int least, string option)
    {
        if (value < least) throw Impossible(option, value, $"{least} or more");
    }

    private static ArgumentException Impossible(string option, object value, string expected) =>
        new($"Encoder option {option} is {value}; expected is {expected}. Correct it in the recipe.");
}
