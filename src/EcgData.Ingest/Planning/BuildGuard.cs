using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Ingest;

/// <summary>Why a plan is not carried out unless somebody says that it is meant.</summary>
public enum ObjectionKind
{
    /// <summary>Records of a source have vanished: a disk half mounted, a download half done.</summary>
    Shrink,

    /// <summary>Another recipe or other program versions make most shards anew: days of work, perhaps for a slip of the pen.</summary>
    Rebuild,
}

/// <param name="Source">The source whose records vanished; null where it is about the corpus.</param>
/// <param name="Message">What was found, what is put up with, what to do.</param>
public sealed record Objection(ObjectionKind Kind, string? Source, string Message);

/// <summary>Holds a plan against the version that it follows: a nightly build must not replace a corpus by a small or a strange one.</summary>
public static class BuildGuard
{
    /// <summary>Share of a source's records that may vanish from one version to the next.</summary>
    private const double LargestVanishedShare = 0.01;

    /// <summary>Share of the shards that a changed recipe or version may rebuild.</summary>
    private const double LargestRebuiltShare = 0.1;

    /// <returns>Empty where nothing speaks against the plan.</returns>
    public static async Task<IReadOnlyList<Objection>> FindObjectionsAsync(BuildPlan plan, CorpusStore corpus, CancellationToken cancel)
    {
        if (plan.Parent is not { } parent) return [];
        List<Objection> objections = [];
        foreach (var catalogue in plan.Catalogues)
        {
            if (parent.Sources.FirstOrDefault(source => source.Name == catalogue.Name) is not { } before) continue;
            var vanished = await CountVanishedAsync(plan, parent, catalogue, corpus, cancel);
            if (vanished <= LargestVanishedShare * before.Records.Read) continue;
            objections.Add(new Objection(
                ObjectionKind.Shrink, catalogue.Name,
                $"{catalogue.Name}: {vanished:N0} of the {before.Records.Read:N0} records of version {parent.Id} are not listed any more; up to " +
                $"{LargestVanishedShare:P0} may vanish. Is the folder mounted, the download whole? Give --allow-shrink if it is meant."));
        }

        if (Changes(plan, parent) is { Count: > 0 } changes)
        {
            var built = plan.Shards.Where(shard => parent.Sources.Any(source => source.Name == shard.Catalogue.Name)).ToList();
            var rebuilt = built.Count(shard => shard.Reused is null);
            if (rebuilt > LargestRebuiltShare * built.Count)
                objections.Add(new Objection(
                    ObjectionKind.Rebuild, null,
                    $"{rebuilt:N0} of {built.Count:N0} shards would be built again, for since version {parent.Id} another is: {string.Join("; ", changes)}. " +
                    $"Up to {LargestRebuiltShare:P0} are without asking. Give --rebuild if it is meant."));
        }

        return objections;
    }

    /// <summary>What a source's shards follow from besides its records, where it is not what it was.</summary>
    private static List<string> Changes(BuildPlan plan, VersionManifest parent)
    {
        List<string> changes = [];
        if (parent.RecipeHash != plan.Recipe.ConditioningHash()) changes.Add("the recipe's conditioning");
        if (parent.ProcessingVersion != Conditioning.ProcessingVersion)
            changes.Add($"the processing version, {Conditioning.ProcessingVersion} in place of {parent.ProcessingVersion}");
        if (parent.WriterVersion != ShardWriter.WriterVersion)
            changes.Add($"the writer's version, {ShardWriter.WriterVersion} in place of {parent.WriterVersion}");
        foreach (var catalogue in plan.Catalogues)
        {
            if (parent.Sources.FirstOrDefault(source => source.Name == catalogue.Name) is not { } before) continue;
            if (before.ReaderVersion != catalogue.Source.ReaderVersion)
                changes.Add($"the reader of {catalogue.Name}, version {catalogue.Source.ReaderVersion} in place of {before.ReaderVersion}");
            if (before.Signature is null) changes.Add($"the receipts of {catalogue.Name}, which carry a signature of the rows now");
            if (before.Options != plan.Recipe.OptionsOf(catalogue.Name)) changes.Add($"the recipe's options of {catalogue.Name}");
            if (before.Release != catalogue.Release) changes.Add($"the release, {catalogue.Release} in place of {before.Release}");
        }

        return changes;
    }

    /// <summary>Records of the parent that the source does not list: they can only be in shards that the plan does not have.</summary>
    private static async Task<long> CountVanishedAsync(
        BuildPlan plan, VersionManifest parent, SourceCatalogue catalogue, CorpusStore corpus, CancellationToken cancel)
    {
        var planned = plan.Shards.Select(shard => shard.InputDigest).OfType<string>().ToHashSet(StringComparer.Ordinal);
        long vanished = 0;
        foreach (var shard in parent.Shards.Where(shard => shard.Source == catalogue.Name && !planned.Contains(shard.InputDigest)))
        {
            if (await TryReadReceiptAsync(corpus, shard, cancel) is { } receipt)
                vanished += receipt.Records.Count(record => !catalogue.Contains(record.Id));
        }

        return vanished;
    }

    /// <summary>Without its receipt nobody knows which records a shard had: none of them counts as vanished.</summary>
    private static async Task<Receipt?> TryReadReceiptAsync(CorpusStore corpus, ManifestShard shard, CancellationToken cancel)
    {
        try
        {
            return await corpus.ReadReceiptAsync(shard.InputDigest, cancel);
        }
        catch (CorpusException)
        {
            return null;
        }
    }
}
