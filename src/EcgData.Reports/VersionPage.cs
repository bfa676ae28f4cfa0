using System.Globalization;
using EcgData.Shards;

namespace EcgData.Reports;

/// <summary>A version as one page: what it holds, from where, under which licence, and how good it is.</summary>
public static class VersionPage
{
    /// <summary>Labels that are listed of each source.</summary>
    private const int ShownLabels = 15;

    /// <param name="version">The version.</param>
    /// <param name="sources">What is known of its sources, by name.</param>
    /// <param name="amplitudes">Source, lead, number of values, and in microvolt mean, standard deviation, smallest and largest.</param>
    /// <param name="examples">Sheets to show, SVG by record id.</param>
    public static string Write(
        VersionManifest version, IReadOnlyDictionary<string, SourceText> sources, CatalogueSummary summary,
        IReadOnlyList<IReadOnlyList<object>> amplitudes, IReadOnlyList<(string RecordId, string Svg)> examples)
    {
        var page = new HtmlPage($"EcgData version {version.Id}");
        Head(page, version);
        Sources(page, version, sources);
        Quality(page, version);
        People(page, summary);
        Labels(page, version, summary);
        Amplitudes(page, amplitudes);
        Examples(page, examples);
        return page.Finish();
    }

    private static void Head(HtmlPage page, VersionManifest version)
    {
        var (totals, recipe) = (version.Totals, version.Recipe);
        page.Raw("<header>\n<h1>Version ").Text(version.Id).Raw("</h1>\n<p class=\"faint\">").Text(
            $"{recipe.SamplingFrequencyHz} Hz, segments of {Text(recipe.SegmentSeconds)} s, remainders from {Text(recipe.MinimumSeconds)} s; " +
            $"recipe {version.RecipeHash[..Math.Min(12, version.RecipeHash.Length)]}, processing version {version.ProcessingVersion}, writer {version.WriterVersion}")
            .Raw("</p>\n</header>\n<div class=\"cards\">\n");
        page.Card(Quantity.Count(totals.Records.Read), "records read");
        page.Card(Quantity.Count(totals.Records.Kept + totals.Records.KeptWithFlags), $"kept, {Quantity.Count(totals.Records.KeptWithFlags)} with flags");
        page.Card(Quantity.Share(totals.Records.Rejected, totals.Records.Read), $"rejected, {Quantity.Count(totals.Records.Rejected)}");
        page.Card(Quantity.Count(totals.Segments), "segments");
        page.Card($"{(totals.Seconds / 3600).ToString("N1", CultureInfo.InvariantCulture)} h", "of ECG");
        page.Card(Quantity.Bytes(totals.SizeBytes), $"in {Quantity.Count(totals.Shards)} shards").Raw("</div>\n");
    }

    private static void Sources(HtmlPage page, VersionManifest version, IReadOnlyDictionary<string, SourceText> sources)
    {
        page.Heading("Sources");
        page.Raw("<p class=\"key faint\"><i class=\"a\"></i>kept<i class=\"b\"></i>kept with flags<i class=\"r\"></i>rejected</p>\n");
        page.TableStart("source", "#records", "", "#segments", "#hours", "licence", "access", "citation");
        foreach (var source in version.Sources)
        {
            var text = sources.GetValueOrDefault(source.Name);
            var (records, all) = (source.Records, (double)Math.Max(1, source.Records.Read));
            page.Raw("<tr><td>").Text(text?.Title ?? source.Release).Raw("<br><span class=\"faint\">").Text($"{source.Name}, {source.Release}").Raw("</span></td>")
                .Number(Quantity.Count(records.Read)).Raw("<td>")
                .Bar(("a", records.Kept / all), ("b", records.KeptWithFlags / all), ("r", records.Rejected / all)).Raw("</td>")
                .Number(Quantity.Count(source.Segments)).Number((source.Seconds / 3600).ToString("N1", CultureInfo.InvariantCulture)).Cell(source.Licence)
                .Cell(text?.Access ?? "unknown").Raw("<td class=\"wide faint\">").Text(text?.Citation ?? "").Raw("</td></tr>\n");
        }

        page.TableEnd();
    }

    private static void Quality(HtmlPage page, VersionManifest version)
    {
        page.Heading("Quality");
        page.TableStart("source", "what", "#records", "#share", "");
        foreach (var source in version.Sources)
        {
            foreach (var (reason, count) in source.Rejections) Row(source.Name, $"rejected: {reason}", count, source.Records.Read, "r");
            var kept = source.Records.Read - source.Records.Rejected;
            foreach (var (flag, count) in source.Flags) Row(source.Name, $"flagged: {flag}", count, kept, "b");
        }

        page.TableEnd().Raw("<p class=\"faint\">Rejections as a share of the records read, flags of those kept; a record may have several flags.</p>\n");

        void Row(string source, string what, long count, long of, string colour) => page.Raw("<tr>").Cell(source).Cell(what).Number(Quantity.Count(count))
            .Number(Quantity.Share(count, of)).Raw("<td>").Bar((colour, of == 0 ? 0 : count / (double)of)).Raw("</td></tr>\n");
    }

    private static void People(HtmlPage page, CatalogueSummary summary)
    {
        page.Heading("Age and sex of the kept records");
        page.TableStart("", "#records", "");
        var most = Math.Max(1, Math.Max(summary.Ages.Max(), summary.Sexes.Values.DefaultIfEmpty().Max()));
        for (var group = 0; group < summary.Ages.Count; group++)
            Row(group == summary.Ages.Count - 1 ? $"{10 * group} years and over" : $"{10 * group} to {10 * group + 9} years", summary.Ages[group], "a");
        Row("age unknown", summary.AgeUnknown, "c");
        foreach (var (sex, count) in summary.Sexes) Row(sex == "unknown" ? "sex unknown" : sex, count, "b");
        page.TableEnd();

        void Row(string what, long count, string colour) =>
            page.Raw("<tr>").Cell(what).Number(Quantity.Count(count)).Raw("<td>").Bar((colour, count / (double)most)).Raw("</td></tr>\n");
    }

    private static void Labels(HtmlPage page, VersionManifest version, CatalogueSummary summary)
    {
        page.Heading("Most frequent labels");
        page.TableStart("source", "label", "#records", "#share of the kept", "");
        foreach (var source in version.Sources)
        {
            var kept = Math.Max(1, source.Records.Read - source.Records.Rejected);
            foreach (var (label, count) in summary.Labels.Of(source.Name).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(ShownLabels))
            {
                page.Raw("<tr>").Cell(source.Name).Cell(label).Number(Quantity.Count(count)).Number(Quantity.Share(count, kept))
                    .Raw("<td>").Bar(("a", count / (double)kept)).Raw("</td></tr>\n");
            }
        }

        page.TableEnd();
    }

    private static void Amplitudes(HtmlPage page, IReadOnlyList<IReadOnlyList<object>> amplitudes)
    {
        page.Heading("Amplitudes, microvolt");
        page.TableStart("source", "lead", "#values", "#mean", "#standard deviation", "#smallest", "#largest");
        foreach (var row in amplitudes)
        {
            page.Raw("<tr>").Cell($"{row[0]}").Cell($"{row[1]}");
            foreach (var value in row.Skip(2))
                page.Number(value is double number ? number.ToString("N1", CultureInfo.InvariantCulture) : Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture));
            page.Raw("</tr>\n");
        }

        page.TableEnd();
    }

    private static void Examples(HtmlPage page, IReadOnlyList<(string RecordId, string Svg)> examples)
    {
        if (examples.Count == 0) return;
        page.Heading("Examples");
        // drawn by this room, which escapes what it draws
        foreach (var (recordId, svg) in examples)
            page.Raw("<figure class=\"sheet\">").Raw(svg).Raw("<figcaption class=\"faint\">").Text(recordId).Raw("</figcaption></figure>\n");
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}

/// <summary>What a page says of a source beside what the version knows.</summary>
public sealed record SourceText(string Title, string Access, string Citation);
