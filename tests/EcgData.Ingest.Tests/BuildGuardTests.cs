using EcgData.Shards;
using EcgData.Signals;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

/// <summary>200 records: two may vanish (1 %), three may not.</summary>
public sealed class BuildGuardTests : IDisposable
{
    private const int Records = 200;

    private readonly TemporaryFolder _folder = new();
    private readonly ByteSource _source = Some.Source(records: Records);
    private readonly BuildRecipe _recipe = new() { Shards = new ShardOptions { TargetRows = 16 } };

    public BuildGuardTests() => _source.WriteFiles(_folder["bytes"], samples: 700);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Find_NothingBuiltYetOrNothingChanged_IsEmpty()
    {
        Assert.Empty(await ObjectionsAsync());
        await BuildAsync();
        Assert.Empty(await ObjectionsAsync());
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public async Task Find_RecordsVanished_ObjectsAboveOnePercent(int vanished, bool objects)
    {
        await BuildAsync();
        var smaller = Some.Source(records: Records - vanished);
        var objections = await ObjectionsAsync(smaller);
        Assert.Equal(objects, objections.Count == 1);
        if (!objects) return;
        Assert.Equal((ObjectionKind.Shrink, "bytes"), (objections[0].Kind, objections[0].Source));
        Assert.Contains("3 of the 200 records", objections[0].Message, StringComparison.Ordinal);
        Assert.Contains("--allow-shrink", objections[0].Message, StringComparison.Ordinal);
    }

    /// <summary>The number of records is what it was; five of them are others.</summary>
    [Fact]
    public async Task Find_AsManyRecordsButOthers_ObjectsToo()
    {
        await BuildAsync();
        var other = Some.Source(records: Records);
        other.Edit = entry => int.Parse(entry.NativeId) < 5 ? entry with { NativeId = "new" + entry.NativeId } : entry;
        Assert.Contains("5 of the 200", Assert.Single(await ObjectionsAsync(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_OtherConditioning_ObjectsAndNamesIt()
    {
        await BuildAsync();
        var recipe = _recipe with { Conditioning = new ConditioningOptions { MinimumSeconds = 2 } };
        var objection = Assert.Single(await ObjectionsAsync(recipe: recipe));
        Assert.Equal(ObjectionKind.Rebuild, objection.Kind);
        Assert.Contains("the recipe's conditioning", objection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_OtherReaderVersion_ObjectsAndNamesIt()
    {
        await BuildAsync();
        var objection = Assert.Single(await ObjectionsAsync(new ByteSource("bytes", Records) { ReaderVersion = 2 }));
        Assert.Contains("the reader of bytes, version 2 in place of 1", objection.Message, StringComparison.Ordinal);
    }

    /// <summary>New labels are work that the source asks for, however much it is.</summary>
    [Fact]
    public async Task Find_EveryRecordEdited_IsNoMassRebuild()
    {
        await BuildAsync();
        var edited = Some.Source(records: Records);
        edited.Edit = entry => entry with { Site = "another" };
        Assert.Empty(await ObjectionsAsync(edited));
    }

    private CorpusStore Corpus => new(new LocalObjectStore(_folder["corpus"]));

    private async Task BuildAsync()
    {
        using var checksums = new ChecksumBook(_folder["hints"], rehash: false);
        var planner = new Planner(Corpus, checksums, _ => _source);
        using var plan = await PlanAsync(planner, _recipe);
        await new CorpusBuild(Corpus, plan, planner, workers: 2).RunAsync(new BuildProgress(), default);
    }

    private async Task<IReadOnlyList<Objection>> ObjectionsAsync(ByteSource? source = null, BuildRecipe? recipe = null)
    {
        using var checksums = new ChecksumBook(_folder["hints"], rehash: false);
        using var plan = await PlanAsync(new Planner(Corpus, checksums, _ => source ?? _source), recipe ?? _recipe);
        return await BuildGuard.FindObjectionsAsync(plan, Corpus, default);
    }

    private Task<BuildPlan> PlanAsync(Planner planner, BuildRecipe recipe) => planner.CreateAsync(
        recipe, new Dictionary<string, string> { ["bytes"] = _folder["bytes"] }, [], null, UnreadFiles.Read, null, default);
}
