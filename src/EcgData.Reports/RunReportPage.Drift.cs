using System.Globalization;
using EcgData.Shards;

namespace EcgData.Reports;

public static partial class RunReportPage
{
    private static void Drift(HtmlPage page, RunReport report)
    {
        if (report.Drift.Count == 0) return;
        page.Heading("Drift against the version before");
        var drifted = report.Drift.Where(measure => measure.Drifted).ToList();
        if (drifted.Count == 0) page.Raw("<p class=\"good\">").Text($"All {report.Drift.Count} measures are within their limits.").Raw("</p>\n");
        else Measures(page, drifted);
        page.Raw("<details><summary>").Text($"All {report.Drift.Count} measures").Raw("</summary>\n");
        Measures(page, report.Drift);
        page.Raw("</details>\n");
    }

    private static void Measures(HtmlPage page, IReadOnlyList<DriftMeasure> measures)
    {
        page.TableStart("source", "of", "measure", "#before", "#now", "#distance", "#limit", "");
        foreach (var measure in measures)
        {
            page.Raw("<tr>").Cell(measure.Source).Cell(measure.Population == DriftPopulation.Added ? "what was added" : "all records")
                .Cell(measure.Subject.Length == 0 ? Words(measure.Kind) : $"{Words(measure.Kind)}: {measure.Subject}")
                .Number(Value(measure.Kind, measure.Before)).Number(Value(measure.Kind, measure.After))
                .Raw(measure.Drifted ? "<td class=\"n bad\">" : "<td class=\"n\">").Text(Distance(measure.Value)).Raw("</td>").Number(Distance(measure.Limit))
                .Raw("<td>").Bar((measure.Drifted ? "r" : "a", measure.Limit > 0 ? measure.Value / (2 * measure.Limit) : 0)).Raw("</td></tr>\n");
        }

        page.TableEnd();
        page.Raw("<p class=\"faint\">A half-full bar is the limit.</p>\n");
    }

    private static string Words(DriftKind kind) => kind switch
    {
        DriftKind.Records => "records",
        DriftKind.RejectedShare => "share rejected",
        DriftKind.FlagShare => "share flagged",
        DriftKind.Labels => "labels, Jensen-Shannon bits",
        DriftKind.LeadMean => "mean in µV, standardised",
        _ => "standard deviation in µV, log ratio",
    };

    private static string Value(DriftKind kind, double? value) => value is not { } number ? "" : kind switch
    {
        DriftKind.Records => number.ToString("N0", CultureInfo.InvariantCulture),
        DriftKind.RejectedShare or DriftKind.FlagShare => number.ToString("P2", CultureInfo.InvariantCulture),
        _ => number.ToString("N1", CultureInfo.InvariantCulture),
    };

    private static string Distance(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
