using EcgData.Sources.Code15;
using EcgData.Sources.MimicIvEcg;
using EcgData.Sources.PtbXl;
using EcgData.Sources.WfdbFolder;

namespace EcgData.Sources;

/// <summary>The sources that this program reads, by name.</summary>
public static class KnownSources
{
    /// <summary>In the order of their names.</summary>
    public static IReadOnlyList<IEcgSource> All { get; } =
    [
        new Code15Source(),
        new MimicIvEcgSource(),
        new PtbXlSource(),
        new WfdbFolderSource(),
    ];

    /// <summary>The source called <paramref name="name"/>; a suffix behind <c>#</c> tells two folders of one source apart.</summary>
    /// <exception cref="SourceException">There is none; the message names the nearest.</exception>
    public static IEcgSource Find(string name)
    {
        var known = name.Split('#')[0];
        return All.FirstOrDefault(source => source.Manifest.Name == known) ?? throw new SourceException(
            $"'{name}' is not a source that this program reads.{Nearest(known)} Known are: {string.Join(", ", All.Select(s => s.Manifest.Name))}.");
    }

    /// <summary><c> Did you mean 'ptb-xl'?</c>, or nothing where no name is near.</summary>
    private static string Nearest(string wrong)
    {
        var (nearest, distance) = All
            .Select(source => (source.Manifest.Name, Distance: Spelling.Distance(Plain(wrong), Plain(source.Manifest.Name))))
            .MinBy(candidate => candidate.Distance);
        return distance <= Math.Max(1, nearest.Length / 3) ? $" Did you mean '{nearest}'?" : "";
    }

    /// <summary>People write PTB-XL, ptb_xl and ptbxl.</summary>
    private static string Plain(string name) =>
        string.Concat(name.Take(64).Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant));
}
