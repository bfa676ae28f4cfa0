using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Ingest;

/// <summary>What the version of a plan will be, before its tables are made.</summary>
internal static class VersionForecast
{
    /// <summary>
    /// Whether a version says already what the plan's would: the same jobs of the same sources in the same order, under the same recipe
    /// and program. All that a version holds follows from them, so its tables need not be made to know that they would be the same.
    /// </summary>
    /// <param name="parent">The version that the plan follows.</param>
    /// <param name="receiptDigests">The receipt's digest of each shard of the plan.</param>
    public static bool Is(VersionManifest parent, BuildPlan plan, IReadOnlyList<string> receiptDigests)
    {
        if (parent.SchemaVersion != VersionManifest.CurrentSchemaVersion || parent.CatalogueVersion != CatalogueTableWriter.Version
            || parent.RecipeHash != plan.Recipe.ConditioningHash()
            || parent.ProcessingVersion != Conditioning.ProcessingVersion || parent.WriterVersion != ShardWriter.WriterVersion) return false;
        var carried = plan.CarriedOver.Select(source => source.Name).ToHashSet(StringComparer.Ordinal);
        var built = plan.Catalogues.ToDictionary(catalogue => catalogue.Name, StringComparer.Ordinal);
        if (parent.Sources.Count != carried.Count + built.Count) return false;
        foreach (var source in parent.Sources.Where(source => !carried.Contains(source.Name)))
        {
            if (!built.TryGetValue(source.Name, out var catalogue) || source.Release != catalogue.Release
                || source.Licence != catalogue.Source.Manifest.Licence || source.ReaderVersion != catalogue.Source.ReaderVersion
                || source.Options != plan.Recipe.OptionsOf(source.Name)) return false;
        }

        return plan.Shards.Select((shard, index) => (shard.Catalogue.Name, receiptDigests[index])).SequenceEqual(
            parent.Shards.Where(shard => built.ContainsKey(shard.Source)).Select(shard => (shard.Source, shard.InputDigest)));
    }
}
