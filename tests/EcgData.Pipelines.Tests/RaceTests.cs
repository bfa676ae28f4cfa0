using System.Diagnostics;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>Two builders of one folder, as two processes: the one is held in the middle of its work until the other is done.</summary>
public sealed class RaceTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Builders_AtTheSameTime_OneWinsAndTheOtherSaysSoAndLosesNothing()
    {
        string[] first = ["--source", synthetic.Source], second = ["--source", $"ptb-xl#b={synthetic.Tree}"];
        var corpus = new CorpusFolder(_folder["corpus"]);
        using var held = HoldAmidShards(corpus, first);
        var winner = Build(corpus.Path, second).EndsWith(0).Version;
        held.Signal("CONT");
        Assert.Contains("another build finished first", held.Finish().EndsWith(3).Complaint, StringComparison.Ordinal);
        Assert.Equal(winner, corpus.Head);

        var joined = Build(corpus.Path, first).EndsWith(0);
        Assert.Equal(0, joined.Json.GetProperty("shardsBuilt").GetInt32());
        Assert.Equal(Build(_folder["together"], [.. first, .. second]).EndsWith(0).Version, joined.Version);
    }

    /// <summary>A build that is stopped behind its first receipt; one that was not caught there is begun anew.</summary>
    private RunningEcgdata HoldAmidShards(CorpusFolder corpus, string[] sources)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var running = new Ecgdata(_folder["caches"]).Start(Arguments(corpus.Path, sources));
            var clock = Stopwatch.StartNew();
            while (!HasReceipt(corpus) && clock.Elapsed < TimeSpan.FromMinutes(1)) Thread.Sleep(1);
            running.Signal("STOP");
            if (!File.Exists(Path.Join(corpus.Path, "HEAD"))) return running;
            running.Dispose();
            Directory.Delete(corpus.Path, recursive: true);
        }

        throw new InvalidOperationException("Ten builds were over before they could be stopped.");
    }

    private static bool HasReceipt(CorpusFolder corpus) =>
        Directory.Exists(Path.Join(corpus.Path, "receipts")) && Directory.EnumerateFiles(Path.Join(corpus.Path, "receipts")).Any();

    private Outcome Build(string corpus, string[] sources) => new Ecgdata(_folder["caches"]).Run(Arguments(corpus, sources));

    private static string[] Arguments(string corpus, string[] sources) =>
        ["build", "--json", "--corpus", corpus, .. sources, "--set", SyntheticCorpus.SmallShards, "--set", SyntheticCorpus.Lenient];
}
