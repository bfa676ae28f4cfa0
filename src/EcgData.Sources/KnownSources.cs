namespace EcgData.Sources;

/// <summary>The sources that this program reads, by name.</summary>
public static class KnownSources
{
    /// <summary>In the order of their names.</summary>
    public static IReadOnlyList<IEcgSource> All { get; } = [];

    /// <summary>The source called <paramref name="name"/>; a suffix behind <c>#</c> tells two folders of one source apart.</summary>
    /// <exception cref="SourceException">There is none; the message names the nearest.</exception>
    public static IEcgSource Find(string name)
    {
        var known = name.Split('#')[0];
        return All.FirstOrDefault(source => source.Manifest.Name == known)
            ?? throw new SourceException(
                $"'{name}' is not a source that this program reads. Known are: {string.Join(", ", All.Select(s => s.Manifest.Name))}.");
    }
}
