using EcgData.Shards;
using EcgData.Signals;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

public sealed class CorpusSweepTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2040, 6, 15, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly BuildRecipe _recipe = new() { Shards = new ShardOptions { TargetRows = 16 } };

    public CorpusSweepTests() => Some.Source().WriteFiles(_folder["bytes"], samples: 700);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Find_EverythingNamedByAVersion_IsNothing()
    {
        await BuildAsync();
        await BuildAsync(site: "b");
        AllOf(days: 100);
        Assert.Empty((await FindAsync()).Objects);
    }

    /// <summary>The second version's shards are no version's once it is gone.</summary>
    [Fact]
    public async Task Run_VersionNotAmongTheLast_GoesWithWhatOnlyItNeeded()
    {
        var versions = new[] { await BuildAsync("a"), await BuildAsync("b"), await BuildAsync("c") };
        AllOf(days: 8);
        var sweep = await FindAsync(versions: 2);
        Assert.Equal([versions[0].Id], sweep.Versions);
        Assert.Equal(CorpusPaths.Manifest(versions[0].Id), sweep.Objects[0].Name);
        await new CorpusSweep(Corpus).RunAsync(sweep, default);
        Assert.Equal(versions[1..].SelectMany(Named).Order(), Stored("shards").Concat(Stored("receipts")).Order());
        Assert.False(Directory.Exists(_folder[$"corpus/versions/{versions[0].Id}"]));
        foreach (var version in versions[1..])
            Assert.Empty((await new CorpusVerifier(Corpus, version).RunAsync(VerificationDepth.Signals, 2, null, default)).Problems);
        Assert.Equal(versions[2].Id, (await BuildAsync("c")).Id);
    }

    [Fact]
    public async Task Find_PinnedOrCurrentVersion_Stays()
    {
        var versions = new[] { await BuildAsync("a"), await BuildAsync("b"), await BuildAsync("c") };
        await Corpus.PinAsync(versions[0].Id);
        AllOf(days: 8);
        Assert.Equal([versions[1].Id], (await FindAsync(versions: 1)).Versions);
        await Corpus.UnpinAsync(versions[0].Id);
        await BuildAsync("a");   // HEAD goes back to the first version
        AllOf(days: 8);
        Assert.Equal(new[] { versions[1].Id }.Order(), (await FindAsync(versions: 2)).Versions.Order());
        Assert.DoesNotContain(versions[0].Id, (await FindAsync(versions: 1)).Versions);
    }

    [Theory]
    [InlineData(6.9, false)]
    [InlineData(7.1, true)]
    public async Task Find_LeftByABuildThatDied_GoesAfterTheGrace(double days, bool goes)
    {
        var version = await BuildAsync();
        File.Delete(_folder["corpus/HEAD"]);
        Directory.Delete(_folder["corpus/versions"], recursive: true);
        AllOf(days);
        var found = (await FindAsync()).Objects.Select(stored => stored.Name).Order();
        Assert.Equal(goes ? Named(version).Order() : [], found);
    }

    /// <summary>A new receipt may vouch for an old shard: the same rows were made before.</summary>
    [Fact]
    public async Task Find_OldShardOfANewReceipt_Stays()
    {
        await BuildAsync();
        File.Delete(_folder["corpus/HEAD"]);
        Directory.Delete(_folder["corpus/versions"], recursive: true);
        AllOf(days: 30);
        foreach (var receipt in Directory.EnumerateFiles(_folder["corpus/receipts"])) File.SetLastWriteTimeUtc(receipt, Now.UtcDateTime.AddDays(-1));
        Assert.Empty((await FindAsync()).Objects);
    }

    [Fact]
    public async Task Find_ShardsOfALivePlan_Stay()
    {
        using var checksums = new ChecksumBook(_folder["hints"], rehash: false);
        var planner = new Planner(Corpus, checksums, _ => Some.Source());
        PlanDocument document;
        using (var plan = await planner.CreateAsync(_recipe, Sources, [], null, UnreadFiles.Read, null, default))
            document = await new PlanStore(Corpus).WriteAsync(plan, null, planner, default);
        var part = new PartBuild(Corpus, document, checksums, _ => Some.Source());
        using (var first = await part.PlanAsync(1, 2, Sources, default)) await part.RunAsync(first, 2, new BuildProgress(), default);
        Assert.NotEmpty(Stored("shards"));
        AllOf(days: 30);
        Assert.Empty((await FindAsync()).Objects);
        await new PlanStore(Corpus).DeleteAsync(document.Id, default);
        Assert.Equal(Stored("shards").Concat(Stored("receipts")).Order(), (await FindAsync()).Objects.Select(stored => stored.Name).Order());
    }

    /// <summary>A version that a reader pins is whole for as long as he reads, whatever is cleared away beside him.</summary>
    [Fact]
    public async Task Run_WhileAPinnedVersionIsRead_TakesNothingFromItsReader()
    {
        var versions = new[] { await BuildAsync("a"), await BuildAsync("b"), await BuildAsync("c") };
        await Corpus.PinAsync(versions[0].Id);
        AllOf(days: 8);
        var expected = await Corpus.ReadSegmentsAsync(versions[0]).Select(segment => segment.RecordId).ToListAsync();
        List<string> read = [];
        await foreach (var segment in Corpus.ReadSegmentsAsync(versions[0]))
        {
            read.Add(segment.RecordId);
            if (read.Count != 5) continue;
            var sweep = await FindAsync(versions: 1);
            Assert.Equal([versions[1].Id], sweep.Versions);
            await new CorpusSweep(Corpus).RunAsync(sweep, default);
        }

        Assert.Equal(expected, read);
        Assert.Equal(40, read.Count);
    }

    [Fact]
    public async Task Find_DamagedManifest_StopsBeforeAnythingGoes()
    {
        var version = await BuildAsync();
        File.WriteAllText(_folder["corpus/" + CorpusPaths.Manifest(version.Id)], "{");
        AllOf(days: 30);
        await Assert.ThrowsAsync<CorpusException>(() => FindAsync());
    }

    private CorpusStore Corpus => new(new LocalObjectStore(_folder["corpus"]));

    private Dictionary<string, string> Sources => new() { ["bytes"] = _folder["bytes"] };

    private static IEnumerable<string> Named(VersionManifest version) => version.Shards.SelectMany(
        shard => new[] { shard.Path, CorpusPaths.Receipt(shard.InputDigest) }).OfType<string>();

    private IEnumerable<string> Stored(string folder) =>
        Directory.EnumerateFiles(_folder["corpus/" + folder], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder["corpus"], file));

    private Task<Sweep> FindAsync(int? versions = null) =>
        new CorpusSweep(Corpus).FindAsync(new SweepOptions { Versions = versions }, Now, default);

    /// <summary>Makes all files of the corpus so many days old.</summary>
    private void AllOf(double days)
    {
        foreach (var file in Directory.EnumerateFiles(_folder["corpus"], "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, Now.UtcDateTime.AddDays(-days));
    }

    /// <param name="site">Another site makes other shards.</param>
    private async Task<VersionManifest> BuildAsync(string site = "a")
    {
        var source = Some.Source();
        source.Edit = entry => entry with { Site = site };
        using var checksums = new ChecksumBook(_folder["hints"], rehash: false);
        var planner = new Planner(Corpus, checksums, _ => source);
        using var plan = await planner.CreateAsync(_recipe, Sources, [], null, UnreadFiles.Read, null, default);
        var version = await new CorpusBuild(Corpus, plan, planner, workers: 2).RunAsync(new BuildProgress(), default);
        await Corpus.AddHistoryAsync(number => new HistoryEntry
        {
            Number = number,
            Version = version.Id,
            Finished = Now,
            Seconds = 1,
            Command = "build",
            Machine = "here",
            ShardsBuilt = 1,
            ShardsReused = 0,
            RecordsBuilt = 1,
        });
        return version;
    }
}
