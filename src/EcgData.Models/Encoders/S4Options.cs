namespace EcgData.Models.Encoders;

/// <summary>What a dropout decides on at once.</summary>
public enum DropoutPattern
{
    /// <summary>A channel of a crop, for all of its tokens.</summary>
    Channel,

    /// <summary>Each value by itself.</summary>
    Element,
}

/// <summary>Options of the S4 family beside its width. The defaults are the study's.</summary>
public sealed record S4Options
{
    public int Layers { get; init; } = 4;

    /// <summary>States of a channel, N; even. Half of them are stored, the others are their conjugates.</summary>
    public int StateSize { get; init; } = 8;

    /// <summary>Probability of a zero, in the layer after GELU and behind the layer.</summary>
    public double Dropout { get; init; } = 0.2;

    public DropoutPattern DropoutPattern { get; init; } = DropoutPattern.Channel;

    /// <summary>Step sizes Δ are drawn log-uniformly between the two, in tokens.</summary>
    public double LeastStep { get; init; } = 0.001;

    public double GreatestStep { get; init; } = 0.1;
}

/// <summary>Shape of one <see cref="S4Layer"/>.</summary>
public sealed record S4LayerOptions
{
    public int Width { get; init; } = 512;

    /// <summary>Reference length of C~ = C(1 - Ā^tokens). Other lengths run as well: the kernel is the same, only longer or shorter.</summary>
    public int Tokens { get; init; } = 300;

    /// <summary>One kernel that looks back, or two, of which one looks ahead.</summary>
    public bool Causal { get; init; }

    /// <summary>States, dropout and steps; its layer count is not read here.</summary>
    public S4Options S4 { get; init; } = new();
}
