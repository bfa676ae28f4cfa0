using EcgData.Shards;

namespace EcgData.Reports.Tests;

public sealed class RunReportPageTests
{
    [Fact]
    public void Page_OfABuild_HoldsItsNumbersAndNothingFromElsewhere()
    {
        var page = RunReportPage.Write(Report());
        foreach (var text in (string[])["Build 7", "1,100", "2.73 %", "truncated 30", "what was added", "ptb-xl/17", "drifted", "prefers-color-scheme: dark"])
            Assert.Contains(text, page, StringComparison.Ordinal);
        foreach (var elsewhere in (string[])["http:", "https:", "src=", "href=", "<script", "@import", "url("])
            Assert.DoesNotContain(elsewhere, page, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_TextOfASource_CannotBecomeMarkup()
    {
        const string Hostile = "<script>alert('x')</script>&\"\u0001";
        var report = Report();
        var page = RunReportPage.Write(report with
        {
            Error = Hostile,
            Command = Hostile,
            Machine = Hostile,
            Corpus = Hostile,
            Sources = [report.Sources[0] with { Name = Hostile, Release = Hostile, Rejections = new Dictionary<string, long> { [Hostile] = 1 } }],
            Drift = [report.Drift[0] with { Subject = Hostile, Source = Hostile }],
            Slowest = [report.Slowest[0] with { RecordId = Hostile }],
        });
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u0001', page);
        Assert.Contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_OfAFailedBuild_SaysWhyAndHasNoEmptyTables()
    {
        var page = RunReportPage.Write(new RunReport
        {
            Events = [RunEvent.Failed],
            ExitCode = 3,
            Error = "the disk is full",
            Corpus = "/corpus",
            Finished = Some,
            Command = "build",
            Machine = "m",
            Cost = Report().Cost,
        });
        Assert.Contains("the disk is full", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Slowest", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<h2>Sources", page, StringComparison.Ordinal);
    }

    private static DateTimeOffset Some { get; } = new(2031, 5, 4, 3, 2, 1, TimeSpan.Zero);

    private static RunReport Report() => new()
    {
        Number = 7,
        Events = [RunEvent.Drifted],
        ExitCode = 0,
        Corpus = "/corpus",
        Version = "0123",
        Parent = "4567",
        Finished = Some,
        Command = "build --corpus /corpus",
        Machine = "m",
        Totals = new VersionTotals(new RecordCounts(1100, 1000, 70, 30), 1070, 10_700, 5, 1 << 20),
        ParentTotals = new VersionTotals(new RecordCounts(1000, 990, 0, 10), 990, 9_900, 5, 1 << 20),
        Sources =
        [
            new SourceRun(
                "ptb-xl", "ptb-xl@1.0.3", new RecordCounts(1100, 1000, 70, 30), new RecordCounts(1000, 990, 0, 10), 1070,
                new Dictionary<string, long> { ["truncated"] = 30 }, new Dictionary<string, long> { ["clipped"] = 70 }, 1, 4),
        ],
        Difference = new VersionDifference("4567", "0123", [],
        [
            new SourceDifference(
                "ptb-xl", [], new Dictionary<RecordChange, long> { [RecordChange.Added] = 100 }, 0,
                new Dictionary<RecordChange, IReadOnlyList<string>> { [RecordChange.Added] = ["ptb-xl/1001"] }, 4, 1, 1),
        ]),
        Drift = [new DriftMeasure("ptb-xl", DriftPopulation.Added, DriftKind.RejectedShare, "truncated", 0.01, 0.2, 0.19, 0.03, true)],
        Slowest = [new SlowRecord("ptb-xl/17", 12.5, 10, 2, 0.5)],
        Cost = new RunCost
        {
            Seconds = 3.2,
            StageSeconds = new Dictionary<string, double> { ["plan"] = 0.3, ["shards"] = 2.5 },
            RecordSeconds = new Dictionary<string, double> { ["read"] = 1, ["condition"] = 3, ["encode"] = 1 },
            Records = 300,
            RecordsPerSecond = 120,
            ShardBytes = 1 << 20,
            BytesRead = 12345678,
            BytesWritten = 2345678,
            PeakMemoryBytes = 150 << 20,
        },
    };
}
