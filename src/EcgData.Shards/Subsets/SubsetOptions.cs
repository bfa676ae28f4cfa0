namespace EcgData.Shards.Subsets;

/// <summary>Which subsets to make of a version: the whole of a subset recipe.</summary>
public sealed record SubsetOptions
{
    /// <summary>Sizes of nested subsets, <c>18k</c> or <c>all</c>.</summary>
    public IReadOnlyList<string> Sizes { get; init; } = [];

    /// <summary>Subsets with conditions of their own, which need not be nested: the site-year folders of a study.</summary>
    public IReadOnlyList<RungOptions> Rungs { get; init; } = [];

    /// <summary>Keys the rank of the patients. The default is the one that shards are sorted by: its subsets are quick to read.</summary>
    public ulong Seed { get; init; } = PatientKey.DefaultSeed;

    /// <summary>Independent ladders, by this seed and those that follow it: as many draws of each size.</summary>
    public int Ladders { get; init; } = 1;

    public SubsetPredicate Predicate { get; init; } = new();

    /// <summary>CSV files of record-id pairs that are of one patient.</summary>
    public IReadOnlyList<string> Duplicates { get; init; } = [];

    /// <summary>CSV files with the columns record_id and fold, which stand for the catalogue's folds.</summary>
    public IReadOnlyList<string> Folds { get; init; } = [];
}

/// <summary>A subset with conditions of its own.</summary>
public sealed record RungOptions
{
    /// <summary>What its files are called.</summary>
    public string Name { get; init; } = "";

    /// <summary>Conditions beside those of the predicate.</summary>
    public IReadOnlyList<string> Where { get; init; } = [];

    public string Size { get; init; } = "all";
}
