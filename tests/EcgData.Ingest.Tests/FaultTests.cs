using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

/// <summary>
/// Whatever fails, and whenever, HEAD names a whole version, and the next build makes what an unbroken one makes: every operation of the
/// store fails once, and so does every record in every stage.
/// </summary>
public sealed class FaultTests : IDisposable
{
    private const int Records = 30;

    /// <summary>Records of the version before: none of its shards is the next one's.</summary>
    private const int FewRecords = 5;

    /// <summary>Records of the version before: some of its shards are the next one's.</summary>
    private const int HalfTheRecords = 20;

    private readonly TemporaryFolder _folder = new();
    private readonly ByteSource _source = Some.Source(records: Records);
    private readonly BuildRecipe _recipe = new() { Shards = new ShardOptions { TargetRows = 16 } };

    public FaultTests() => _source.WriteFiles(_folder["bytes"], samples: 700);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Fault.After, 0)]
    [InlineData(Fault.Before, HalfTheRecords)]
    [InlineData(Fault.After, HalfTheRecords)]
    public async Task Build_AnyOperationOfTheStoreFails_LeavesHeadValidAndTheNextBuildIsWhole(Fault fault, int recordsBefore)
    {
        var (before, expected) = await UnbrokenAsync(recordsBefore);
        var (_, counted) = await StartAsync(recordsBefore, 0, "counted");
        var unbroken = new FaultyStore(counted, null, fault);
        await BuildAsync(unbroken);
        var failed = new List<string>();
        foreach (var (moment, number) in unbroken.Moments.Select((moment, index) => (moment, index + 1)))
        {
            var (name, store) = await StartAsync(recordsBefore, number);
            var faulty = new FaultyStore(store, moment, fault);
            Assert.NotNull(await Record.ExceptionAsync(() => BuildAsync(faulty)));
            var what = faulty.Failed!;
            failed.Add(what);
            await HeadHoldsAsync(store, before, expected.Id, what);
            if (Directory.Exists(_folder[$"{name}/.tmp"]))
                Assert.Equal("lock", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(_folder[$"{name}/.tmp"]))));
            Assert.True((await BuildAsync(store)).Id == expected.Id, $"{what} failed, and the next build made another version");
            Assert.Equal(Files("unbroken"), Files(name));
            Directory.Delete(_folder[name], recursive: true);
        }

        // every step of a build has been hit
        string[] looking = fault == Fault.Before ? ["find HEAD", "list receipts/", "create", "write"] : [];
        foreach (var step in (string[])[.. looking, "commit shards/", "commit receipts/", "commit versions/", "replace HEAD"])
            Assert.True(failed.Exists(what => what.StartsWith(step, StringComparison.Ordinal)), $"{step} was never hit; hit were {string.Join(", ", failed)}");
        foreach (var document in new[] { "catalogue.parquet", "rowgroups.parquet", "manifest.json", "croissant.json", "README.md" })
            Assert.Contains(failed, what => what.StartsWith("commit ", StringComparison.Ordinal) && what.EndsWith(document, StringComparison.Ordinal));
    }

    /// <summary>What a reader did not foresee, frames that cannot be conditioned, what cannot be encoded: at each record in turn.</summary>
    [Theory]
    [InlineData(Stage.Catalogue)]
    [InlineData(Stage.Read)]
    [InlineData(Stage.Condition)]
    [InlineData(Stage.Write)]
    public async Task Build_AStageBreaksAtAnyRecord_LeavesHeadValidAndTheNextBuildIsWhole(Stage stage)
    {
        var (before, expected) = await UnbrokenAsync(FewRecords);
        foreach (var record in (int[])[0, 1, 9, 14, 22, 28, 29])
        {
            var (name, store) = await StartAsync(FewRecords, record);
            Break(stage, $"{record}");
            Assert.NotNull(await Record.ExceptionAsync(() => BuildAsync(store)));
            (_source.Edit, _source.Reading, _source.Made) = (entry => entry, null, null);
            Assert.Equal(before, await new CorpusStore(store).ReadHeadAsync());
            await HeadHoldsAsync(store, before, expected.Id, $"{stage} of record {record}");
            Assert.Equal(expected.Id, (await BuildAsync(store)).Id);
            Assert.Equal(Files("unbroken"), Files(name));
        }
    }

    public enum Stage
    {
        /// <summary>Listing the records.</summary>
        Catalogue,

        /// <summary>Reading a record.</summary>
        Read,

        /// <summary>Conditioning it.</summary>
        Condition,

        /// <summary>Writing its rows.</summary>
        Write,
    }

    private void Break(Stage stage, string record)
    {
        switch (stage)
        {
            case Stage.Catalogue:
                _source.Edit = entry => entry.NativeId == record ? throw new DivideByZeroException() : entry;
                break;
            case Stage.Read:
                _source.Reading = id => { if (id == $"bytes/{record}") throw new DivideByZeroException(); };
                break;
            case Stage.Condition:
                _source.Made = made => { if (made.RecordId == $"bytes/{record}") made.Dispose(); };
                break;
            default:
                _source.Edit = entry => entry.NativeId == record ? entry with { Labels = [new Label(null!)] } : entry;
                break;
        }
    }

    /// <returns>The version that a corpus starts from, or null, and the one that an unbroken build makes.</returns>
    private async Task<(string? Before, VersionManifest Expected)> UnbrokenAsync(int recordsBefore)
    {
        var (_, store) = await StartAsync(recordsBefore, 0, "unbroken");
        var before = await new CorpusStore(store).ReadHeadAsync();
        return (before, await BuildAsync(store));
    }

    /// <summary>A corpus as a build finds it: empty, or with a version of fewer records.</summary>
    private async Task<(string Name, IObjectStore Store)> StartAsync(int recordsBefore, int number, string? name = null)
    {
        name ??= $"corpus-{number}";
        if (recordsBefore > 0)
        {
            if (!Directory.Exists(_folder["start"])) await BuildAsync(new LocalObjectStore(_folder["start"]), recordsBefore);
            foreach (var file in Directory.EnumerateFiles(_folder["start"], "*", SearchOption.AllDirectories))
            {
                var copy = Path.Join(_folder[name], Path.GetRelativePath(_folder["start"], file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        return (name, new LocalObjectStore(_folder[name]));
    }

    private static async Task HeadHoldsAsync(IObjectStore store, string? before, string after, string failed)
    {
        var corpus = new CorpusStore(store);
        var head = await corpus.ReadHeadAsync();
        Assert.True(head == before || head == after, $"{failed} failed, and HEAD is {head}");
        if (head is null) return;
        var report = await new CorpusVerifier(corpus, await corpus.ReadManifestAsync()).RunAsync(VerificationDepth.Bytes, 2, null, default);
        Assert.True(report.Holds, $"{failed} failed, and HEAD does not hold: {string.Join("; ", report.Problems)}");
    }

    private async Task<VersionManifest> BuildAsync(IObjectStore store, int? limit = null)
    {
        var corpus = new CorpusStore(store);
        using var checksums = new ChecksumBook(_folder["hints"], rehash: false);
        var planner = new Planner(corpus, checksums, _ => _source);
        using var plan = await planner.CreateAsync(
            _recipe, new Dictionary<string, string> { ["bytes"] = _folder["bytes"] }, [], limit, UnreadFiles.Read, null, default);
        return await new CorpusBuild(corpus, plan, planner, workers: 2).RunAsync(new BuildProgress(), default);
    }

    private IEnumerable<string> Files(string corpus) => Directory.EnumerateFiles(_folder[corpus], "*", SearchOption.AllDirectories)
        .Where(file => !file.Contains(".tmp", StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(_folder[corpus], file) + " " +
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))))
        .Order(StringComparer.Ordinal);
}
