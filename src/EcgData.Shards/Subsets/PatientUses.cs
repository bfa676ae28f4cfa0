using System.Text.Json;
using EcgData.Shards.Exports;

namespace EcgData.Shards.Subsets;

/// <summary>A document outside the corpus that holds records of some patients.</summary>
/// <param name="Kind"><c>subset</c> or <c>export</c>.</param>
/// <param name="Version">The version that it was made of.</param>
/// <param name="Records">How many of the patients' records; null where that cannot be told any more, so that it must count as holding them.</param>
public sealed record PatientUse(string Path, string Kind, string Version, int? Records);

/// <summary>Finds the subset manifests and exports below some folders that hold records of some patients.</summary>
/// <param name="rowsOf">The patients' records by version; a version that holds none is left out.</param>
public sealed class PatientUses(CorpusStore corpus, IReadOnlyDictionary<string, IReadOnlyList<PatientRow>> rowsOf)
{
    private readonly Dictionary<string, int?> _recordsOfSubset = new(StringComparer.Ordinal);

    /// <returns>In the order of their paths. Documents that are neither are passed over.</returns>
    public async Task<IReadOnlyList<PatientUse>> FindAsync(IEnumerable<string> folders, CancellationToken cancel)
    {
        List<PatientUse> uses = [];
        List<(string Path, ExportManifest Export)> exports = [];
        var paths = folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)).Distinct().Order(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            if (Path.GetFileName(path) == ExportManifest.FileName && await TryReadExportAsync(path, cancel) is { } export) exports.Add((path, export));
            else if (await TryReadSubsetAsync(path, cancel) is { } subset)
                uses.Add(new PatientUse(path, "subset", subset.Version, _recordsOfSubset[subset.Digest] = await CountAsync(subset, cancel)));
        }

        foreach (var (path, export) in exports)
        {
            var records = export.Subset is null ? rowsOf.GetValueOrDefault(export.Version)?.Count(row => row.Shard is not null) ?? await NoneAsync(export.Version, cancel)
                : _recordsOfSubset.TryGetValue(export.Subset, out var known) ? known
                : rowsOf.ContainsKey(export.Version) ? null : await NoneAsync(export.Version, cancel);
            uses.Add(new PatientUse(path, "export", export.Version, records));
        }

        return [.. uses.Where(use => use.Records != 0).OrderBy(use => use.Path, StringComparer.Ordinal)];
    }

    private async Task<int?> CountAsync(SubsetManifest subset, CancellationToken cancel)
    {
        if (!rowsOf.TryGetValue(subset.Version, out var rows)) return await NoneAsync(subset.Version, cancel);
        try
        {
            return await SubsetPatients.CountAsync(corpus, await corpus.ReadAnyManifestAsync(subset.Version, cancel), subset, rows, cancel);
        }
        catch (CorpusException)
        {
            return null;   // its selection file is gone or damaged
        }
    }

    /// <summary>None, if the version is there to be sure of it.</summary>
    private async Task<int?> NoneAsync(string version, CancellationToken cancel) =>
        await corpus.Objects.FindAsync(CorpusPaths.Manifest(version), cancel) is null ? null : 0;

    private static async Task<SubsetManifest?> TryReadSubsetAsync(string path, CancellationToken cancel)
    {
        try
        {
            return await SubsetManifest.ReadAsync(path, cancel);
        }
        catch (CorpusException)
        {
            return null;
        }
    }

    private static async Task<ExportManifest?> TryReadExportAsync(string path, CancellationToken cancel)
    {
        await using var stream = File.OpenRead(path);
        try
        {
            return await JsonSerializer.DeserializeAsync<ExportManifest>(stream, CorpusJson.Readable, cancel);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
