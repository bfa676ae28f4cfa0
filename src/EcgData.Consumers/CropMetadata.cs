namespace EcgData.Consumers;

/// <summary>What a corpus knows of a crop beside its signal.</summary>
public sealed record CropMetadata
{
    /// <summary>Source release, <c>ptb-xl@1.0.3</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The source's site or site-year.</summary>
    public string? Site { get; init; }

    /// <summary>Licence or access class.</summary>
    public required string Licence { get; init; }

    /// <summary>Key of the patient, or of the record where the source tells none.</summary>
    public required string Patient { get; init; }

    /// <summary>Age in years.</summary>
    public float? AgeYears { get; init; }

    /// <summary>As the source tells it.</summary>
    public string? Sex { get; init; }

    /// <summary>Numbered group of whole patients.</summary>
    public required int Fold { get; init; }

    /// <summary>Codes with their vocabulary, <c>scp:NORM</c>.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>One per label: its likelihood, or 1.</summary>
    public required IReadOnlyList<float> LabelWeights { get; init; }
}
