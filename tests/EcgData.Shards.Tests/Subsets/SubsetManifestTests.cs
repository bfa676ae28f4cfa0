using EcgData.Shards.Subsets;
using static EcgData.Shards.Tests.Subsets.SubsetBuildTests;

namespace EcgData.Shards.Tests.Subsets;

/// <summary>Loading a subset, and what is refused.</summary>
public sealed class SubsetManifestTests : IAsyncLifetime
{
    private SomeCorpus _corpus = null!;

    private string Manifest => _corpus["subsets/20.json"];

    public async ValueTask InitializeAsync()
    {
        _corpus = await SomeCorpus.WriteAsync(Some());
        await (await BuildAsync(_corpus, new SubsetOptions { Sizes = ["20"], Seed = 1 })).WriteAsync(_corpus["subsets"]);
    }

    public ValueTask DisposeAsync()
    {
        _corpus.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Load_AsWritten_SelectsItsSegments()
    {
        var subset = await SubsetManifest.ReadAsync(Manifest);
        Assert.Equal(subset.Segments, (await subset.LoadSelectionAsync(_corpus.Store, _corpus.Version)).Rows);
    }

    [Fact]
    public async Task Load_OtherVersion_NamesBoth()
    {
        using var other = await SomeCorpus.WriteAsync([new SomeRecord("open", "1", "1")]);
        var subset = await SubsetManifest.ReadAsync(Manifest);
        var refusal = await Assert.ThrowsAsync<CorpusException>(() => subset.LoadSelectionAsync(other.Store, other.Version));
        Assert.Contains($"a subset of version {_corpus.Version.Id}, but version {other.Version.Id} is open", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_AnyByteChanged_IsRefused()
    {
        var bytes = await File.ReadAllBytesAsync(Manifest);
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        for (var at = 0; at < bytes.Length; at += 7)
        {
            if (char.IsWhiteSpace((char)bytes[at])) continue;
            var changed = bytes.ToArray();
            changed[at] = changed[at] == (byte)'1' ? (byte)'2' : (byte)'1';
            await File.WriteAllBytesAsync(Manifest, changed);
            var refusal = await Assert.ThrowsAsync<CorpusException>(() => SubsetManifest.ReadAsync(Manifest));
            Assert.StartsWith(Manifest, refusal.Message, StringComparison.Ordinal);
        }

        Assert.Contains("\"selection\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("changed", "not the selection file that")]
    [InlineData("longer", "not the selection file that")]
    [InlineData("missing", "cannot be read")]
    public async Task Load_SelectionFile_IsTheOneThatWasWritten(string what, string message)
    {
        var rows = _corpus["subsets/20.rows"];
        var bytes = await File.ReadAllBytesAsync(rows);
        if (what == "missing") File.Delete(rows);
        else if (what == "longer") await File.WriteAllBytesAsync(rows, [.. bytes, 0]);
        else await File.WriteAllBytesAsync(rows, [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]);
        var subset = await SubsetManifest.ReadAsync(Manifest);
        var refusal = await Assert.ThrowsAsync<CorpusException>(() => subset.LoadSelectionAsync(_corpus.Store, _corpus.Version));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../20.rows")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("")]
    public async Task Load_SelectionFileElsewhere_IsNotOpened(string file)
    {
        var subset = await SubsetManifest.ReadAsync(Manifest);
        subset = subset with { Selection = subset.Selection! with { File = file } };
        var refusal = await Assert.ThrowsAsync<CorpusException>(() => subset.LoadSelectionAsync(_corpus.Store, _corpus.Version));
        Assert.Contains("is no name of a selection file", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_ShardRows_AreHeldAgainstTheShards()
    {
        var subset = (await OneAsync(_corpus, new SubsetOptions { Sizes = ["all"], Predicate = new SubsetPredicate { Where = ["source=open"] } })).Manifest;
        var rows = subset.ShardRows!;
        IReadOnlyList<int>[] wrong = [[.. rows, 1], [.. rows.Skip(1)], [rows[0] + 1, .. rows.Skip(1)], [-1, .. rows.Skip(1)], [rows[0] - 1, .. rows.Skip(1)]];
        foreach (var one in wrong)
            await Assert.ThrowsAsync<CorpusException>(() => (subset with { ShardRows = one }).LoadSelectionAsync(_corpus.Store, _corpus.Version));
        await subset.LoadSelectionAsync(_corpus.Store, _corpus.Version);
    }

    [Fact]
    public async Task Verify_AsWritten_Holds()
    {
        var found = await new SubsetVerifier(_corpus.Store, _corpus.Version).RunAsync(Manifest);
        Assert.Empty(found.Problems);
        Assert.Equal(20, found.Records);
    }

    [Fact]
    public async Task Verify_OtherRowsUnderRightDigests_IsFound()
    {
        // a forger who signs what he wrote: other rows than the record list's, of the same number
        var other = await OneAsync(_corpus, new SubsetOptions { Sizes = ["20"], Seed = 2 });
        var subset = await SubsetManifest.ReadAsync(Manifest);
        var forged = SubsetManifest.Identify(subset with
        {
            Segments = other.Manifest.Segments,
            Selection = other.Manifest.Selection! with { File = "20.rows" },
        });
        await new SubsetRung(forged, other.SelectionFile, null).WriteAsync(_corpus["subsets"]);

        var found = await new SubsetVerifier(_corpus.Store, _corpus.Version).RunAsync(Manifest);
        Assert.Contains(found.Problems, problem => problem.Message.Contains("states the record list", StringComparison.Ordinal));
    }
}
