using System.CommandLine;
using EcgData.Pipelines.Operations;
using EcgData.Shards;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests.Operations;

public class RehearsalTests
{
    /// <summary>A record that screening turned away would leave encoding, writing and half of the tables unrehearsed.</summary>
    [Fact]
    public async Task Run_MadeUpRecord_IsKeptAsAShortOneAndResampled()
    {
        using var folder = new TemporaryFolder();
        var version = await RunAsync(folder.Path, isNight: false);
        Assert.Empty(Assert.Single(version.Sources).Rejections);
        Assert.Equal(new RecordCounts(1, 0, 1, 0), version.Totals.Records);
        Assert.Equal((1L, 3.0), (version.Totals.Segments, version.Totals.Seconds));
        Assert.Equal(3L * 240, Assert.Single(version.Sources).Statistics["v6"].Count);
    }

    [Fact]
    public async Task Run_Night_AddsARecordAndReportsWhatHasChanged()
    {
        using var folder = new TemporaryFolder();
        var version = await RunAsync(folder.Path, isNight: true);
        Assert.Equal(new RecordCounts(2, 0, 2, 0), version.Totals.Records);
        var report = await Corpus(folder.Path).ReadRunReportAsync(2);
        Assert.Equal(1, Assert.Single(report!.Difference!.Sources).Records[RecordChange.Added]);
    }

    [Fact]
    public async Task Dispose_InTheMidst_EndsItWithoutAWord()
    {
        using var folder = new TemporaryFolder();
        var corpus = new CorpusStore(new LocalObjectStore(folder["corpus"]));
        for (var times = 0; times < 4; times++) await Rehearsal.Begin(corpus, SomeTerminal()).DisposeAsync();
        Assert.False(Directory.Exists(folder["corpus"]));
    }

    private static async Task<VersionManifest> RunAsync(string folder, bool isNight)
    {
        await Rehearsal.RunAsync(folder, () => Task.FromResult(isNight), SomeTerminal().Unseen(), default);
        return await Corpus(folder).ReadManifestAsync(null);
    }

    private static CorpusStore Corpus(string folder) => new(new LocalObjectStore(Rehearsal.CorpusIn(folder)));

    private static Terminal SomeTerminal() => new(new RootCommand { Terminal.JsonOption, Terminal.QuietOption }.Parse([]));
}
