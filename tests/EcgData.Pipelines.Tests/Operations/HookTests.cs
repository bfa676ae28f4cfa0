using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using EcgData.Shards;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests.Operations;

/// <summary>Who is called when a night goes wrong, and that the call changes nothing of the night.</summary>
[SupportedOSPlatform("linux")]
public sealed class HookTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Build_ThatFails_RunsTheProgramWithTheReport()
    {
        File.WriteAllText(_folder["file"], "not a folder");
        var hook = Script("printf '%s|%s|%s' \"$ECGDATA_EVENT\" \"$ECGDATA_EXIT_CODE\" \"$#\" > \"$0.said\"; cat > \"$0.report\"; echo told");
        var outcome = Run(_folder["file/corpus"], [], "--hook", hook).EndsWith(3);
        Assert.Equal("failed|3|0", File.ReadAllText(hook + ".said"));
        var report = Read(File.ReadAllBytes(hook + ".report"));
        Assert.Equal([RunEvent.Failed], report.Events);
        Assert.Equal((3, null), (report.ExitCode, report.Version));
        Assert.Contains(_folder["file/corpus"], report.Error, StringComparison.Ordinal);
        Assert.Contains("hook: told", outcome.Errors, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void Build_ThatRejectsTooMuchOrIsRefused_PostsTheReport()
    {
        using var listener = new Listener();
        string[] strict = ["--set", "acceptance.maximumRejectedShare=0.01"];
        // from the environment: not on a command line that others can read
        var rejected = Run(_folder["corpus"], [(Variable, $"{listener.Address}/secret")], strict).EndsWith(1);
        Run(_folder["corpus"], [(Variable, $"{listener.Address}/secret")], [.. strict, "--limit", "40"]).EndsWith(2);
        Assert.Equal([RunEvent.Rejected, RunEvent.Refused], listener.Posts.Select(post => Assert.Single(Read(post.Body).Events)));
        Assert.True(listener.Posts.TryPeek(out var first));
        Assert.Equal("application/json; charset=utf-8", first.Type);
        var report = Read(first.Body);
        Assert.Equal(rejected.Version, report.Version);
        Assert.Equal(File.ReadAllText(Path.Join(_folder["corpus"], CorpusPaths.RunReport(1))), Encoding.UTF8.GetString(first.Body));
        // no shrinking, but nothing to tell either
        Run(_folder["corpus"], [(Variable, $"{listener.Address}/secret")], "--set", SyntheticCorpus.Lenient).EndsWith(0);
        Assert.Equal(2, listener.Posts.Count);
    }

    [Fact]
    public void Build_ThatDrifts_PostsAgainUntilItIsTaken_AndItsAddressIsKeptNowhere()
    {
        using var listener = new Listener(number => number < 3 ? 503 : 204);
        string[] more = ["--set", SyntheticCorpus.Lenient, "--set", "drift.minimumRecords=5", $"--hook={listener.Address}/secret"];
        Run(_folder["corpus"], [], ["--limit", "40", .. more]).EndsWith(0);
        Assert.Empty(listener.Posts);
        var outcome = Run(_folder["corpus"], [], more).EndsWith(0);
        Assert.Equal(3, listener.Posts.Count);
        Assert.All(listener.Posts, post => Assert.Equal([RunEvent.Drifted], Read(post.Body).Events));
        Assert.DoesNotContain("secret", outcome.Output + outcome.Errors, StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(_folder["corpus/history"]))
            Assert.DoesNotContain("secret", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(synthetic.Corpus.Head, new CorpusFolder(_folder["corpus"]).Head);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Hook_ThatFails_IsToldAndChangesNothing(bool program)
    {
        var hook = program ? Script("exit 7") : $"http://127.0.0.1:{Listener.FreePort()}/secret";
        var outcome = Run(_folder["corpus"], [], "--set", "acceptance.maximumRejectedShare=0.01", "--hook", hook).EndsWith(1);
        Assert.Contains(program ? "ended with 7" : "cannot be reached", outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("/secret", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(synthetic.Corpus.Contents, new CorpusFolder(_folder["corpus"]).Contents);
    }

    [Fact]
    public void Finish_OfAPlan_TellsWhatIsMissingAndReportsWhatIsBuilt()
    {
        using var listener = new Listener();
        Run(_folder["corpus"], [], "--set", SyntheticCorpus.Lenient, "--plan").EndsWith(0);
        (string, string)[] environment = [(Variable, listener.Address)];
        Program.Run(environment, "build", "--corpus", _folder["corpus"], "--finish").EndsWith(1);
        Assert.True(listener.Posts.TryDequeue(out var post));
        var missing = Read(post.Body);
        Assert.Equal([RunEvent.Incomplete], missing.Events);
        Assert.Contains("are not built", missing.Error, StringComparison.Ordinal);
        Program.Run("build", "--corpus", _folder["corpus"], "--part", "1/1").EndsWith(0);
        Program.Run(environment, "build", "--corpus", _folder["corpus"], "--finish").EndsWith(0);
        Assert.Empty(listener.Posts);
        var report = Read(File.ReadAllBytes(Path.Join(_folder["corpus"], CorpusPaths.RunReport(1))));
        Assert.Equal((synthetic.Corpus.Head, synthetic.Corpus.Manifest.Shards.Count), (report.Version, report.Sources[0].ShardsBuilt));
        Assert.True(File.Exists(Path.Join(_folder["corpus"], CorpusPaths.RunPage(1))));
    }

    [Fact]
    public void Hook_WithShellSyntax_IsTheNameOfAProgramAndNothingElse()
    {
        var outcome = Run(_folder["corpus"], [(Variable, $"{_folder["touched"]}; touch {_folder["touched"]}")]).EndsWith(2);
        Assert.Contains("no such program", outcome.Complaint, StringComparison.Ordinal);
        Run(_folder["corpus"], [(Variable, "true; touch $HOME")], "--set", "acceptance.maximumRejectedShare=0.01").EndsWith(1);
        Assert.False(File.Exists(_folder["touched"]));
    }

    private const string Variable = Pipelines.Operations.Hook.Variable;

    private Ecgdata Program => new(_folder["caches"]);

    private static RunReport Read(byte[] document) => JsonSerializer.Deserialize<RunReport>(document, CorpusJson.Readable)!;

    private string Script(string body)
    {
        var path = _folder["hook.sh"];
        File.WriteAllText(path, "#!/bin/sh\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private Outcome Run(string corpus, IReadOnlyList<(string, string)> environment, params string[] more) => Program.Run(
        environment, ["build", "--json", "--quiet", "--corpus", corpus, "--source", synthetic.Source, "--set", SyntheticCorpus.SmallShards, .. more]);
}
