using EcgData.Shards;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

public class RehearsalTests
{
    /// <summary>A record that screening turned away would leave encoding, writing and half of the tables unrehearsed.</summary>
    [Fact]
    public async Task Run_MadeUpRecord_IsKeptAsAShortOneAndResampled()
    {
        var version = await Rehearsal.RunAsync(() => Task.FromResult(false), default);
        Assert.Empty(Assert.Single(version.Sources).Rejections);
        Assert.Equal(new RecordCounts(1, 0, 1, 0), version.Totals.Records);
        Assert.Equal((1L, 3.0), (version.Totals.Segments, version.Totals.Seconds));
        Assert.Equal(3L * 240, Assert.Single(version.Sources).Statistics["v6"].Count);
    }

    [Fact]
    public async Task Run_Night_AddsARecordToTheVersionBefore()
    {
        var version = await Rehearsal.RunAsync(() => Task.FromResult(true), default);
        Assert.Equal(new RecordCounts(2, 0, 2, 0), version.Totals.Records);
    }

    [Fact]
    public async Task Dispose_InTheMidst_EndsItWithoutAWord()
    {
        using var folder = new TemporaryFolder();
        var corpus = new CorpusStore(new LocalObjectStore(folder["corpus"]));
        for (var times = 0; times < 4; times++) await Rehearsal.Begin(corpus).DisposeAsync();
        Assert.False(Directory.Exists(folder["corpus"]));
    }
}
