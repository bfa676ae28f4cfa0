using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>What a plan takes a shard for that is there already.</summary>
public enum ShardTrust
{
    /// <summary>Sound where it has its size: what was written was checked, and asking costs nothing.</summary>
    Size,

    /// <summary>Sound where its bytes still have its SHA-256: every shard is read, and so are the tables.</summary>
    Content,
}

/// <summary>Which shard jobs are done: their receipts are in the corpus, and so are the shards that these vouch for.</summary>
/// <param name="parent">The version that HEAD names, or null.</param>
internal sealed class FinishedJobs(CorpusStore corpus, VersionManifest? parent, ShardTrust trust)
{
    private readonly Dictionary<string, ManifestShard> _known =
        parent?.Shards.ToDictionary(shard => shard.InputDigest, StringComparer.Ordinal) ?? [];

    private IReadOnlyDictionary<string, long>? _receipts;
    private IReadOnlyDictionary<string, long>? _shards;

    /// <summary>Whether the version before has the job of this digest. Safe for many threads.</summary>
    public bool IsOfParent(string digest) => _known.ContainsKey(digest);

    /// <summary>Whether the job of this digest need not be done again.</summary>
    public async Task<bool> HoldAsync(string digest, CancellationToken cancel)
    {
        _receipts ??= await corpus.ListSizesAsync(CorpusPaths.Receipts, cancel);
        if (!_receipts.ContainsKey(CorpusPaths.Receipt(digest))) return false;
        if (trust == ShardTrust.Size && _known.TryGetValue(digest, out var shard))
            return await IsSoundAsync(shard.Path, shard.SizeBytes, shard.Sha256, cancel);
        try
        {
            return await corpus.ReadReceiptAsync(digest, cancel) is { } receipt
                && await IsSoundAsync(receipt.Shard?.Path, receipt.Shard?.SizeBytes ?? 0, receipt.Shard?.Sha256, cancel);
        }
        catch (CorpusException)
        {
            return false;   // a receipt that cannot be read vouches for nothing: the job writes another
        }
    }

    /// <summary>Makes sure of the shards that a build keeps without having their source.</summary>
    /// <exception cref="CorpusException">One of them is missing or damaged, and only its source could mend it.</exception>
    public async Task CheckCarriedOverAsync(Func<ManifestShard, bool> carried, CancellationToken cancel)
    {
        if (trust == ShardTrust.Size) return;   // the commit asks for their sizes
        foreach (var shard in _known.Values.Where(carried))
        {
            if (!await IsSoundAsync(shard.Path, shard.SizeBytes, shard.Sha256, cancel))
                throw new CorpusException(
                    $"{corpus.Objects.Address}: {shard.Path} is missing or damaged, and {shard.Source} is not part of this build. " +
                    $"Name it with --source {shard.Source}=DIR, and the shard is made again.");
        }
    }

    private async Task<bool> IsSoundAsync(string? path, long sizeBytes, string? sha256, CancellationToken cancel)
    {
        if (path is null) return true;
        _shards ??= await corpus.ListSizesAsync(CorpusPaths.Shards, cancel);
        if (!_shards.TryGetValue(path, out var found) || found != sizeBytes) return false;
        return trust == ShardTrust.Size || await corpus.HashAsync(path, cancel) == sha256;
    }
}
