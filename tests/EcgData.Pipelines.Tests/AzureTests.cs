using System.Diagnostics;
using System.Security.Cryptography;
using EcgData.Shards;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>A corpus in a container: the same objects as in a folder, byte for byte, by the same commands.</summary>
public sealed class AzureTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _address = $"az://{Azurite.NewContainer()}/corpus";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Build_IntoAContainer_MakesTheObjectsOfTheFolder()
    {
        var built = Build().EndsWith(0);
        Assert.Equal(synthetic.Corpus.Head, built.Version);
        Assert.Equal(synthetic.Corpus.Contents, await ContentsAsync());
        var report = await new CorpusStore(OpenStore()).ReadRunReportAsync(1);
        Assert.True(report!.Cost.Requests > synthetic.Corpus.Contents.Count, $"{report.Cost.Requests} requests");
        Assert.NotNull(await OpenStore().FindAsync(CorpusPaths.RunPage(1)));

        var again = Build().EndsWith(0);
        Assert.Equal(0, again.Json.GetProperty("shardsBuilt").GetInt32());

        Run("verify", _address, "--deep").EndsWith(0);
        Assert.Contains(synthetic.Corpus.Head, Run("log", _address).EndsWith(0).Output, StringComparison.Ordinal);
        Assert.Contains("80 records", Run("list", _address).EndsWith(0).Output, StringComparison.Ordinal);
        Run("show", _address, synthetic.KeptRecord, "--out", _folder["sheet.svg"]).EndsWith(0);
        Assert.True(new FileInfo(_folder["sheet.svg"]).Length > 1000);
    }

    [Fact]
    public async Task Builds_RacingForHead_OneWinsAndNothingIsLost()
    {
        using var first = Start(Arguments(_address));
        using var second = Start(Arguments(_address));
        Outcome[] outcomes = [first.Finish(), second.Finish()];
        Assert.Contains(outcomes, outcome => outcome.ExitCode == 0);
        foreach (var outcome in outcomes.Where(outcome => outcome.ExitCode != 0))
        {
            outcome.EndsWith(3);
            Assert.Contains("another build finished first", outcome.Complaint, StringComparison.Ordinal);
        }

        Assert.Equal(synthetic.Corpus.Contents, await ContentsAsync());
    }

    /// <summary>What a killed build has uploaded and not committed nobody sees, and Azure forgets it after a week.</summary>
    [Fact]
    public async Task Build_KilledAtSomeMoment_IsGoneOnByTheNext()
    {
        var clock = Stopwatch.StartNew();
        Build().EndsWith(0);
        var whole = clock.Elapsed;
        foreach (var share in (double[])[0.6, 0.8, 0.95])
        {
            var address = $"az://{Azurite.NewContainer()}/corpus";
            using (var running = Start(Arguments(address)))
            {
                if (!running.EndsWithin(share * whole)) running.Kill();
                running.Finish();
            }

            Assert.Equal(synthetic.Corpus.Head, Run(Arguments(address)).EndsWith(0).Version);
            Assert.Equal(synthetic.Corpus.Contents, await ContentsAsync(address));
        }
    }

    [Fact]
    public async Task Secret_OfTheAccount_IsInNoOutputAndNoObject()
    {
        var key = Azurite.ConnectionString.Split("AccountKey=")[1].Split(';')[0];
        var built = Build();
        Assert.DoesNotContain(key, built.Output + built.Errors, StringComparison.Ordinal);
        var store = OpenStore();
        await foreach (var stored in store.ListAsync(""))
        {
            using var reader = new StreamReader(await store.OpenReadAsync(stored.Name), System.Text.Encoding.Latin1);
            Assert.DoesNotContain(key, await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Container_ThatIsNotThere_IsToldByEveryReader()
    {
        foreach (var verb in (string[])["verify", "list", "log"])
        {
            var outcome = Run(verb, _address);
            if (verb != "log") Assert.Contains("no HEAD", outcome.Complaint, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
        }
    }

    private static IReadOnlyList<(string Name, string Value)> Account => [("AZURE_STORAGE_CONNECTION_STRING", Azurite.ConnectionString)];

    private Outcome Build() => Run(Arguments(_address));

    private string[] Arguments(string address) =>
        ["build", "--json", "--corpus", address, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, "--set", SyntheticCorpus.Lenient];

    private Outcome Run(params string[] arguments) => new Ecgdata(_folder["caches"]).Run(Account, arguments);

    private RunningEcgdata Start(params string[] arguments) => new Ecgdata(_folder["caches"]).Start(Account, arguments);

    private AzureBlobStore OpenStore(string? address = null) => AzureBlobStore.Open(address ?? _address, Azurite.ConnectionString, _folder.Path);

    private async Task<List<string>> ContentsAsync(string? address = null)
    {
        var store = OpenStore(address);
        List<string> contents = [];
        await foreach (var stored in store.ListAsync(""))
        {
            if (stored.Name.StartsWith("history/", StringComparison.Ordinal)) continue;
            await using var stream = await store.OpenReadAsync(stored.Name);
            contents.Add($"{stored.Name} {Convert.ToHexStringLower(await SHA256.HashDataAsync(stream))}");
        }

        return contents;
    }
}
