namespace EcgData.Shards.Subsets;

/// <summary>Whether a subset holds records of some patients.</summary>
public static class SubsetPatients
{
    /// <param name="version">The version that the subset is a part of.</param>
    /// <param name="rows">The patients' records in that version.</param>
    /// <returns>How many of them the subset holds.</returns>
    /// <exception cref="CorpusException">The subset's selection file, or the version, is damaged.</exception>
    public static async Task<int> CountAsync(
        CorpusStore corpus, VersionManifest version, SubsetManifest subset, IReadOnlyList<PatientRow> rows, CancellationToken cancel)
    {
        if (rows.Count == 0) return 0;
        var selection = await subset.LoadSelectionAsync(corpus, version, cancel);
        var selected = SubsetRows.Of(selection, await GroupRows.ReadAsync(corpus, version, cancel));
        var firstRows = new Dictionary<string, uint>(StringComparer.Ordinal);
        uint next = 0;
        foreach (var shard in version.Shards.Where(shard => shard.Path is not null))
        {
            firstRows[shard.Path!] = next;
            next += (uint)shard.Rows;
        }

        return rows.Count(row => row.Shard is not null && selected.Contains(firstRows[row.Shard] + (uint)row.Row!.Value));
    }
}
