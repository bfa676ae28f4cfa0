using EcgData.Shards;
using EcgData.Shards.Subsets;

namespace EcgData.Pipelines;

/// <summary>Reads the subset manifest that a verb is given.</summary>
internal static class SubsetFile
{
    /// <returns>null where none was asked for.</returns>
    /// <exception cref="UsageException">No such file, or no subset manifest.</exception>
    public static async Task<SubsetManifest?> ReadAsync(string? path, CancellationToken cancel)
    {
        if (path is null) return null;
        if (!File.Exists(path)) throw new UsageException($"--subset {path}: no such file. Expected a subset manifest; 'ecgdata subset' makes them.");
        try
        {
            return await SubsetManifest.ReadAsync(path, cancel);
        }
        catch (CorpusException e)
        {
            throw new UsageException($"--subset: {e.Message}");
        }
    }
}
