using System.Text;
using EcgData.Signals;

namespace EcgData.Shards.Publication;

/// <summary>A version as people read about it: <c>README.md</c> beside its manifest.</summary>
public static class DataCard
{
    /// <param name="sources">Of every source of the version, in the manifest's order.</param>
    public static byte[] Describe(VersionManifest version, IReadOnlyList<SourceDescription> sources)
    {
        var (totals, recipe) = (version.Totals, version.Recipe);
        var card = new StringBuilder();
        Line(card, $"# EcgData corpus, version {version.Id}");
        Line(card, "");
        Line(card, $"{totals.Segments:N0} segments ({totals.Seconds / 3600:N1} h) of {totals.Records.Kept + totals.Records.KeptWithFlags:N0} twelve-lead " +
            $"electrocardiograms at {recipe.SamplingFrequencyHz} Hz, in {totals.Shards:N0} Parquet shards of {totals.SizeBytes / 1048576.0:N1} MiB together.");
        Line(card, "");
        Line(card, "## Sources");
        Line(card, "");
        Line(card, "| source | records | kept | kept with flags | rejected | segments | licence | access |");
        Line(card, "|---|---|---|---|---|---|---|---|");
        foreach (var (summary, source) in version.Sources.Zip(sources))
        {
            Line(card, $"| {summary.Release} | {summary.Records.Read:N0} | {summary.Records.Kept:N0} | {summary.Records.KeptWithFlags:N0} | " +
                $"{summary.Records.Rejected:N0} | {summary.Segments:N0} | {source.Licence} | {source.Access} |");
        }

        Line(card, "");
        foreach (var source in sources.DistinctBy(source => source.Title)) Line(card, $"- {source.Title}. Cite: {source.Citation}");
        Line(card, "");
        Line(card, "Whoever passes on what was made of several sources keeps to the terms of each of them. `subset --allow` selects by licence.");
        Line(card, "");
        Line(card, "## What was done to a record");
        Line(card, "");
        Line(card, $"Leads in the order {string.Join(", ", Montage.Names)}, microvolt as 16-bit integers. Screened, gaps filled linearly and listed, " +
            $"clipped as its source's row of the recipe says and never beyond ±8,191 µV, resampled to {recipe.SamplingFrequencyHz} Hz (recipe {version.RecipeHash[..12]}, processing version {version.ProcessingVersion}), " +
            $"cut into segments of {recipe.SegmentSeconds:0.###} s. Limb leads that follow from others are derived and flagged; other missing leads are null.");
        Line(card, "");
        Line(card, "## What was turned away");
        Line(card, "");
        var rejections = version.Sources.SelectMany(source => source.Rejections.Select(reason => (source.Name, reason.Key, reason.Value))).ToList();
        if (rejections.Count == 0) Line(card, "Nothing.");
        foreach (var (name, reason, count) in rejections) Line(card, $"- {name}: {count:N0} {reason}");
        Line(card, "");
        Line(card, "## Limits");
        Line(card, "");
        Line(card, $"The patient column is a public hash that joins records; it hides nobody. Labels are the sources' own, of differing origin and quality. " +
            $"Folds are the sources' where they publish any, else a hash of the patient. Nothing here is fit for diagnosis.");
        Line(card, "");
        Line(card, "## Reading it");
        Line(card, "");
        Line(card, $"`SELECT * FROM 'shards/*/*.parquet'` in DuckDB, any Parquet reader, or `ecgdata stream`. `manifest.json` lists the shards of this version " +
            $"with their SHA-256; `ecgdata verify` checks them; `croissant.json` says the same to machines.");
        return Encoding.UTF8.GetBytes(card.ToString());
    }

    private static void Line(StringBuilder card, string line) => card.Append(line).Append('\n');
}
