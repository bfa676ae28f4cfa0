using System.Text.Json;

namespace EcgData.Shards.Subsets;

/// <summary>Subsets that have been made.</summary>
/// <param name="Overlaps">Of the same rung of two ladders; empty where there is one ladder.</param>
public sealed record SubsetResult(IReadOnlyList<SubsetLadder> Ladders, IReadOnlyList<SubsetOverlap> Overlaps)
{
    /// <summary>Writes every rung into a folder, a folder per ladder where there are several, and the overlaps beside them.</summary>
    public async Task WriteAsync(string folder, CancellationToken cancel = default)
    {
        foreach (var ladder in Ladders)
        {
            var path = FolderOf(folder, ladder);
            Directory.CreateDirectory(path);
            foreach (var rung in ladder.Rungs) await rung.WriteAsync(path, cancel);
        }

        if (Overlaps.Count > 0)
            await SubsetDocument.WriteAsync(Path.Join(folder, "overlaps.json"), SubsetDocument.Serialize(Overlaps), cancel);
    }

    public string FolderOf(string folder, SubsetLadder ladder) => Ladders.Count == 1 ? folder : Path.Join(folder, $"seed-{ladder.Seed}");
}

/// <summary>Nested subsets by one seed, the smallest first.</summary>
public sealed record SubsetLadder(ulong Seed, IReadOnlyList<SubsetRung> Rungs);

/// <summary>A subset and its files.</summary>
/// <param name="SelectionFile">What goes into the file beside the manifest; null where the subset is the first rows of every shard.</param>
public sealed record SubsetRung(SubsetManifest Manifest, byte[]? SelectionFile, DecontaminationCertificate? Certificate)
{
    /// <summary>The manifest is written last: where it is, what it names is there.</summary>
    public async Task WriteAsync(string folder, CancellationToken cancel = default)
    {
        var path = Path.Join(folder, $"{Manifest.Name}.json");
        if (SelectionFile is not null) await SubsetDocument.WriteAsync(Path.Join(folder, Manifest.Selection!.File), SelectionFile, cancel);
        if (Certificate is not null)
            await SubsetDocument.WriteAsync(DecontaminationCertificate.PathOf(path), SubsetDocument.Serialize(Certificate), cancel);
        else
            File.Delete(DecontaminationCertificate.PathOf(path));   // of an earlier subset of that name
        await SubsetDocument.WriteAsync(path, SubsetDocument.Serialize(Manifest), cancel);
    }
}

/// <summary>How much two ladders share at a rung.</summary>
/// <param name="Shared">Records in both.</param>
/// <param name="Share">Of the smaller one's records.</param>
/// <param name="Expected">Share that independent draws have in common on average: the size over the allowed records.</param>
public sealed record SubsetOverlap(string Name, ulong SeedA, ulong SeedB, long Shared, double Share, double Expected)
{
    internal static IReadOnlyList<SubsetOverlap> Of(IReadOnlyList<IReadOnlyList<SubsetMembership>> ladders, ulong firstSeed)
    {
        var overlaps = new List<SubsetOverlap>();
        for (var rung = 0; rung < ladders[0].Count; rung++)
        {
            for (var a = 0; a < ladders.Count; a++)
            {
                for (var b = a + 1; b < ladders.Count; b++)
                {
                    var (first, second) = (ladders[a][rung], ladders[b][rung]);
                    var shared = first.Shared(second);
                    var smaller = Math.Max(1, Math.Min(first.Count, second.Count));
                    overlaps.Add(new SubsetOverlap(
                        first.Name, firstSeed + (ulong)a, firstSeed + (ulong)b, shared, Math.Round(shared / (double)smaller, 6),
                        Math.Round(Math.Max(first.Count, second.Count) / (double)Math.Max(1, first.Available), 6)));
                }
            }
        }

        return overlaps;
    }
}
