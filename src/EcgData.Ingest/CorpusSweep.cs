using EcgData.Shards;
using EcgData.Storage;

namespace EcgData.Ingest;

/// <summary>What a sweep may throw away.</summary>
public sealed record SweepOptions
{
    /// <summary>What was written later stays, whoever needs it: a build may be about to name it.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How many of the last versions stay; null = all. HEAD, pinned versions and those within the grace stay in any case.</summary>
    public int? Versions { get; init; }
}

/// <summary>What nothing in a corpus needs any more.</summary>
/// <param name="Versions">Ids of versions that go.</param>
/// <param name="Objects">What goes, in the order in which it goes: documents before what they name.</param>
public sealed record Sweep(IReadOnlyList<string> Versions, IReadOnlyList<StoredObject> Objects)
{
    public long SizeBytes => Objects.Sum(stored => stored.SizeBytes);
}

/// <summary>Finds and removes the shards and receipts that no version, no pin, no plan and no build of the last days needs.</summary>
/// <remarks>
/// A shard stays as long as a receipt that stays vouches for it, a receipt as long as a version or a plan names it. A build that had
/// planned to reuse what goes now finds it missing when it commits, moves nothing, and makes it again the next time.
/// </remarks>
public sealed class CorpusSweep(CorpusStore corpus)
{
    /// <param name="now">The time from which the grace counts back.</param>
    /// <exception cref="CorpusException">A document is damaged: what it needs is not known, so nothing goes.</exception>
    public async Task<Sweep> FindAsync(SweepOptions options, DateTimeOffset now, CancellationToken cancel)
    {
        var horizon = now - options.Grace;
        var versions = await corpus.Objects.ListAsync(CorpusPaths.Versions, cancel).ToListAsync(cancel);
        var kept = await KeptVersionsAsync(versions, options, horizon, cancel);
        var (receipts, shards) = await NeededAsync(kept, cancel);

        // a receipt within the grace belongs to a build that may not have ended: its shard is needed too
        List<StoredObject> oldReceipts = [];
        await foreach (var stored in corpus.Objects.ListAsync(CorpusPaths.Receipts, cancel))
        {
            var digest = Path.GetFileNameWithoutExtension(stored.Name);
            if (receipts.Contains(digest)) continue;
            if (stored.Changed < horizon) oldReceipts.Add(stored);
            else if ((await corpus.ReadReceiptAsync(digest, cancel))?.Shard is { } shard) shards.Add(shard.Path);
        }

        var oldShards = await corpus.Objects.ListAsync(CorpusPaths.Shards, cancel)
            .Where(stored => stored.Changed < horizon && !shards.Contains(stored.Name)).ToListAsync(cancel);
        var gone = versions.GroupBy(stored => VersionOf(stored.Name)).Where(version => !kept.Contains(version.Key)).ToList();
        return new Sweep(
            [.. gone.Select(version => version.Key)],
            [
                .. gone.SelectMany(version => version.OrderByDescending(stored => stored.Name == CorpusPaths.Manifest(version.Key))),
                .. oldReceipts,
                .. oldShards,
            ]);
    }

    /// <summary>Removes what was found.</summary>
    public async Task RunAsync(Sweep sweep, CancellationToken cancel)
    {
        foreach (var stored in sweep.Objects) await corpus.Objects.DeleteAsync(stored.Name, cancel);
    }

    private async Task<HashSet<string>> KeptVersionsAsync(
        List<StoredObject> objects, SweepOptions options, DateTimeOffset horizon, CancellationToken cancel)
    {
        var all = objects.Select(stored => VersionOf(stored.Name)).ToHashSet(StringComparer.Ordinal);
        if (options.Versions is not { } last) return all;
        var kept = objects.Where(stored => stored.Changed >= horizon).Select(stored => VersionOf(stored.Name)).ToHashSet(StringComparer.Ordinal);
        if (await corpus.ReadHeadAsync(cancel) is { } head) kept.Add(head);
        await foreach (var pin in corpus.Objects.ListAsync(CorpusPaths.Pins, cancel)) kept.Add(pin.Name[CorpusPaths.Pins.Length..]);
        await foreach (var plan in new PlanStore(corpus).ReadAllAsync(cancel))
        {
            if (plan.Parent is { } parent) kept.Add(parent);
        }

        // in the order in which they were last built; a version that no history knows came before all
        var built = await corpus.ReadHistoryAsync(cancel).Select(entry => entry.Version).ToListAsync(cancel);
        kept.UnionWith(all.OrderByDescending(id => built.LastIndexOf(id)).ThenBy(id => id, StringComparer.Ordinal).Take(last));
        return kept;
    }

    /// <summary>Digests of receipts and paths of shards that the versions and the plans name.</summary>
    private async Task<(HashSet<string> Receipts, HashSet<string> Shards)> NeededAsync(HashSet<string> versions, CancellationToken cancel)
    {
        HashSet<string> receipts = new(StringComparer.Ordinal), shards = new(StringComparer.Ordinal);
        foreach (var id in versions)
        {
            if (await corpus.Objects.FindAsync(CorpusPaths.Manifest(id), cancel) is null) continue;   // its writing or its removal was broken off
            foreach (var shard in (await corpus.ReadManifestAsync(id, cancel)).Shards)
            {
                receipts.Add(shard.InputDigest);
                if (shard.Path is not null) shards.Add(shard.Path);
            }
        }

        var plans = new PlanStore(corpus);
        await foreach (var plan in plans.ReadAllAsync(cancel))
        {
            foreach (var shard in plan.Shards)
            {
                if (await plans.FindReceiptAsync(plan.Id, shard.InputDigest, cancel) is not { } digest || !receipts.Add(digest)) continue;
                if ((await corpus.ReadReceiptAsync(digest, cancel))?.Shard is { } made) shards.Add(made.Path);
            }
        }

        return (receipts, shards);
    }

    private static string VersionOf(string name) => name.Split('/')[1];
}
