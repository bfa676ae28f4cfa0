using EcgData.Shards;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

/// <summary>Two who change a corpus at the same time: the second one comes exactly between the last check of the first and its writing.</summary>
public sealed class RaceTests : IDisposable
{
    private static readonly string[] Names = ["bytes", "bytes#b"];

    private readonly TemporaryFolder _folder = new();
    private readonly ByteSource _source = Some.Source();

    public RaceTests()
    {
        _source.WriteFiles(_folder["bytes"], samples: 700);
        _source.WriteFiles(_folder["bytes#b"], samples: 900);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Builds_OfTwoSources_TheLaterLosesNothingAndJoinsTheOther(bool azure)
    {
        var store = Open(azure);
        VersionManifest? winner = null;
        var racing = new FaultyStore(store, null, Fault.Before) { BeforeReplace = async name => winner ??= await BuildAsync(store, Names[1]) };
        var e = await Assert.ThrowsAsync<CorpusException>(() => BuildAsync(racing, Names[0]));
        Assert.Contains("another build finished first", e.Message, StringComparison.Ordinal);
        var corpus = new CorpusStore(store);
        Assert.Equal(winner!.Id, await corpus.ReadHeadAsync());
        Assert.Empty((await new CorpusVerifier(corpus, winner).RunAsync(VerificationDepth.Signals, 2, null, default)).Problems);

        _source.Reading = record => throw new InvalidOperationException($"{record} was read again");
        var joined = await BuildAsync(store, Names[0]);
        _source.Reading = null;
        Assert.Equal((await BuildAsync(new LocalObjectStore(_folder["together"]), Names)).Id, joined.Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Erasure_WhileABuildRuns_StopsTheBuildBeforeHead(bool azure)
    {
        var store = Open(azure);
        var corpus = new CorpusStore(store);
        var before = await BuildAsync(store, Names[1]);
        var patient = PatientKey.Of(Names[0], "p3");
        ErasureOutcome? outcome = null;
        _source.Reading = _ => { lock (_folder) outcome ??= Task.Run(() => EraseAsync(store, patient)).GetAwaiter().GetResult(); };   // not on the workers, which wait
        var e = await Assert.ThrowsAsync<CorpusException>(() => BuildAsync(store, Names[0]));
        _source.Reading = null;
        Assert.Contains("a patient was erased", e.Message, StringComparison.Ordinal);
        Assert.Empty(outcome!.Withdrawn);
        Assert.Equal([before.Id], await corpus.ListVersionsAsync().ToListAsync());
        await WithoutAsync(corpus, await BuildAsync(store, Names[0]), patient);
    }

    /// <summary>The build has passed its check; the erasure has looked at all versions but this one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Build_WhileAnErasureRuns_IsWithdrawn(bool azure)
    {
        var store = Open(azure);
        var corpus = new CorpusStore(store);
        VersionManifest? late = null;
        var patient = PatientKey.Of(Names[0], "p3");
        var racing = new FaultyStore(store, null, Fault.Before) { BeforeReplace = async name => late ??= await BuildAsync(store, Names[0]) };
        var outcome = await EraseAsync(racing, patient);
        Assert.Equal((late!.Id, 2), (Assert.Single(outcome.Withdrawn).Id, outcome.Withdrawn[0].Records));
        Assert.Contains("withdrawn", (await Assert.ThrowsAsync<CorpusException>(() => corpus.ReadManifestAsync())).Message, StringComparison.Ordinal);
        await WithoutAsync(corpus, await BuildAsync(store, Names[0]), patient);
    }

    [Fact]
    public async Task Erasures_AtTheSameTime_BothHappen()
    {
        var store = Open(azure: false);
        await BuildAsync(store, Names);
        var (one, other) = (PatientKey.Of(Names[0], "p3"), PatientKey.Of(Names[1], "p4"));
        ErasureOutcome? second = null;
        await EraseAsync(new FaultyStore(store, null, Fault.Before) { BeforeReplace = async name => second ??= await EraseAsync(store, other) }, one);
        var version = await BuildAsync(store, Names);
        await WithoutAsync(new CorpusStore(store), version, one);
        await WithoutAsync(new CorpusStore(store), version, other);
        Assert.Equal(2, (await new CorpusStore(store).ReadErasuresAsync()).List!.Patients.Count);
    }

    /// <summary>A written plan carries the patient's entries, and its parts would bring him back.</summary>
    [Fact]
    public async Task Erasure_OfAPlannedPatient_RemovesThePlan()
    {
        var store = Open(azure: false);
        var corpus = new CorpusStore(store);
        using var checksums = new ChecksumBook(null, rehash: false);
        var planner = new Planner(corpus, checksums, _ => _source);
        string id;
        using (var plan = await planner.CreateAsync(Recipe, Sources(Names[..1]), [], null, UnreadFiles.Read, null, default))
            id = (await new PlanStore(corpus).WriteAsync(plan, null, planner, default)).Id;
        Assert.Equal([id], (await EraseAsync(store, PatientKey.Of(Names[0], "p3"))).PlansRemoved);
        Assert.Empty(await store.ListAsync(PlanStore.Folder).ToListAsync());
    }

    /// <summary>Every way to break an erasure off leaves a list that is none or whole, and doing it again finishes it.</summary>
    [Theory]
    [InlineData(Fault.Before)]
    [InlineData(Fault.After)]
    public async Task Erasure_AnyOperationOfTheStoreFails_IsFinishedByTheNext(Fault fault)
    {
        var patient = PatientKey.Of(Names[0], "p3");
        var counted = new LocalObjectStore(_folder["counted"]);
        await BuildAsync(counted, Names[0]);
        var unbroken = new FaultyStore(counted, null, fault);
        await EraseAsync(unbroken, patient);
        foreach (var (moment, number) in unbroken.Moments.Select((moment, index) => (moment, index)))
        {
            var store = new LocalObjectStore(_folder[$"corpus-{number}"]);
            var version = await BuildAsync(store, Names[0]);
            Assert.NotNull(await Record.ExceptionAsync(() => EraseAsync(new FaultyStore(store, moment, fault), patient)));
            Assert.Equal(version.Id, Assert.Single((await EraseAsync(store, patient)).Withdrawn).Id);
            await Assert.ThrowsAsync<CorpusException>(() => new CorpusStore(store).ReadManifestAsync());
        }
    }

    private static BuildRecipe Recipe => new() { Shards = new ShardOptions { TargetRows = 16 } };

    private static async Task WithoutAsync(CorpusStore corpus, VersionManifest version, PatientKey patient)
    {
        Assert.Equal(version.Id, (await corpus.ReadManifestAsync()).Id);
        Assert.Empty(await PatientRows.FindAsync(corpus, version, key => key == patient, default));
        Assert.True(version.Sources.Sum(source => source.Rejections.GetValueOrDefault("erased")) >= 2);
        Assert.Empty((await new CorpusVerifier(corpus, version).RunAsync(VerificationDepth.Signals, 2, null, default)).Problems);
    }

    private static Task<ErasureOutcome> EraseAsync(IObjectStore store, PatientKey patient) =>
        new PatientErasure(new CorpusStore(store)).RunAsync([patient], new byte[ErasureList.KeyBytes], default);

    private IObjectStore Open(bool azure) => azure
        ? AzureBlobStore.Open($"az://{Azurite.NewContainer()}/corpus", Azurite.ConnectionString, _folder.Path)
        : new LocalObjectStore(_folder["corpus"]);

    private Dictionary<string, string> Sources(string[] names) => names.ToDictionary(name => name, name => _folder[name]);

    private async Task<VersionManifest> BuildAsync(IObjectStore store, params string[] names)
    {
        var corpus = new CorpusStore(store);
        using var checksums = new ChecksumBook(null, rehash: false);
        var planner = new Planner(corpus, checksums, _ => _source);
        using var plan = await planner.CreateAsync(Recipe, Sources(names), [], null, UnreadFiles.Read, null, default);
        return await new CorpusBuild(corpus, plan, planner, workers: 2).RunAsync(new BuildProgress(), default);
    }
}
