using System.Security.Cryptography;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary><c>ecgdata pull</c>: a copy of the shards that a subset needs reads like the corpus.</summary>
public sealed class PullTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SyntheticCorpus _synthetic;

    public PullTests(SyntheticCorpus synthetic)
    {
        _synthetic = synthetic;
        using var duck = new Duck(synthetic.Corpus);
        var records = duck.Query("SELECT record_id, shard FROM $catalogue WHERE shard = (SELECT min(shard) FROM $catalogue)");
        Assert.True(synthetic.Corpus.Shards.Count > 2);
        Run("subset", synthetic.Corpus.Path, "--sizes", "all", "--where", $"record_id={string.Join('|', records.Select(row => row[0]))}", "--out", _folder["subsets"]).EndsWith(0);
    }

    private string Subset => _folder["subsets/all.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pull_Subset_CopiesItsShardsAloneAndExportsTheSame()
    {
        var pulled = Run("pull", _synthetic.Corpus.Path, "--subset", Subset, "--to", _folder["copy"], "--json").EndsWith(0).Json;
        Assert.Equal((1, 0), (pulled.GetProperty("shards").GetInt32(), pulled.GetProperty("present").GetInt32()));
        Assert.Single(new CorpusFolder(_folder["copy"]).Shards);

        Run("export", _synthetic.Corpus.Path, "--subset", Subset, "--to", _folder["a"], "--format", "npy").EndsWith(0);
        Run("export", _folder["copy"], "--subset", Subset, "--to", _folder["b"], "--format", "npy").EndsWith(0);
        Assert.Equal(Sums(_folder["a"]), Sums(_folder["b"]));
        Run("verify", _folder["copy"], "--subset", Subset).EndsWith(0);
    }

    [Fact]
    public void Pull_Again_CopiesWhatIsMissingOrDamaged()
    {
        Run("subset", _synthetic.Corpus.Path, "--sizes", "all", "--out", _folder["whole"]).EndsWith(0);
        Run("pull", _synthetic.Corpus.Path, "--subset", Subset, "--to", _folder["copy"]).EndsWith(0);
        var whole = Run("pull", _synthetic.Corpus.Path, "--subset", _folder["whole/all.json"], "--to", _folder["copy"], "--json").EndsWith(0).Json;
        Assert.Equal(1, whole.GetProperty("present").GetInt32());
        Run("verify", _folder["copy"]).EndsWith(0);

        var shard = new CorpusFolder(_folder["copy"]).Shards[0];
        var bytes = File.ReadAllBytes(shard);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(shard, bytes);
        var again = Run("pull", _synthetic.Corpus.Path, "--subset", _folder["whole/all.json"], "--to", _folder["copy"], "--json").EndsWith(0).Json;
        Assert.Equal(bytes.Length, again.GetProperty("copiedBytes").GetInt64());
        Run("verify", _folder["copy"]).EndsWith(0);
    }

    [Fact]
    public void Pull_DamagedShard_IsNotCopiedAndNothingIsCommitted()
    {
        var damaged = _synthetic.Corpus.CopyTo(_folder["damaged"]);
        Run("pull", _synthetic.Corpus.Path, "--subset", Subset, "--to", _folder["copy"]).EndsWith(0);
        var shard = Path.Join(damaged.Path, Path.GetRelativePath(_folder["copy"], new CorpusFolder(_folder["copy"]).Shards[0]));
        var bytes = File.ReadAllBytes(shard);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(shard, bytes);

        var refusal = Run("pull", damaged.Path, "--subset", Subset, "--to", _folder["other"]).EndsWith(3);
        Assert.Contains("does not have the SHA-256 that its name states", refusal.Complaint, StringComparison.Ordinal);
        Assert.Empty(new CorpusFolder(_folder["other"]).Shards);
        Assert.False(File.Exists(_folder["other/HEAD"]));
    }

    [Fact]
    public void Pull_IntoACorpusOfItsOwn_IsRefused()
    {
        var own = _synthetic.Corpus.CopyTo(_folder["own"]);
        var refusal = Run("pull", _synthetic.Corpus.Path, "--subset", Subset, "--to", own.Path).EndsWith(3);
        Assert.Contains("a corpus of its own, which a copy would spoil", refusal.Complaint, StringComparison.Ordinal);
    }

    private Outcome Run(params string[] arguments) => _synthetic.Program.Run(arguments);

    private static IEnumerable<string> Sums(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(file => $"{Path.GetRelativePath(folder, file)} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}");
}
