using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

/// <summary>Here and not in Shards.Tests, where no version can be built.</summary>
public sealed class VersionComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly BuildRecipe _recipe = new() { Shards = new ShardOptions { TargetRows = 16 } };

    public VersionComparisonTests()
    {
        Some.Source(records: 42).WriteFiles(_folder["bytes"], samples: 700);
        Some.Source(records: 42).WriteFiles(_folder["b"], samples: 700);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Compare_AVersionWithItself_IsNone()
    {
        var version = await BuildAsync();
        Assert.True((await CompareAsync(version, version)).IsNone);
    }

    [Fact]
    public async Task Compare_EachKindOfChange_IsCountedOnceWithItsRecord()
    {
        var before = await BuildAsync(records: 41);
        File.WriteAllBytes(_folder["bytes/9.bin"], [.. File.ReadAllBytes(_folder["bytes/9.bin"]).Reverse()]);
        File.WriteAllBytes(_folder["bytes/12.bin"], new byte[10]);
        var after = await BuildAsync(
            records: 42,
            edit: entry => entry.NativeId switch
            {
                "3" => entry with { Labels = [new Label("test:other")] },
                "5" => entry with { AgeYears = 61 },
                "40" => entry with { NativeId = "forty" },
                _ => entry,
            });
        var difference = await CompareAsync(before, after);
        Assert.Empty(difference.Causes);
        var source = Assert.Single(difference.Sources);
        Assert.Empty(source.Causes);
        Assert.Equal(
            new Dictionary<RecordChange, string[]>
            {
                [RecordChange.Added] = ["bytes/41", "bytes/forty"],
                [RecordChange.Removed] = ["bytes/40"],
                [RecordChange.Files] = ["bytes/12", "bytes/9"],
                [RecordChange.Labels] = ["bytes/3"],
                [RecordChange.Metadata] = ["bytes/5"],
                [RecordChange.Outcome] = ["bytes/12"],
            },
            source.Examples.ToDictionary(pair => pair.Key, pair => pair.Value.Order(StringComparer.Ordinal).ToArray()));
        Assert.Equal(source.Examples.ToDictionary(pair => pair.Key, pair => (long)pair.Value.Count), source.Records);
        Assert.Equal(before.Shards.Count, source.ShardsKept + source.ShardsRemoved);
        Assert.Equal(after.Shards.Count, source.ShardsKept + source.ShardsAdded);
        var back = Assert.Single((await CompareAsync(after, before)).Sources);
        Assert.Equal(source.Records[RecordChange.Added], back.Records[RecordChange.Removed]);
    }

    [Fact]
    public async Task Compare_OtherRecipeAndReader_NamesThemAsCauses()
    {
        var before = await BuildAsync();
        var after = await BuildAsync(
            recipe: _recipe with { Conditioning = new ConditioningOptions { MinimumSeconds = 2 } }, readerVersion: 3);
        var difference = await CompareAsync(before, after);
        Assert.Equal(["recipe.minimumSeconds: 2.5, now 2"], difference.Causes);
        var source = Assert.Single(difference.Sources);
        Assert.Equal(["reader's version: 1, now 3"], source.Causes);
        Assert.Empty(source.Records);   // no record is another: they were only processed again
    }

    [Fact]
    public async Task Compare_SourceAddedAndDropped_IsSaid()
    {
        var one = await BuildAsync();
        var two = await BuildAsync(sources: new() { ["bytes"] = _folder["bytes"], ["bytes#b"] = _folder["b"] });
        var added = Assert.Single((await CompareAsync(one, two)).Sources);
        Assert.Equal(("bytes#b", "the source is new", 40L), (added.Name, Assert.Single(added.Causes), added.Records[RecordChange.Added]));
        Assert.Equal(20, added.Examples[RecordChange.Added].Count);
        var dropped = Assert.Single((await CompareAsync(two, one)).Sources);
        Assert.Equal(("bytes#b", "the source was taken out", 40L), (dropped.Name, Assert.Single(dropped.Causes), dropped.Records[RecordChange.Removed]));
    }

    private CorpusStore Corpus => new(new LocalObjectStore(_folder["corpus"]));

    private Task<VersionDifference> CompareAsync(VersionManifest from, VersionManifest to) => new VersionComparison(Corpus, from, to).RunAsync(default);

    private async Task<VersionManifest> BuildAsync(
        int records = 40, Func<CatalogueEntry, CatalogueEntry>? edit = null, BuildRecipe? recipe = null, int readerVersion = 1,
        Dictionary<string, string>? sources = null)
    {
        var source = new ByteSource("bytes", records) { ReaderVersion = readerVersion };
        if (edit is not null) source.Edit = edit;
        using var checksums = new ChecksumBook(_folder["hints"], rehash: false);
        var planner = new Planner(Corpus, checksums, _ => source);
        using var plan = await planner.CreateAsync(
            recipe ?? _recipe, sources ?? new() { ["bytes"] = _folder["bytes"] }, [], null, UnreadFiles.Read, null, default);
        return await new CorpusBuild(Corpus, plan, planner, workers: 2).RunAsync(new BuildProgress(), default);
    }
}
