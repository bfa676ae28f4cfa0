namespace EcgData.Shards.Subsets;

/// <summary>How the records of a subset are mixed over the sources.</summary>
public enum SourceMix
{
    /// <summary>As they come by rank: each source as large a share as it has among the allowed records.</summary>
    Proportional,

    /// <summary>Equal shares of all sources, as long as they last.</summary>
    Balanced,
}

/// <summary>Which records a subset may hold, and in which shares.</summary>
public sealed record SubsetPredicate
{
    /// <summary>Conditions on the catalogue's columns, all of which hold; see <see cref="CataloguePredicate"/>.</summary>
    public IReadOnlyList<string> Where { get; init; } = [];

    /// <summary>
    /// Terms that are accepted: <c>open</c>, <c>credentialed</c> or <c>restricted</c> (each includes the ones before it), <c>no-nc</c>,
    /// <c>no-sa</c>. Empty: any.
    /// </summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>Sources that are left out as a whole, by name.</summary>
    public IReadOnlyList<string> LeaveOut { get; init; } = [];

    /// <summary>Evaluation tasks, <c>ptb-xl:9,10</c>, whose patient groups are left out wherever they occur.</summary>
    public IReadOnlyList<string> ExcludeEvaluation { get; init; } = [];

    /// <summary>
    /// Shares by column (<c>source</c>, <c>site</c>, <c>sex</c>, <c>age</c>) and value; what they leave of 1 belongs to all other values
    /// together. A column without values keeps the shares that it has among the allowed records.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Quotas { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, double>>();

    public SourceMix Mix { get; init; } = SourceMix.Proportional;

    /// <summary>Split no patient group: the size is then the largest that whole groups give without exceeding the one asked for.</summary>
    public bool WholeGroups { get; init; }
}
