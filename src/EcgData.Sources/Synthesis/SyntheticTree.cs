namespace EcgData.Sources.Synthesis;

/// <summary>What a synthetic tree holds.</summary>
public sealed record SynthesisOptions
{
    public required int Records { get; init; }

    /// <summary>The same seed gives the same bytes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Share of records with a planted defect, in [0, 1].</summary>
    public double DefectShare { get; init; } = 0.02;
}

/// <summary>Writes folders in the exact layout of a published source, filled with synthetic ECGs.</summary>
public static class SyntheticTree
{
    /// <summary>The sources that can be imitated, by name.</summary>
    public static IReadOnlyList<string> Sources { get; } = [];

    /// <param name="source">Name of the source to imitate.</param>
    /// <param name="directory">Made if need be; must be empty.</param>
    /// <param name="progress">Gets the number of records written so far.</param>
    public static void Write(
        string source, string directory, SynthesisOptions options, IProgress<int>? progress, CancellationToken cancel) =>
        throw new NotSupportedException();
}
