using System.Security.Cryptography;
using System.Text.Json;

namespace EcgData.Shards.Subsets;

/// <summary>What a pull did.</summary>
/// <param name="Shards">Shards that hold rows of the subset.</param>
/// <param name="Present">Of these, how many were there already, whole.</param>
/// <param name="CopiedBytes">Of shards.</param>
public sealed record PullReport(string Version, string Subset, long Records, int Shards, int Present, long CopiedBytes);

/// <summary>
/// Copies of a version what readers need for a subset: its documents, its tables and the shards that hold rows of it. The copy is a corpus
/// in which the other shards are missing: what reads that subset works on it, verifying the whole version does not.
/// </summary>
/// <param name="from">The corpus.</param>
/// <param name="to">The copy: a new one, or an earlier pull, which goes on where it was.</param>
/// <param name="version">The subset's version.</param>
public sealed class SubsetPull(CorpusStore from, CorpusStore to, VersionManifest version)
{
    /// <summary>Says that a folder is a copy, whose HEAD a pull may move.</summary>
    public const string Marker = "pull.json";

    private const int BufferBytes = 1 << 20;

    /// <summary>Shards that a subset has rows of, in the order of the version manifest.</summary>
    public async Task<IReadOnlyList<ManifestShard>> ShardsAsync(SubsetManifest subset, CancellationToken cancel = default)
    {
        var selection = await subset.LoadSelectionAsync(from, version, cancel);
        var groups = await GroupRows.ReadAsync(from, version, cancel);
        var shards = new List<ManifestShard>();
        var group = 0;
        foreach (var shard in version.Shards.Where(shard => shard.Path is not null))
        {
            var isNeeded = false;
            for (var rows = 0; rows < shard.Rows; rows += groups.Rows[group++]) isNeeded |= selection.CountOf(group) > 0;
            if (isNeeded) shards.Add(shard);
        }

        return shards;
    }

    /// <param name="shards">What <see cref="ShardsAsync"/> gave.</param>
    /// <param name="copied">Called with the bytes of each piece that was copied or found.</param>
    /// <exception cref="CorpusException">The target is a corpus of its own, or a shard is not what its name says.</exception>
    public async Task<PullReport> RunAsync(
        SubsetManifest subset, IReadOnlyList<ManifestShard> shards, int workers, Action<long>? copied, CancellationToken cancel = default)
    {
        var head = await to.Objects.FindAsync(CorpusPaths.Head, cancel);
        if (head is not null && await to.Objects.FindAsync(Marker, cancel) is null)
            throw new CorpusException(
                $"{to.Objects.Address}: a corpus of its own, which a copy would spoil. Expected a new folder, or one that 'ecgdata pull' made.");
        await WriteAsync(Marker, JsonSerializer.SerializeToUtf8Bytes(new { version = version.Id, subset = subset.Digest }, CorpusJson.Readable), cancel);
        var (present, bytes) = (0, 0L);
        await Parallel.ForEachAsync(shards, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancel }, async (shard, stop) =>
        {
            if (await IsThereAsync(shard, stop))
            {
                Interlocked.Increment(ref present);
                copied?.Invoke(shard.SizeBytes);
                return;
            }

            Interlocked.Add(ref bytes, await CopyAsync(shard.Path!, shard.Sha256, copied, stop));
        });

        // tables, then what names them: a pull that was stopped is no corpus yet
        var manifest = CorpusPaths.Manifest(version.Id);
        var folder = manifest[..(manifest.LastIndexOf('/') + 1)];
        await foreach (var document in from.Objects.ListAsync(folder, cancel))
        {
            if (document.Name != manifest) await CopyAsync(document.Name, null, null, cancel);
        }

        await CopyAsync(manifest, null, null, cancel);
        await to.MoveHeadAsync(version.Id, head?.Tag, cancel);
        return new PullReport(version.Id, subset.Digest, subset.Records, shards.Count, present, bytes);
    }

    /// <summary>A shard of that size and SHA-256.</summary>
    private async Task<bool> IsThereAsync(ManifestShard shard, CancellationToken cancel)
    {
        if ((await to.Objects.FindAsync(shard.Path!, cancel))?.SizeBytes != shard.SizeBytes) return false;
        await using var stream = await to.Objects.OpenReadAsync(shard.Path!, cancel);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel)) == shard.Sha256;
    }

    /// <summary>Copies an object, which appears whole or not at all.</summary>
    /// <param name="sha256">What its bytes must have; null where nothing is known of them.</param>
    private async Task<long> CopyAsync(string name, string? sha256, Action<long>? copied, CancellationToken cancel)
    {
        await using var source = await from.Objects.OpenReadAsync(name, cancel);
        await using var target = to.Objects.Create(source.Length);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        long total = 0;
        for (int read; (read = await source.ReadAsync(buffer, cancel)) > 0; total += read)
        {
            hash.AppendData(buffer, 0, read);
            await target.Stream.WriteAsync(buffer.AsMemory(0, read), cancel);
            copied?.Invoke(read);
        }

        if (sha256 is not null && Convert.ToHexStringLower(hash.GetHashAndReset()) != sha256)
            throw new CorpusException(
                $"{from.Objects.Address}: {name} does not have the SHA-256 that its name states, so it is not copied. 'ecgdata verify' tells what else is damaged.");
        await target.CommitAsync(name, cancel);
        return total;
    }

    private async Task WriteAsync(string name, byte[] content, CancellationToken cancel)
    {
        await using var writer = to.Objects.Create();
        await writer.Stream.WriteAsync(content, cancel);
        await writer.CommitAsync(name, cancel);
    }
}
