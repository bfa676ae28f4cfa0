using System.Globalization;
using EcgData.Shards;

namespace EcgData.Reports;

/// <summary>The report of a build as one page. Drift: <c>RunReportPage.Drift.cs</c>.</summary>
public static partial class RunReportPage
{
    private const int ShownExamples = 5;

    public static string Write(RunReport report)
    {
        var page = new HtmlPage($"EcgData build {report.Number}");
        Head(page, report);
        Cards(page, report);
        Changes(page, report);
        Sources(page, report);
        Drift(page, report);
        Cost(page, report.Cost);
        Slowest(page, report);
        return page.Finish();
    }

    private static void Head(HtmlPage page, RunReport report)
    {
        page.Raw("<header>\n<h1>").Text(report.Number is null ? "Build" : $"Build {report.Number}").Raw("</h1>\n<p>");
        if (report.Events.Count == 0) page.Raw("<span class=\"state good\">done</span>");
        foreach (var one in report.Events) page.Raw(one == RunEvent.Drifted ? "<span class=\"state warn\">" : "<span class=\"state bad\">").Text(Words(one)).Raw("</span>");
        if (report.Parent is not null && report.Parent == report.Version) page.Raw("<span class=\"state\">nothing has changed</span>");
        page.Raw("</p>\n");
        if (report.Error is not null) page.Raw("<p class=\"bad\">").Text(report.Error).Raw("</p>\n");
        page.Raw("<p>Version <code>").Text(report.Version ?? "none").Raw("</code>");
        if (report.Parent is not null && report.Parent != report.Version) page.Raw(", before it <code>").Text(report.Parent).Raw("</code>");
        page.Raw("</p>\n<p class=\"faint\">").Text(report.Corpus).Raw("<br>")
            .Text($"{report.Finished.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC on {report.Machine}, {Quantity.Seconds(report.Cost.Seconds)}, exit code {report.ExitCode}")
            .Raw("<br><code>ecgdata ").Text(report.Command).Raw("</code></p>\n</header>\n");
    }

    private static void Cards(HtmlPage page, RunReport report)
    {
        if (report.Totals is not { } totals) return;
        page.Raw("<div class=\"cards\">\n");
        page.Card(Quantity.Count(totals.Records.Read), "records" + Change(report.ParentTotals?.Records.Read, totals.Records.Read));
        page.Card(Quantity.Share(totals.Records.Rejected, totals.Records.Read), $"rejected, {Quantity.Count(totals.Records.Rejected)}");
        page.Card(Quantity.Count(totals.Segments), "segments" + Change(report.ParentTotals?.Segments, totals.Segments));
        page.Card($"{(totals.Seconds / 3600).ToString("N1", CultureInfo.InvariantCulture)} h", "of ECG");
        var built = report.Sources.Sum(source => source.ShardsBuilt);
        page.Card(Quantity.Count(built), $"shards built, {Quantity.Count(report.Sources.Sum(source => source.ShardsReused))} reused");
        page.Card(Quantity.Bytes(totals.SizeBytes), $"in {Quantity.Count(totals.Shards)} shards");
        page.Card(Quantity.Seconds(report.Cost.Seconds), report.Cost.RecordsPerSecond > 0 ? $"{Quantity.Count((long)report.Cost.RecordsPerSecond)} records/s" : "in all");
        page.Raw("</div>\n");
    }

    private static void Changes(HtmlPage page, RunReport report)
    {
        if (report.Totals is null) return;
        page.Heading("What has changed");
        if (report.Difference is not { } difference)
        {
            page.Raw("<p class=\"faint\">").Text(report.Parent is null ? "This is the first version." : "Nothing: the version is that of the build before.").Raw("</p>\n");
            return;
        }

        foreach (var cause in difference.Causes) page.Raw("<p>").Text(cause).Raw("</p>\n");
        if (difference.Sources.Count == 0) return;
        page.TableStart("source", "#added", "#modified", "#withdrawn", "#shards kept", "#new", "#gone", "why");
        foreach (var source in difference.Sources)
        {
            page.Raw("<tr>").Cell(source.Name).Number(Quantity.Count(source.Records.GetValueOrDefault(RecordChange.Added))).Number(Quantity.Count(source.Modified))
                .Number(Quantity.Count(source.Records.GetValueOrDefault(RecordChange.Removed))).Number(Quantity.Count(source.ShardsKept)).Number(Quantity.Count(source.ShardsAdded))
                .Number(Quantity.Count(source.ShardsRemoved)).Raw("<td class=\"wide\">").Text(string.Join("; ", source.Causes.Concat(Ways(source)))).Raw("</td></tr>\n");
        }

        page.TableEnd().Raw("<details><summary>Some of the records</summary>\n");
        foreach (var source in difference.Sources)
        {
            foreach (var (change, examples) in source.Examples)
            {
                page.Raw("<p>").Text($"{Words(change)}: ").Raw("<code>").Text(string.Join(", ", examples.Take(ShownExamples)))
                    .Raw(source.Records[change] > ShownExamples ? ", …</code></p>\n" : "</code></p>\n");
            }
        }

        page.Raw("</details>\n");
    }

    private static void Sources(HtmlPage page, RunReport report)
    {
        if (report.Sources.Count == 0) return;
        page.Heading("Sources");
        page.Raw("<p class=\"key faint\"><i class=\"a\"></i>kept<i class=\"b\"></i>kept with flags<i class=\"r\"></i>rejected</p>\n");
        page.TableStart("source", "#records", "", "#kept", "#with flags", "#rejected", "why rejected; flags");
        foreach (var source in report.Sources)
        {
            var (records, all) = (source.Records, (double)Math.Max(1, source.Records.Read));
            page.Raw("<tr>").Cell(source.Name == source.Release.Split('@')[0] ? source.Release : $"{source.Name} ({source.Release})")
                .Number(Quantity.Count(records.Read)).Raw("<td>")
                .Bar(("a", records.Kept / all), ("b", records.KeptWithFlags / all), ("r", records.Rejected / all)).Raw("</td>")
                .Number(Quantity.Count(records.Kept)).Number(Quantity.Count(records.KeptWithFlags)).Number(Quantity.Count(records.Rejected))
                .Raw("<td class=\"wide\">").Text(List(source.Rejections)).Raw(source.Flags.Count > 0 ? "<br><span class=\"faint\">" : "").Text(List(source.Flags))
                .Raw(source.Flags.Count > 0 ? "</span>" : "").Raw("</td></tr>\n");
        }

        page.TableEnd();
    }

    private static void Cost(HtmlPage page, RunCost cost)
    {
        page.Heading("Cost");
        page.TableStart("stage", "#seconds", "");
        foreach (var (stage, seconds) in cost.StageSeconds)
            page.Raw("<tr>").Cell(stage).Number(Quantity.Seconds(seconds)).Raw("<td>").Bar(("a", seconds / Math.Max(cost.Seconds, 1e-9))).Raw("</td></tr>\n");
        var work = Math.Max(cost.RecordSeconds.Values.Sum(), 1e-9);
        if (cost.Records > 0)
        {
            foreach (var (stage, seconds) in cost.RecordSeconds)
                page.Raw("<tr>").Cell($"{stage} records, all workers").Number(Quantity.Seconds(seconds)).Raw("<td>").Bar(("b", seconds / work)).Raw("</td></tr>\n");
        }

        page.TableEnd().Raw("<p>").Text($"{Quantity.Count(cost.Records)} records went through the chain; {Quantity.Bytes(cost.ShardBytes)} of shards were written");
        if (cost.BytesRead is { } read && cost.BytesWritten is { } written) page.Text($". The process read {Quantity.Bytes(read)} and wrote {Quantity.Bytes(written)}");
        if (cost.PeakMemoryBytes is { } peak) page.Text($", with at most {Quantity.Bytes(peak)} of memory");
        if (cost.Requests is { } requests) page.Text($", and made {Quantity.Count(requests)} requests");
        page.Raw(".</p>\n");
    }

    private static void Slowest(HtmlPage page, RunReport report)
    {
        if (report.Slowest.Count == 0) return;
        page.Heading("Slowest records");
        page.Raw("<p class=\"key faint\"><i class=\"a\"></i>read<i class=\"b\"></i>condition<i class=\"c\"></i>encode, by the wall clock</p>\n");
        page.TableStart("record", "#ms", "");
        var longest = Math.Max(report.Slowest[0].Milliseconds, 1e-9);
        foreach (var record in report.Slowest)
        {
            page.Raw("<tr>").Cell(record.RecordId).Number(record.Milliseconds.ToString("N1", CultureInfo.InvariantCulture)).Raw("<td>")
                .Bar(("a", record.ReadMilliseconds / longest), ("b", record.ConditionMilliseconds / longest), ("c", record.EncodeMilliseconds / longest))
                .Raw("</td></tr>\n");
        }

        page.TableEnd();
    }

    private static IEnumerable<string> Ways(SourceDifference source) => source.Records
        .Where(change => change.Key is not (RecordChange.Added or RecordChange.Removed)).Select(change => $"{Words(change.Key)} {Quantity.Count(change.Value)}");

    private static string List(IReadOnlyDictionary<string, long> counts) =>
        string.Join(", ", counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {Quantity.Count(pair.Value)}"));

    private static string Words(RunEvent one) => one switch
    {
        RunEvent.Failed => "failed",
        RunEvent.Refused => "refused",
        RunEvent.Rejected => "too much rejected",
        RunEvent.Incomplete => "incomplete",
        _ => "drifted",
    };

    private static string Words(RecordChange change) => change switch
    {
        RecordChange.Added => "added",
        RecordChange.Removed => "withdrawn",
        RecordChange.Files => "other files or bytes",
        RecordChange.Labels => "other labels",
        RecordChange.Metadata => "other metadata",
        _ => "other outcome",
    };

    private static string Change(long? before, long now) => before is null || before == now
        ? ""
        : $", {(now > before ? "+" : "−")}{Quantity.Count(Math.Abs(now - before.Value))}";
}
