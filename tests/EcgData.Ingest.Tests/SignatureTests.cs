using System.Text.Json.Nodes;
using EcgData.Shards;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

/// <summary>The signature of a version: what its rows are, however they lie.</summary>
public sealed class SignatureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ByteSource _source = Some.Source();

    public SignatureTests() => _source.WriteFiles(_folder["bytes"], samples: 700);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Signature_RowsCutOtherwise_IsTheSame()
    {
        var (small, large) = (await BuildAsync("small", targetRows: 16), await BuildAsync("large", targetRows: 1000));
        Assert.NotEqual(small.Shards.Count, large.Shards.Count);
        Assert.NotEqual(small.Id, large.Id);
        Assert.Equal(small.Signature, large.Signature);
        Assert.Equal(small.Sources[0].Signature, large.Sources[0].Signature);
        Assert.NotEqual(ContentSignature.None.ToString(), small.Signature);
        foreach (var (corpus, version) in new[] { ("small", small), ("large", large) }) await HoldsAsync(corpus, version);
        var difference = await new VersionComparison(Corpus("small"), small, small).RunAsync(default);
        Assert.True(difference.SameRows);
    }

    [Fact]
    public async Task Signature_OneSampleOfOneRecord_MakesAnother()
    {
        var before = await BuildAsync("corpus");
        var bytes = File.ReadAllBytes(_folder["bytes/17.bin"]);
        bytes[333] ^= 1;
        File.WriteAllBytes(_folder["bytes/17.bin"], bytes);
        var after = await BuildAsync("corpus");
        Assert.NotEqual(before.Signature, after.Signature);
        Assert.False((await new VersionComparison(Corpus("corpus"), before, after).RunAsync(default)).SameRows);
        Assert.Equal((await BuildAsync("scratch")).Signature, after.Signature);   // although most of its receipts are older
        bytes[333] ^= 1;
        File.WriteAllBytes(_folder["bytes/17.bin"], bytes);
        Assert.Equal(before.Signature, (await BuildAsync("corpus")).Signature);
    }

    [Fact]
    public async Task Signature_OfSeveralSources_IsTheirSum()
    {
        _source.WriteFiles(_folder["b"], samples: 900);
        var both = await BuildAsync("corpus", sources: ["bytes", "bytes#b"]);
        var parts = both.Sources.Select(source => ContentSignature.Parse(source.Signature!)).ToList();
        Assert.Equal(2, parts.Distinct().Count());
        Assert.Equal((parts[0] + parts[1]).ToString(), both.Signature);
        Assert.Equal(both.Signature, (await BuildAsync("corpus", sources: ["bytes"])).Signature);   // the other is carried over
        Assert.Equal(both.Sources[0].Signature, (await BuildAsync("alone")).Signature);
    }

    [Fact]
    public async Task Verify_ForgedSignature_IsFoundByTheSignals()
    {
        var version = await BuildAsync("corpus");
        var other = (ContentSignature.Parse(version.Signature!) + ContentSignature.Parse(version.Signature!)).ToString();
        var forged = VersionManifest.Identify(version with { Signature = other, Sources = [version.Sources[0] with { Signature = other }] });
        Directory.Move(_folder[$"corpus/versions/{version.Id}"], _folder[$"corpus/versions/{forged.Id}"]);
        Assert.True((await VerifyAsync("corpus", forged, VerificationDepth.Bytes)).Holds);
        Assert.Contains(version.Signature!, Assert.Single((await VerifyAsync("corpus", forged)).Problems).Message, StringComparison.Ordinal);
        var torn = VersionManifest.Identify(version with { Signature = other });
        Directory.Move(_folder[$"corpus/versions/{forged.Id}"], _folder[$"corpus/versions/{torn.Id}"]);
        Assert.Contains("sum of the sources", Assert.Single((await VerifyAsync("corpus", torn, VerificationDepth.Bytes)).Problems).Message, StringComparison.Ordinal);
    }

    /// <summary>A version of a program that made no signatures: it is read, verified, followed by another, and said to be built again.</summary>
    [Fact]
    public async Task Version_WithoutSignatures_IsStillRead()
    {
        var version = await BuildAsync("corpus");
        var old = VersionManifest.Identify(version with { Signature = null, Sources = [version.Sources[0] with { Signature = null }] });
        Assert.NotEqual(version.Id, old.Id);
        Directory.Move(_folder[$"corpus/versions/{version.Id}"], _folder[$"corpus/versions/{old.Id}"]);
        await Corpus("corpus").WriteManifestAsync(old);
        var text = File.ReadAllText(_folder["corpus/" + CorpusPaths.Manifest(old.Id)]);
        Assert.DoesNotContain("signature", text, StringComparison.Ordinal);
        File.WriteAllText(_folder["corpus/HEAD"], old.Id + "\n");
        await HoldsAsync("corpus", await Corpus("corpus").ReadManifestAsync());
        foreach (var receipt in Directory.GetFiles(_folder["corpus/receipts"])) WithoutSignature(receipt);

        var read = await Corpus("corpus").ReadReceiptAsync(old.Shards[0].InputDigest);
        Assert.Null(read!.Signature);
        _source.WriteFiles(_folder["b"], samples: 900);
        var next = await BuildAsync("corpus", sources: ["bytes#b"]);
        Assert.Null(next.Signature);
        Assert.NotNull(next.Sources.Single(source => source.Name == "bytes#b").Signature);
        await HoldsAsync("corpus", next);
    }

    private static void WithoutSignature(string receipt)
    {
        var document = JsonNode.Parse(File.ReadAllText(receipt))!.AsObject();
        document.Remove("signature");
        document["schemaVersion"] = 2;
        File.WriteAllText(receipt, document.ToJsonString());
    }

    private CorpusStore Corpus(string name) => new(new LocalObjectStore(_folder[name]));

    private async Task<VersionManifest> BuildAsync(string name, int targetRows = 16, string[]? sources = null)
    {
        using var checksums = new ChecksumBook(_folder["hints-" + name], rehash: false);
        var planner = new Planner(Corpus(name), checksums, _ => _source);
        using var plan = await planner.CreateAsync(
            new BuildRecipe { Shards = new ShardOptions { TargetRows = targetRows } },
            (sources ?? ["bytes"]).ToDictionary(source => source, source => _folder[source == "bytes#b" ? "b" : "bytes"]), [], null, UnreadFiles.Read, null, default);
        return await new CorpusBuild(Corpus(name), plan, planner, workers: 2).RunAsync(new BuildProgress(), default);
    }

    private Task<VerificationReport> VerifyAsync(string name, VersionManifest version, VerificationDepth depth = VerificationDepth.Signals) =>
        new CorpusVerifier(Corpus(name), version).RunAsync(depth, 2, null, default);

    private async Task HoldsAsync(string name, VersionManifest version) => Assert.Empty((await VerifyAsync(name, version)).Problems);
}
