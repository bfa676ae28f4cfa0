using System.Text.Json;
using EcgData.Shards;
using EcgData.Tests;
using SkiaSharp;

namespace EcgData.Pipelines.Tests.Operations;

/// <summary>Every build leaves a report beside its history, for machines and for people.</summary>
public sealed class RunReportTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Build_EveryOne_TellsWhatHasChanged()
    {
        Build("--limit", "40").EndsWith(0);
        var first = Report(1);
        Assert.Null(first.Difference);
        Assert.Equal((40L, 0), (first.Cost.Records, first.Sources[0].ShardsReused));
        Assert.Equal(10, first.Slowest.Count);
        Assert.All(first.Slowest, record => Assert.StartsWith("ptb-xl/", record.RecordId, StringComparison.Ordinal));
        Assert.True(first.Slowest.Zip(first.Slowest.Skip(1)).All(pair => pair.First.Milliseconds >= pair.Second.Milliseconds));
        Assert.Superset(new HashSet<string>(["plan", "shards", "commit"]), first.Cost.StageSeconds.Keys.ToHashSet());
        Assert.True(first.Cost.BytesRead > 1_000_000 && first.Cost.PeakMemoryBytes > 10_000_000);

        var second = Build().EndsWith(0).Json;
        Assert.Equal("drifted", Assert.Single(second.GetProperty("events").EnumerateArray()).GetString());
        var report = Report(2);
        Assert.Equal(CorpusPaths.RunPage(2), second.GetProperty("report").GetString());
        Assert.Equal(first.Version, report.Parent);
        Assert.Equal([RunEvent.Drifted], report.Events);
        var changes = Assert.Single(report.Difference!.Sources);
        Assert.Equal(40, changes.Records[RecordChange.Added]);
        Assert.Equal((long)report.Sources[0].ShardsBuilt, changes.ShardsAdded);
        Assert.Contains(report.Drift, measure => measure is { Kind: DriftKind.Records, Before: 40, After: 80, Value: 1, Drifted: true });
        Assert.Equal(Enum.GetValues<DriftKind>(), report.Drift.Select(measure => measure.Kind).Distinct().Order());

        Build().EndsWith(0);
        var third = Report(3);
        Assert.Equal((report.Version, report.Version), (third.Version, third.Parent));
        Assert.Empty(third.Events);
        Assert.Empty(third.Drift);
        Assert.Equal(0, third.Cost.Records);
        Assert.Equal(synthetic.Corpus.Head, third.Version);
    }

    [Fact]
    public void Log_WithReportsBesideIt_ListsTheBuilds()
    {
        Assert.True(File.Exists(Path.Join(synthetic.Corpus.Path, CorpusPaths.RunPage(1))));
        var builds = synthetic.Program.Run("log", synthetic.Corpus.Path, "--json").EndsWith(0).Json.GetProperty("builds");
        Assert.Equal(1, Assert.Single(builds.EnumerateArray()).GetProperty("number").GetInt32());
    }

    [Theory]
    [InlineData(1000, 1400)]
    [InlineData(390, 1400)]   // a phone
    public async Task Page_OpenedInABrowser_FillsItsWindow(int width, int height)
    {
        var page = _folder["page.html"];
        File.Copy(Path.Join(synthetic.Corpus.Path, CorpusPaths.RunPage(1)), page);
        await Browser.PhotographAsync(page, _folder["page.png"], _folder.Path, width, height);
        using var picture = SKBitmap.Decode(_folder["page.png"]);
        var ink = new int[4];
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                var pixel = picture.GetPixel(x, y);
                if (pixel.Red < 110 && pixel.Green < 110 && pixel.Blue < 130) ink[y * 4 / picture.Height]++;
            }
        }

        Assert.All(ink[..3], count => Assert.InRange(count, 200, width * height / 8));
    }

    private RunReport Report(int number) => JsonSerializer.Deserialize<RunReport>(
        File.ReadAllText(Path.Join(_folder["corpus"], CorpusPaths.RunReport(number))), CorpusJson.Readable)!;

    private Outcome Build(params string[] more) => new Ecgdata(_folder["caches"]).Run(
        ["build", "--json", "--corpus", _folder["corpus"], "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards,
            "--set", SyntheticCorpus.Lenient, "--set", "drift.minimumRecords=5", .. more]);
}
