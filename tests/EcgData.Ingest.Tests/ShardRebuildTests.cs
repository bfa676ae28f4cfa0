using EcgData.Shards;
using EcgData.Signals;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

/// <summary>Healing what is damaged, and the proof that it would come out the same.</summary>
public sealed class ShardRebuildTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ByteSource _source = Some.Source();
    private readonly BuildRecipe _recipe = new()
    {
        Shards = new ShardOptions { TargetRows = 16 },
        Conditioning = new ConditioningOptions { SegmentSeconds = 5 },
        Sources = new Dictionary<string, Sources.SourceOptions> { ["bytes"] = new() { Table = "t.csv" } },
    };

    public ShardRebuildTests() => _source.WriteFiles(_folder["bytes"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rebuild_SourceAsItWas_GivesTheSameBytesAndLeavesNothing()
    {
        File.WriteAllBytes(_folder["bytes/5.bin"], new byte[100]);   // one that is rejected
        var version = await BuildAsync();
        Assert.True(version.Totals.Shards > 1);
        Assert.Empty(await RebuildAsync(version));
        var left = Directory.EnumerateFiles(_folder["scratch"], "*", SearchOption.AllDirectories).Select(Path.GetFileName);
        Assert.Equal(["lock"], left);
    }

    [Fact]
    public async Task Rebuild_ShardOfOtherBytes_IsFound()
    {
        var version = await BuildAsync();
        var shards = version.Shards.Select((shard, index) => index == 1 ? shard with { Sha256 = new string('0', 64) } : shard).ToList();
        var problem = Assert.Single(await RebuildAsync(version with { Shards = shards }));
        Assert.Contains("not deterministic", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rebuild_LabelOrRecordOfTheSourceChanged_SaysThatTheInputIsAnother()
    {
        var version = await BuildAsync();
        _source.Edit = entry => entry.NativeId == "7" ? entry with { Site = "another" } : entry;
        Assert.Contains("inputs are not what they were", Assert.Single(await RebuildAsync(version)).Message, StringComparison.Ordinal);
        _source.Edit = entry => entry.NativeId == "7" ? entry with { NativeId = "seven" } : entry;
        Assert.Contains("does not list record '7'", Assert.Single(await RebuildAsync(version)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_ShardDamagedInPlace_IsMadeAgainByACheckOnly()
    {
        var version = await BuildAsync();
        var path = Path.Join(_folder["corpus"], version.Shards[0].Path);
        var sound = File.ReadAllBytes(path);
        Flip(path);
        await BuildAsync();
        Assert.NotEqual(sound, File.ReadAllBytes(path));
        Assert.Equal(version.Id, (await BuildAsync(ShardTrust.Content)).Id);
        Assert.Equal(sound, File.ReadAllBytes(path));
    }

    [Fact]
    public async Task Build_ReceiptDamaged_IsMadeAgainByACheck()
    {
        var version = await BuildAsync();
        var elsewhere = (await Corpus.ReadReceiptAsync(version.Shards[^1].InputDigest, default))!.Records[0].Id;
        File.WriteAllText(Path.Join(_folder["corpus"], CorpusPaths.Receipt(version.Shards[0].InputDigest)), "{ \"schemaVersion\": 1");
        Assert.Equal(version.Id, (await BuildAsync()).Id);   // where nothing has changed, no receipt is read
        _source.Edit = entry => entry.NativeId == elsewhere ? entry with { Sex = "female" } : entry;
        await Assert.ThrowsAsync<CorpusException>(() => BuildAsync());
        var changed = await BuildAsync(ShardTrust.Content);
        Assert.NotEqual(version.Id, changed.Id);
        _source.Edit = entry => entry;
        Assert.Equal(version.Id, (await BuildAsync()).Id);
    }

    [Fact]
    public async Task Build_TableMissingOrDamaged_IsWrittenAgain()
    {
        var version = await BuildAsync();
        var catalogue = Path.Join(_folder["corpus"], CorpusPaths.Catalogue(version.Id));
        var rowGroups = Path.Join(_folder["corpus"], CorpusPaths.RowGroups(version.Id));
        var (records, groups) = (File.ReadAllBytes(catalogue), File.ReadAllBytes(rowGroups));
        File.Delete(catalogue);
        await BuildAsync();
        Assert.Equal(records, File.ReadAllBytes(catalogue));
        Flip(rowGroups);
        await BuildAsync(ShardTrust.Content);
        Assert.Equal(groups, File.ReadAllBytes(rowGroups));
    }

    [Fact]
    public async Task Check_CarriedOverShardDamaged_NamesTheSourceThatWouldMendIt()
    {
        var both = new Dictionary<string, string> { ["bytes"] = _folder["bytes"], ["bytes#b"] = _folder["b"] };
        _source.WriteFiles(_folder["b"], samples: 3000);
        var version = await BuildAsync(sources: both);
        Flip(Path.Join(_folder["corpus"], version.Shards.First(shard => shard.Source == "bytes#b").Path));
        await BuildAsync();
        var e = await Assert.ThrowsAsync<CorpusException>(() => BuildAsync(ShardTrust.Content));
        Assert.Contains("--source bytes#b=DIR", e.Message, StringComparison.Ordinal);
        Assert.Equal(version.Id, (await BuildAsync(ShardTrust.Content, both)).Id);
    }

    private CorpusStore Corpus => new(new LocalObjectStore(_folder["corpus"]));

    private static void Flip(string path)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(path, bytes);
    }

    private async Task<VersionManifest> BuildAsync(ShardTrust trust = ShardTrust.Size, Dictionary<string, string>? sources = null)
    {
        using var checksums = new ChecksumBook(_folder["hints"], rehash: false);
        var planner = new Planner(Corpus, checksums, _ => _source, trust);
        using var plan = await planner.CreateAsync(
            _recipe, sources ?? new() { ["bytes"] = _folder["bytes"] }, [], null, UnreadFiles.Read, null, default);
        return await new CorpusBuild(Corpus, plan, planner, workers: 2).RunAsync(new BuildProgress(), default);
    }

    private async Task<IReadOnlyList<VerificationProblem>> RebuildAsync(VersionManifest version)
    {
        using var checksums = new ChecksumBook(_folder["hints"], rehash: false);
        var rebuild = new ShardRebuild(Corpus, version, checksums, _ => _source, new CorpusStore(new LocalObjectStore(_folder["scratch"])));
        return await rebuild.RunAsync(
            "bytes", _folder["bytes"], [.. version.Shards.Where(shard => shard.Path is not null)], 2, null, default);
    }
}
