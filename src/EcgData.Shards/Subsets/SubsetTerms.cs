namespace EcgData.Shards.Subsets;

/// <summary>Terms under which a source's records may be used, as its manifest states them.</summary>
/// <param name="Source">Name in the corpus.</param>
/// <param name="Licence">SPDX identifier or the licence's own name.</param>
/// <param name="Access"><c>open</c>, <c>credentialed</c> or <c>restricted</c>.</param>
/// <param name="Attribution">How its publisher wants to be cited.</param>
public sealed record SourceTerms(string Source, string Licence, string Access, string Attribution);

/// <summary>What a licence asks for, beyond its class of access.</summary>
[Flags]
public enum Obligations
{
    None = 0,
    Attribution = 1,
    ShareAlike = 2,
    NonCommercial = 4,

    /// <summary>Must not be passed on: a data use agreement, or terms that are not known.</summary>
    NoRedistribution = 8,
}

/// <summary>The terms of a subset: those of all its sources together.</summary>
/// <param name="Access">The strictest class of access among the sources.</param>
/// <param name="Strictest">The licence that asks for most.</param>
/// <param name="Licences">All of them, in ordinal order.</param>
/// <param name="Obligations">What all of them together ask for: attribution, share-alike, non-commercial, no-redistribution.</param>
/// <param name="Attribution">A line per source, ready to be printed.</param>
public sealed record SubsetTerms(
    string Access, string Strictest, IReadOnlyList<string> Licences, IReadOnlyList<string> Obligations, IReadOnlyList<string> Attribution)
{
    /// <summary>Classes of access, the freest first.</summary>
    public static IReadOnlyList<string> AccessClasses { get; } = ["open", "credentialed", "restricted"];

    /// <summary>The terms of a subset that holds records of these sources.</summary>
    public static SubsetTerms Of(IReadOnlyCollection<SourceTerms> sources)
    {
        var together = sources.Aggregate(Subsets.Obligations.None, (sum, source) => sum | ObligationsOf(source.Licence));
        var strictest = sources.OrderByDescending(source => AccessLevel(source.Access)).ThenByDescending(source => ObligationsOf(source.Licence))
            .ThenBy(source => source.Licence, StringComparer.Ordinal).FirstOrDefault();
        return new SubsetTerms(
            strictest?.Access ?? AccessClasses[0], strictest?.Licence ?? "",
            [.. sources.Select(source => source.Licence).Distinct().Order(StringComparer.Ordinal)],
            [.. Names.Where(name => together.HasFlag(name.Flag)).Select(name => name.Name)],
            [.. sources.OrderBy(source => source.Source, StringComparer.Ordinal)
                .Select(source => $"{source.Source}: {source.Attribution} Licence: {source.Licence}.")]);
    }

    /// <summary>Whether records under <paramref name="terms"/> may be in a subset for which <paramref name="allow"/> was asked.</summary>
    /// <exception cref="FormatException">A word of <paramref name="allow"/> that means nothing.</exception>
    public static bool Allows(IEnumerable<string> allow, SourceTerms terms)
    {
        var allowed = true;
        foreach (var word in allow)
        {
            allowed &= word switch
            {
                "no-nc" => !ObligationsOf(terms.Licence).HasFlag(Subsets.Obligations.NonCommercial),
                "no-sa" => !ObligationsOf(terms.Licence).HasFlag(Subsets.Obligations.ShareAlike),
                _ when AccessClasses.Contains(word) => AccessLevel(terms.Access) <= AccessLevel(word),
                _ => throw new FormatException(
                    $"'{word}' is not a class of terms. Expected open, credentialed, restricted (each includes the ones before it), no-nc or no-sa."),
            };
        }

        return allowed;
    }

    /// <summary>What a licence asks for, by its SPDX identifier; of one that is not known, everything.</summary>
    public static Obligations ObligationsOf(string licence) => licence switch
    {
        "CC0-1.0" or "PDDL-1.0" => Subsets.Obligations.None,
        "CC-BY-4.0" or "CC-BY-3.0" or "ODC-By-1.0" => Subsets.Obligations.Attribution,
        "CC-BY-SA-4.0" or "ODbL-1.0" => Subsets.Obligations.Attribution | Subsets.Obligations.ShareAlike,
        "CC-BY-NC-4.0" => Subsets.Obligations.Attribution | Subsets.Obligations.NonCommercial,
        "CC-BY-NC-SA-4.0" => Subsets.Obligations.Attribution | Subsets.Obligations.ShareAlike | Subsets.Obligations.NonCommercial,
        _ => Subsets.Obligations.Attribution | Subsets.Obligations.ShareAlike | Subsets.Obligations.NonCommercial | Subsets.Obligations.NoRedistribution,
    };

    private static readonly (Obligations Flag, string Name)[] Names =
    [
        (Subsets.Obligations.Attribution, "attribution"), (Subsets.Obligations.ShareAlike, "share-alike"),
        (Subsets.Obligations.NonCommercial, "non-commercial"), (Subsets.Obligations.NoRedistribution, "no-redistribution"),
    ];

    /// <summary>A class that is not known counts as the strictest.</summary>
    private static int AccessLevel(string access)
    {
        for (var level = 0; level < AccessClasses.Count; level++)
        {
            if (AccessClasses[level] == access) return level;
        }

        return AccessClasses.Count;
    }
}
