namespace EcgData.Models.Encoders;

/// <summary>An encoder as a recipe names it. The defaults are the study's; of the nested options only the family's own are read.</summary>
public sealed record EncoderOptions
{
    public EncoderFamily Family { get; init; } = EncoderFamily.S4;

    /// <summary>Width of a token, of the stem and of the backbone.</summary>
    public int Width { get; init; } = 512;

    /// <summary>No token depends on a later one, but for the one sample ahead that the stem sees. CPC needs it.</summary>
    public bool Causal { get; init; }

    /// <summary>Tokens of a crop: 300, which is 2.5 s at 240 Hz and two samples a token. Other lengths run as well.</summary>
    public int Tokens { get; init; } = 300;

    /// <summary>Leads of the input.</summary>
    public int Leads { get; init; } = 12;

    public S4Options S4 { get; init; } = new();

    public TransformerOptions Transformer { get; init; } = new();

    public Net1dOptions Net1d { get; init; } = new();
}
