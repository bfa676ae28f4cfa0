using System.Collections.Frozen;

namespace EcgData.Sources.PtbXl;

/// <summary>What PTB-XL's tables say in codes, and what its releases took back.</summary>
internal static class PtbXlQuirks
{
    /// <summary>Stands in the age column for every age above 89, for privacy (ptbxl_v102_changelog.txt, change 0).</summary>
    public const double AgeAbove89 = 300;

    /// <summary>What an age above 89 is resolved to: the lowest it can be.</summary>
    public const double OldestStatedAge = 90;

    /// <summary>
    /// The 38 records that release 1.0.3 withdrew as duplicates, each with the recording that was kept in its place
    /// (ptbxl_v103_changelog.txt, changes 1 to 36). Older copies of the tables still list them, at times in another fold.
    /// </summary>
    public static FrozenDictionary<int, int> KeptInPlaceOf { get; } = new (int Withdrawn, int Kept)[]
    {
        (137, 138), (139, 7781), (140, 1370), (141, 2509), (142, 13803), (143, 144), (145, 463),
        (456, 457), (458, 3797), (459, 460), (461, 9823), (462, 13802), (2506, 2507), (2511, 7784),
        (3795, 3796), (3798, 3799), (3800, 3802), (3801, 3802), (3832, 15768), (5817, 9824), (7777, 7778),
        (7779, 7780), (7782, 7783), (9821, 9822), (9825, 11813), (9888, 9889), (11810, 15741), (11814, 11816),
        (11815, 11816), (11817, 146), (11838, 11839), (13791, 13792), (13793, 13794), (13796, 1371), (13797, 13798),
        (13799, 13800), (15742, 11809), (18150, 18151),
    }.ToFrozenDictionary(pair => pair.Withdrawn, pair => pair.Kept);
}
