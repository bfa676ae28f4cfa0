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
/// <param name="Objects">
/// What goes, in the order in which it goes: shards that hold the erased, while it is still known which those are, then documents before what they name.
/// </param>
public sealed record Sweep(IReadOnlyList<string> Versions, IReadOnlyList<ListedObject> Objects)
{
    public long SizeBytes => Objects.Sum(stored => stored.SizeBytes);
}

/// <summary>Finds and removes the shards and receipts that no version, no pin, no plan and no build of the last days needs.</summary>
/// <remarks>
/// A shard stays as long as a receipt that stays vouches for it, a receipt as long as a version or a plan names it. A build that had
/// planned to reuse what goes now finds it missing when it commits, moves nothing, and makes it again the next time.
/// A withdrawn version goes at once, whatever pins it and however new it is, and with it every shard that holds somebody who was erased. Only
/// the documents of one that is still current stay until the next build, which reuses its other shards.
/// </remarks>
public sealed class CorpusSweep(CorpusStore corpus)
{
    /// <param name="now">The time from which the grace counts back.</param>
    /// <exception cref="CorpusException">A document is damaged: what it needs is not known, so nothing goes.</exception>
    public async Task<Sweep> FindAsync(SweepOptions options, DateTimeOffset now, CancellationToken cancel)
    {
        var horizon = now - options.Grace;
        var versions = await corpus.Objects.ListAsync(CorpusPaths.Versions, cancel).ToListAsync(cancel);
        var withdrawn = (await corpus.ReadErasuresAsync(cancel)).List;
        var kept = await KeptVersionsAsync(versions, options, horizon, cancel);
        var head = await corpus.ReadHeadAsync(cancel);
        kept.RemoveWhere(id => id != head && withdrawn?.Withdrawn.Contains(id) == true);
        var (receipts, shards) = await NeededAsync(kept, cancel);
        var (erasedReceipts, erasedShards) = await ErasedAsync(withdrawn, cancel);
        receipts.ExceptWith(erasedReceipts);

        // a receipt within the grace belongs to a build that may not have ended: its shard is needed too
        List<ListedObject> oldReceipts = [];
        await foreach (var stored in corpus.Objects.ListAsync(CorpusPaths.Receipts, cancel))
        {
            var digest = Path.GetFileNameWithoutExtension(stored.Name);
            if (receipts.Contains(digest)) continue;
            if (stored.Changed < horizon || erasedReceipts.Contains(digest)) oldReceipts.Add(stored);
            else if ((await corpus.ReadReceiptAsync(digest, cancel))?.Shard is { } shard) shards.Add(shard.Path);
        }

        shards.ExceptWith(erasedShards);
        var oldShards = await corpus.Objects.ListAsync(CorpusPaths.Shards, cancel)
            .Where(stored => erasedShards.Contains(stored.Name) || stored.Changed < horizon && !shards.Contains(stored.Name)).ToListAsync(cancel);
        var pins = await corpus.Objects.ListAsync(CorpusPaths.Pins, cancel)
            .Where(pin => withdrawn?.Withdrawn.Contains(pin.Name[CorpusPaths.Pins.Length..]) == true).ToListAsync(cancel);
        var gone = versions.GroupBy(stored => VersionOf(stored.Name)).Where(version => !kept.Contains(version.Key)).ToList();
        return new Sweep(
            [.. gone.Select(version => version.Key)],
            [
                .. oldShards.Where(stored => erasedShards.Contains(stored.Name)),
                .. gone.SelectMany(version => version.OrderByDescending(stored => stored.Name == CorpusPaths.Manifest(version.Key))),
                .. pins,
                .. oldReceipts,
                .. oldShards.Where(stored => !erasedShards.Contains(stored.Name)),
            ]);
    }

    /// <summary>Removes what was found.</summary>
    public async Task RunAsync(Sweep sweep, CancellationToken cancel)
    {
        foreach (var stored in sweep.Objects) await corpus.Objects.DeleteAsync(stored.Name, cancel);
    }

    private async Task<HashSet<string>> KeptVersionsAsync(
        List<ListedObject> objects, SweepOptions options, DateTimeOffset horizon, CancellationToken cancel)
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
            foreach (var shard in (await corpus.ReadAnyManifestAsync(id, cancel)).Shards)
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

    /// <summary>Digests of receipts and paths of shards that hold somebody who was erased, as the withdrawn versions name them.</summary>
    private async Task<(HashSet<string> Receipts, HashSet<string> Shards)> ErasedAsync(ErasureList? list, CancellationToken cancel)
    {
        HashSet<string> receipts = new(StringComparer.Ordinal), shards = new(StringComparer.Ordinal);
        var erased = new ErasedPatients(list);
        await foreach (var id in corpus.ListVersionsAsync(cancel))
        {
            if (list?.Withdrawn.Contains(id) != true || await corpus.Objects.FindAsync(CorpusPaths.Catalogue(id), cancel) is null) continue;
            var version = await corpus.ReadAnyManifestAsync(id, cancel);
            var rows = await PatientRows.FindAsync(corpus, version, erased.Contain, cancel);
            var named = rows.Select(row => row.Shard).OfType<string>().ToHashSet(StringComparer.Ordinal);
            shards.UnionWith(named);
            receipts.UnionWith(version.Shards.Where(shard => shard.Path is not null && named.Contains(shard.Path)).Select(shard => shard.InputDigest));
        }

        return (receipts, shards);
    }

    private static string VersionOf(string name) => name.Split('/')[1];
}
