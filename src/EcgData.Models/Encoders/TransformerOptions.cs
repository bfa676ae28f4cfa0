namespace EcgData.Models.Encoders;

/// <summary>Where a transformer block normalises.</summary>
public enum NormOrder
{
    /// <summary>Before attention and feed-forward, and once more behind the last block.</summary>
    Before,

    /// <summary>The sums behind attention and feed-forward.</summary>
    After,
}

/// <summary>How a transformer knows a token's place.</summary>
public enum PositionCode
{
    /// <summary>Queries and keys are turned by the token's place.</summary>
    Rotary,

    /// <summary>Sines and cosines of the place are added to the first block's input.</summary>
    Sinusoidal,
}

/// <summary>Options of the transformer family beside its width. The defaults are those of the study's code.</summary>
public sealed record TransformerOptions
{
    public int Layers { get; init; } = 6;

    /// <summary>Heads of attention; the width is shared out evenly among them.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Hidden width of the feed-forward part, as a multiple of the width: 2,048 at the study's 512.</summary>
    public int FeedForwardFactor { get; init; } = 4;

    /// <summary>Probability of a zero: among the attention weights, in the feed-forward's hidden layer, behind both.</summary>
    public double Dropout { get; init; } = 0.1;

    public NormOrder NormOrder { get; init; } = NormOrder.Before;

    public PositionCode PositionCode { get; init; } = PositionCode.Rotary;
}
