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
        var stem = new ConvStem(new ConvStemOptions { Leads = options.Leads, Width = options.Width });
        Backbone backbone = options.Family switch
        {
            EncoderFamily.S4 => CreateS4(options),
            _ => throw new ArgumentOutOfRangeException(
                nameof(options), $"Encoder family {options.Family} is unknown; expected is one of {string.Join(", ", Enum.GetNames<EncoderFamily>())}."),
        };
        var encoder = new Encoder(stem, backbone);
        Initialisation.Draw(encoder, seed);
        return encoder;
    }

    private static S4Backbone CreateS4(EncoderOptions options)
    {
        Check(options.S4.Layers, 1, "S4.Layers");
        Check(options.S4.StateSize, 2, "S4.StateSize");
        return new S4Backbone(new S4LayerOptions { Width = options.Width, Tokens = options.Tokens, Causal = options.Causal, S4 = options.S4 });
    }

    private static void Check(int value, int least, string option)
    {
        if (value >= least) return;
        throw new ArgumentOutOfRangeException(
            nameof(value), $"Encoder option {option} is {value}; expected is {least} or more. Correct it in the recipe.");
    }
}
