using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

public sealed class CorpusBuildTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ByteSource _source = Some.Source();
    private readonly BuildRecipe _recipe = new() { Shards = new ShardOptions { TargetRows = 16 } };

    public CorpusBuildTests() => _source.WriteFiles(_folder["bytes"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Build_AllGood_KeepsEveryRecordAndVerifies()
    {
        var version = await BuildAsync();
        Assert.Equal(new RecordCounts(40, 40, 0, 0), version.Totals.Records);
        Assert.True(version.Totals.Shards > 1);
        await HoldsAsync(version);
    }

    [Fact]
    public async Task Build_AnyNumberOfWorkersAndAnyFolder_GivesTheSameVersion()
    {
        _source.WriteFiles(_folder["elsewhere"]);
        var one = await BuildAsync(corpus: "one", workers: 1);
        var eight = await BuildAsync(corpus: "eight", workers: 8, sources: new() { ["bytes"] = _folder["elsewhere"] });
        Assert.Equal(one.Id, eight.Id);
        Assert.Equal(Files("one"), Files("eight"));
    }

    [Fact]
    public async Task Build_BadRecords_AreRejectedWithTheirReasonsAndTheRestIsKept()
    {
        File.Delete(_folder["bytes/4.bin"]);
        File.WriteAllBytes(_folder["bytes/5.bin"], new byte[100]);
        File.WriteAllBytes(_folder["bytes/6.bin"], new byte[1200]);
        _source.Edit = entry => entry.NativeId switch
        {
            "7" => entry with { Files = [entry.Files[0] with { Sha256 = new string('0', 64) }] },
            "8" => entry with { Files = [new RecordFile("../bytes/8.bin")] },
            "9" => entry with { Rejection = new Rejection(RejectionReason.Withdrawn, "taken back") },
            _ => entry,
        };
        var version = await BuildAsync();
        Assert.Equal(new RecordCounts(40, 34, 0, 6), version.Totals.Records);
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["file-checksum"] = 1,
                ["missing-file"] = 1,
                ["no-signal"] = 1,
                ["outside-folder"] = 1,
                ["truncated"] = 1,
                ["withdrawn"] = 1,
            },
            Assert.Single(version.Sources).Rejections.ToDictionary());
        var rows = await Store().ReadCatalogueAsync(version).ToListAsync();
        Assert.All(rows.Where(row => row.State == "rejected"), row => Assert.DoesNotContain(_folder.Path, row.Reason, StringComparison.Ordinal));
        await HoldsAsync(version);
    }

    [Fact]
    public async Task Build_Again_BuildsNothingAndGivesTheSameVersion()
    {
        var first = await BuildAsync();
        _source.Reading = record => throw new InvalidOperationException($"{record} was read again");
        var second = await BuildAsync();
        Assert.Equal(first.Id, second.Id);
    }

    [Fact]
    public async Task Build_RejectedFileRepaired_IsBuiltAgain()
    {
        var content = File.ReadAllBytes(_folder["bytes/7.bin"]);
        var sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        _source.Edit = entry => entry.NativeId == "7" ? entry with { Files = [entry.Files[0] with { Sha256 = sha256 }] } : entry;
        var sound = await BuildAsync(corpus: "sound");
        content[99] ^= 1;
        File.WriteAllBytes(_folder["bytes/7.bin"], content);
        var damaged = await BuildAsync();
        var again = await BuildAsync();
        content[99] ^= 1;
        File.WriteAllBytes(_folder["bytes/7.bin"], content);
        var repaired = await BuildAsync();
        Assert.Equal(1, damaged.Totals.Records.Rejected);
        Assert.Equal(damaged.Id, again.Id);
        Assert.Equal(sound.Id, repaired.Id);
    }

    [Fact]
    public async Task Build_SourceNotNamed_IsCarriedOverAsIfBuiltTogether()
    {
        _source.WriteFiles(_folder["b"], samples: 3000);
        var both = new Dictionary<string, string> { ["bytes"] = _folder["bytes"], ["bytes#b"] = _folder["b"] };
        var together = await BuildAsync(corpus: "together", sources: both);
        await BuildAsync(sources: new() { ["bytes#b"] = _folder["b"] });
        var apart = await BuildAsync();
        Assert.Equal(together.Id, apart.Id);
        Assert.Equal(["bytes", "bytes#b"], apart.Sources.Select(source => source.Name));
        var dropped = await BuildAsync(sources: [], drop: ["bytes#b"]);
        Assert.Equal((await BuildAsync(corpus: "alone")).Id, dropped.Id);
        await HoldsAsync(dropped);
    }

    [Fact]
    public async Task Build_OtherConditioningThanTheSourcesCarriedOver_IsRefused()
    {
        await BuildAsync();
        _source.WriteFiles(_folder["b"]);
        var e = await Assert.ThrowsAsync<ArgumentException>(() => BuildAsync(
            sources: new() { ["bytes#b"] = _folder["b"] }, recipe: _recipe with { Conditioning = new ConditioningOptions { SegmentSeconds = 5 } }));
        Assert.Contains("bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_ReaderBreaks_LeavesHeadAndTheNextBuildGoesOn()
    {
        var before = await BuildAsync();
        File.AppendAllText(_folder["bytes/11.bin"], "more");
        _source.Reading = record => { if (record == "bytes/11") throw new DivideByZeroException(); };
        await Assert.ThrowsAsync<DivideByZeroException>(() => BuildAsync());
        Assert.Equal(before.Id, await Store().ReadHeadAsync());
        _source.Reading = null;
        var after = await BuildAsync();
        Assert.NotEqual(before.Id, after.Id);
        await HoldsAsync(after);
    }

    [Fact]
    public async Task Build_CancelledHalfWay_KeepsWhatIsFinished()
    {
        using var cancel = new CancellationTokenSource();
        var read = 0;
        _source.Reading = _ => { if (Interlocked.Increment(ref read) == 30) cancel.Cancel(); };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BuildAsync(workers: 1, cancel: cancel.Token));
        Assert.Null(await Store().ReadHeadAsync());
        Assert.False(Directory.Exists(_folder["corpus/versions"]));
        Assert.Equal("lock", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(_folder["corpus/.tmp"]))));
        _source.Reading = _ => Interlocked.Increment(ref read);
        var version = await BuildAsync();
        Assert.Equal((await BuildAsync(corpus: "unbroken")).Id, version.Id);
    }

    [Fact]
    public async Task Build_ShardLost_IsMadeAgain()
    {
        var version = await BuildAsync();
        var path = version.Shards.First(shard => shard.Path is not null).Path!;
        File.Delete(Path.Join(_folder["corpus"], path));
        var report = await VerifyAsync(version);
        Assert.Equal(path, Assert.Single(report.Problems).Subject);
        Assert.Equal(version.Id, (await BuildAsync()).Id);
        await HoldsAsync(version);
    }

    [Theory]
    [InlineData(false, "records where the plan has")]
    [InlineData(true, "speaks of record 'another'")]
    public async Task Build_ReceiptOfAnotherShardIsDamaged_SaysWhichAndWhy(bool renamed, string expected)
    {
        await BuildAsync();
        var file = Directory.EnumerateFiles(_folder["corpus/receipts"])
            .First(file => System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!["records"]!.AsArray().All(record => (string)record!["id"]! != "0"));
        var receipt = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!;
        if (renamed) receipt["records"]![0]!["id"] = "another";
        else receipt["records"]!.AsArray().RemoveAt(0);
        File.WriteAllText(file, receipt.ToJsonString());
        _source.Edit = entry => entry.NativeId == "0" ? entry with { Labels = [new Label("test:another")] } : entry;
        var refused = await Assert.ThrowsAsync<CorpusException>(() => BuildAsync());
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileNameWithoutExtension(file), refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shards", "SHA-256")]
    [InlineData("versions", "expected")]
    public async Task Verify_OneByteFlipped_IsFound(string folder, string expected)
    {
        var version = await BuildAsync();
        var file = Directory.EnumerateFiles(Path.Join(_folder["corpus"], folder), "*.parquet", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).First();
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(file, bytes);
        var report = await VerifyAsync(version);
        Assert.Contains(report.Problems, problem => problem.Message.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_StatisticOfTheManifestChanged_IsFoundByTheSignals()
    {
        var version = await BuildAsync();
        var source = version.Sources[0];
        var statistics = source.Statistics.ToDictionary();
        statistics["ii"] = statistics["ii"] with { Sum = statistics["ii"].Sum + 1 };
        var forged = VersionManifest.Identify(version with { Sources = [source with { Statistics = statistics }] });
        Directory.Move(_folder[$"corpus/versions/{version.Id}"], _folder[$"corpus/versions/{forged.Id}"]);
        Assert.True((await VerifyAsync(forged, VerificationDepth.Bytes)).Holds);
        var problem = Assert.Single((await VerifyAsync(forged)).Problems);
        Assert.Contains("lead ii", problem.Message, StringComparison.Ordinal);
    }

    private CorpusStore Store(string corpus = "corpus") => new(new LocalObjectStore(_folder[corpus]));

    private async Task<VersionManifest> BuildAsync(
        string corpus = "corpus", int workers = 2, Dictionary<string, string>? sources = null, string[]? drop = null,
        BuildRecipe? recipe = null, CancellationToken cancel = default)
    {
        using var checksums = new ChecksumBook(_folder["hints-" + corpus], rehash: false);
        var planner = new Planner(Store(corpus), checksums, _ => _source);
        using var plan = await planner.CreateAsync(
            recipe ?? _recipe, sources ?? new() { ["bytes"] = _folder["bytes"] }, drop ?? [], null, UnreadFiles.Read, null, cancel);
        return await new CorpusBuild(Store(corpus), plan, planner, workers).RunAsync(new BuildProgress(), cancel);
    }

    private Task<VerificationReport> VerifyAsync(VersionManifest version, VerificationDepth depth = VerificationDepth.Signals) =>
        new CorpusVerifier(Store(), version).RunAsync(depth, 2, null, default);

    private async Task HoldsAsync(VersionManifest version) => Assert.Empty((await VerifyAsync(version)).Problems);

    private IEnumerable<string> Files(string corpus) => Directory.EnumerateFiles(_folder[corpus], "*", SearchOption.AllDirectories)
        .Where(file => !file.Contains(".tmp", StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(_folder[corpus], file) + " " +
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))))
        .Order(StringComparer.Ordinal);
}
