using System.Runtime.CompilerServices;
using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>The tables of the version that a build follows: what has not changed is taken over from them, once it is held against its digest.</summary>
internal sealed class ParentTables : IAsyncDisposable
{
    private readonly StoredCatalogue? _catalogue;
    private readonly Task<Dictionary<string, List<RowGroupRow>>?> _rowGroups;   // read while its caller goes on: the last of it that is asked for
    private readonly Dictionary<string, int> _byInputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ManifestShard> _byDigest = new(StringComparer.Ordinal);

    private ParentTables(VersionManifest? parent, StoredCatalogue? catalogue, Task<Dictionary<string, List<RowGroupRow>>?> rowGroups)
    {
        (_catalogue, _rowGroups) = (catalogue, rowGroups);
        foreach (var shard in parent?.Shards ?? []) _byDigest[shard.InputDigest] = shard;
        for (var index = 0; index < (catalogue?.Groups.Count ?? 0); index++)
        {
            if (catalogue!.Groups[index].Inputs is { } inputs) _byInputs[inputs] = index;
        }
    }

    public static async Task<ParentTables> OpenAsync(CorpusStore corpus, VersionManifest? parent, CancellationToken cancel)
    {
        if (parent is null) return new ParentTables(null, null, Task.FromResult<Dictionary<string, List<RowGroupRow>>?>(null));
        var catalogue = await corpus.OpenCatalogueAsync(parent, cancel);
        return new ParentTables(parent, catalogue, Task.Run(() => RowGroupsAsync(corpus, parent, cancel), CancellationToken.None));
    }

    public async ValueTask DisposeAsync()
    {
        await ((Task)_rowGroups).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_catalogue is not null) await _catalogue.DisposeAsync();
    }

    /// <summary>Whether there is a row group that follows from the same inputs; it may be damaged.</summary>
    public bool Has(string inputs) => _byInputs.TryGetValue(inputs, out var index) && _catalogue!.Groups[index].Sums is not null;

    /// <summary>The row group that follows from the same inputs, with its shards. Its pages hold until the next is taken.</summary>
    /// <returns>null where there is none, or where it is damaged: it is made again.</returns>
    public async Task<(CatalogueRowGroup Group, List<ManifestShard> Shards)?> TakeAsync(
        string inputs, IEnumerable<string> digests, CancellationToken cancel)
    {
        if (!Has(inputs)) return null;
        List<ManifestShard> shards = [];
        foreach (var digest in digests)
        {
            if (!_byDigest.TryGetValue(digest, out var shard) || (shard.Path is { } path && await RowGroupsOfAsync(path) is null)) return null;
            shards.Add(shard);
        }

        if (await _catalogue!.ReadAsync(_byInputs[inputs], cancel) is not { } group) return null;
        return (group, shards);
    }

    /// <summary>The row groups of a source that is not built, in order. The pages of each hold until the next is asked for.</summary>
    /// <exception cref="CorpusException">One of them is damaged, and only the source could mend it.</exception>
    public async IAsyncEnumerable<CatalogueRowGroup> TakeSourceAsync(
        string name, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var index = 0; index < (_catalogue?.Groups.Count ?? 0); index++)
        {
            if (_catalogue!.Groups[index].Source != name) continue;
            yield return await _catalogue.ReadAsync(index, cancel) ?? throw Damaged(name);
        }
    }

    /// <summary>What the table says of a shard's row groups, or null where it says nothing that holds.</summary>
    public async ValueTask<IReadOnlyList<RowGroupRow>?> RowGroupsOfAsync(string path) => (await _rowGroups)?.GetValueOrDefault(path);

    public static CorpusException Damaged(string name) => new(
        $"The catalogue of the version before is damaged where it tells of {name}, which is not part of this build. HEAD is as it was. " +
        $"Name the source with --source {name}=DIR, and what is damaged is made again.");

    /// <returns>null where the table is missing or is not what its manifest says.</returns>
    private static async Task<Dictionary<string, List<RowGroupRow>>?> RowGroupsAsync(CorpusStore corpus, VersionManifest parent, CancellationToken cancel)
    {
        try
        {
            var name = CorpusPaths.RowGroups(parent.Id);
            if (await corpus.HashAsync(name, cancel) != parent.RowGroups.Sha256) return null;
            var rows = new Dictionary<string, List<RowGroupRow>>(StringComparer.Ordinal);
            await using var stream = await corpus.Objects.OpenReadAsync(name, cancel);
            await foreach (var row in RowGroupTable.ReadAsync(stream, cancel))
            {
                if (!rows.TryGetValue(row.Shard, out var groups)) rows[row.Shard] = groups = [];
                groups.Add(row);
            }

            return rows;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
