using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

/// <summary>
/// What a version takes over from the one before. Most records are turned away by their source, so that a catalogue of several row groups
/// takes a moment to build.
/// </summary>
public sealed class VersionCommitTests : IDisposable
{
    private const int Records = 16_000;
    private const int KeptEvery = 100;

    private readonly TemporaryFolder _folder = new();
    private readonly BuildRecipe _recipe = new() { Shards = new ShardOptions { TargetRows = 250 } };

    public VersionCommitTests()
    {
        foreach (var source in new[] { "bytes", "b" })
        {
            Directory.CreateDirectory(_folder[source]);
            for (var record = 0; record < Records + 500; record += KeptEvery)
                File.WriteAllBytes(_folder[$"{source}/{record}.bin"], [.. Enumerable.Range(0, 700).Select(k => (byte)(k * (record + 3) % 97))]);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Commit_AfterAddingEditingAndWithdrawing_HasTheBytesOfABuildFromScratch()
    {
        await BuildAsync("corpus", Records);
        await SameAsScratchAsync("added", Records + 500, entry => entry);
        await SameAsScratchAsync("edited", Records + 500, entry => entry.NativeId == "7000" ? entry with { Labels = [new Label("test:other")] } : entry);
        await SameAsScratchAsync(
            "withdrawn", Records + 500,
            entry => entry.NativeId == "5000" ? entry with { Files = [], Rejection = new Rejection(RejectionReason.Withdrawn, "taken back") } : entry);
        await SameAsScratchAsync("fewer", Records - 300, entry => entry);
    }

    [Fact]
    public async Task Commit_AfterAnErasure_HasTheBytesOfABuildFromScratch()
    {
        var before = await BuildAsync("corpus", Records);
        await new PatientErasure(Store("corpus")).RunAsync([PatientKey.Of("bytes", "p7000")], new byte[32], default);
        Directory.CreateDirectory(_folder["erased"]);
        File.Copy(_folder["corpus/erasures.json"], _folder["erased/erasures.json"]);
        var version = await SameAsScratchAsync("erased", Records, entry => entry);
        Assert.NotEqual(before.Id, version.Id);
    }

    [Fact]
    public async Task Commit_OneRecordIsAnother_ReadsTheReceiptsOfItsRowGroupAlone()
    {
        var first = await BuildAsync("corpus", Records);
        var store = new FaultyStore(new LocalObjectStore(_folder["corpus"]), null, Fault.Before);
        await BuildAsync("corpus", Records, entry => entry.NativeId == "7000" ? entry with { AgeYears = 61 } : entry, store: store);
        var receipts = store.Opened.Count(name => name.StartsWith(CorpusPaths.Receipts, StringComparison.Ordinal));
        Assert.InRange(receipts, 1, first.Shards.Count * 6 / 10);
    }

    [Fact]
    public async Task Commit_OneRecordIsAnother_LeavesMostRowGroupsAsTheyAre()
    {
        var first = await BuildAsync("corpus", Records);
        var second = await BuildAsync("corpus", Records, entry => entry.NativeId == "7000" ? entry with { AgeYears = 61 } : entry);
        await using var before = await Store("corpus").OpenCatalogueAsync(first);
        await using var after = await Store("corpus").OpenCatalogueAsync(second);
        Assert.InRange(before!.Groups.Count, 3, 8);
        Assert.InRange(after!.Groups.Select(group => group.Digest).Except(before.Groups.Select(group => group.Digest)).Count(), 1, 2);
        Assert.Equal(Records, after.Groups.Sum(group => group.Rows));
        Assert.Equal(second.Totals.Records, after.Groups.Aggregate(RecordCounts.Zero, (sum, group) => sum + group.Sums!.Records));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.95)]
    [InlineData(0.99)]
    public async Task Commit_TheCatalogueBeforeIsDamaged_DoesNotTakeTheDamageOver(double where)
    {
        var first = await BuildAsync("corpus", Records);
        Damage(first, where);
        await SameAsScratchAsync("damaged", Records, entry => entry.NativeId == "7000" ? entry with { AgeYears = 61 } : entry);
    }

    [Fact]
    public async Task Commit_TheRowGroupTableBeforeIsDamaged_DoesNotTakeTheDamageOver()
    {
        var first = await BuildAsync("corpus", Records);
        var table = _folder[$"corpus/{CorpusPaths.RowGroups(first.Id)}"];
        var bytes = File.ReadAllBytes(table);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(table, bytes);
        await SameAsScratchAsync("damaged", Records, entry => entry.NativeId == "7000" ? entry with { AgeYears = 61 } : entry);
    }

    [Fact]
    public async Task Commit_ASourceCarriedOverFromADamagedCatalogue_IsRefusedByName()
    {
        var both = new Dictionary<string, string> { ["bytes"] = _folder["bytes"], ["bytes#b"] = _folder["b"] };
        var first = await BuildAsync("corpus", 3000, sources: both);
        Damage(first, 0.3);
        Damage(first, 0.7);
        var e = await Assert.ThrowsAsync<CorpusException>(() => BuildAsync("corpus", 2990));
        Assert.Contains("--source bytes#b=DIR", e.Message, StringComparison.Ordinal);
        Assert.Equal(first.Id, await Store("corpus").ReadHeadAsync());
    }

    [Fact]
    public async Task Commit_ASourceCarriedOverFromAnOlderProgramsCatalogue_IsAsIfBuiltTogether()
    {
        var both = new Dictionary<string, string> { ["bytes"] = _folder["bytes"], ["bytes#b"] = _folder["b"] };
        var together = await BuildAsync("together", 6000, sources: both);
        var now = await BuildAsync("corpus", 6000, sources: both);
        await PretendOlderAsync(now);
        var apart = await BuildAsync("corpus", 6000);
        Assert.Equal(together.Id, apart.Id);
        Assert.Equal(Catalogue("together", together), Catalogue("corpus", apart));
    }

    /// <summary>Makes the version one of a program whose catalogues say nothing of their row groups.</summary>
    private async Task PretendOlderAsync(VersionManifest version)
    {
        var store = Store("corpus");
        var older = VersionManifest.Identify(version with { CatalogueVersion = 0 });
        Directory.Move(_folder[$"corpus/versions/{version.Id}"], _folder[$"corpus/versions/{older.Id}"]);
        await store.WriteManifestAsync(older);
        await store.MoveHeadAsync(older.Id, (await store.Objects.FindAsync(CorpusPaths.Head))!.Tag);
    }

    private async Task<VersionManifest> SameAsScratchAsync(string scratch, int records, Func<CatalogueEntry, CatalogueEntry> edit)
    {
        var (version, expected) = (await BuildAsync("corpus", records, edit), await BuildAsync(scratch, records, edit));
        Assert.Equal(expected.Id, version.Id);
        Assert.Equal(Catalogue(scratch, expected), Catalogue("corpus", version));
        Assert.Equal(
            File.ReadAllBytes(_folder[$"{scratch}/{CorpusPaths.RowGroups(expected.Id)}"]), File.ReadAllBytes(_folder[$"corpus/{CorpusPaths.RowGroups(version.Id)}"]));
        Assert.Empty((await new CorpusVerifier(Store("corpus"), version).RunAsync(VerificationDepth.Signals, 2, null, default)).Problems);
        return version;
    }

    private void Damage(VersionManifest version, double where)
    {
        var catalogue = _folder[$"corpus/{CorpusPaths.Catalogue(version.Id)}"];
        var bytes = File.ReadAllBytes(catalogue);
        bytes[(int)(bytes.Length * where)] ^= 1;
        File.WriteAllBytes(catalogue, bytes);
    }

    private byte[] Catalogue(string corpus, VersionManifest version) => File.ReadAllBytes(_folder[$"{corpus}/{CorpusPaths.Catalogue(version.Id)}"]);

    private CorpusStore Store(string corpus) => new(new LocalObjectStore(_folder[corpus]));

    private async Task<VersionManifest> BuildAsync(
        string corpus, int records, Func<CatalogueEntry, CatalogueEntry>? edit = null, Dictionary<string, string>? sources = null,
        IObjectStore? store = null)
    {
        var source = Some.Source(records: records);
        source.Edit = entry => (edit ?? (same => same))(int.Parse(entry.NativeId, System.Globalization.CultureInfo.InvariantCulture) % KeptEvery == 0
            ? entry with { PatientId = $"p{entry.NativeId}" }
            : entry with { Files = [], Rejection = new Rejection(RejectionReason.Withdrawn, "not this one") });
        using var checksums = new ChecksumBook(_folder["hints-" + corpus], rehash: false);
        var opened = store is null ? Store(corpus) : new CorpusStore(store);
        var planner = new Planner(opened, checksums, _ => source);
        using var plan = await planner.CreateAsync(
            _recipe, sources ?? new() { ["bytes"] = _folder["bytes"] }, [], null, UnreadFiles.Read, null, default);
        return await new CorpusBuild(opened, plan, planner, 2).RunAsync(new BuildProgress(), default);
    }
}
