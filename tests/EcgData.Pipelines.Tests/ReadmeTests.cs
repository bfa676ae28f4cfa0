using System.Diagnostics;
using System.Text.RegularExpressions;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary>The README's quick start is run as it stands, but for what fetches and compiles.</summary>
public sealed partial class ReadmeTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task QuickStart_EveryLine_Runs()
    {
        var readme = File.ReadAllText(Path.Join(Repository.Root, "README.md"));
        var block = QuickStart().Match(readme);
        Assert.True(block.Success, "README.md has no fenced sh block below '## Quick start'.");
        var lines = block.Groups[1].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Where(line => !NotHere().IsMatch(line)).ToList();
        Assert.Contains(lines, line => line.StartsWith("bin/ecgdata build ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("bin/ecgdata verify ", StringComparison.Ordinal));
        var script = string.Join('\n', lines.Select(line => line.Replace("bin/ecgdata", Ecgdata.Path, StringComparison.Ordinal)));

        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_CACHE_HOME"] = _folder["caches"];
        using var shell = Process.Start(start)!;
        var output = shell.StandardOutput.ReadToEndAsync();
        var errors = shell.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            await shell.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            shell.Kill(entireProcessTree: true);
        }

        Assert.True(shell.ExitCode == 0, $"exit code {shell.ExitCode} of\n{script}\n{await output}\n{await errors}");
    }

    /// <summary>The query of the Python example runs as it stands, in DuckDB, and finds whole segments with the label.</summary>
    [Fact]
    public void PythonExample_Query_FindsWhatItAsksFor()
    {
        var match = Query().Match(File.ReadAllText(Path.Join(Repository.Root, "README.md")));
        Assert.True(match.Success, "README.md has no Python example with a query.");
        using var duck = new Duck(synthetic.Corpus);
        var rows = duck.Query(match.Groups[1].Value
            .Replace("{version}", synthetic.Corpus.Manifest.Id, StringComparison.Ordinal)
            .Replace("'corpus/", $"'{synthetic.Corpus.Path}/", StringComparison.Ordinal));
        Assert.NotEmpty(rows);
        Assert.All(rows, row =>
        {
            Assert.Contains("scp:NORM", Assert.IsAssignableFrom<IEnumerable<string>>(row[1]));
            Assert.Equal(2400, Assert.IsAssignableFrom<IEnumerable<short>>(row[2]).Count());
        });
    }

    /// <summary>Words that start with <c>bin/ecgdata</c> anywhere in the README name verbs that there are.</summary>
    [Fact]
    public void Verbs_InTheReadme_AreThere()
    {
        var known = new Ecgdata(_folder["caches"]).Run("--help").EndsWith(0).Output;
        var readme = File.ReadAllText(Path.Join(Repository.Root, "README.md"));
        var named = Verb().Matches(readme).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.All(named, verb => Assert.Matches($@"(?m)^\s+{verb}\b", known));
    }

    [GeneratedRegex(@"^## Quick start\s*$(?:(?!^## )[\s\S])*?^```sh\s*$\n([\s\S]*?)^```", RegexOptions.Multiline)]
    private static partial Regex QuickStart();

    [GeneratedRegex("""duckdb\.sql\(f\"{3}(.*?)\"{3}\)""", RegexOptions.Singleline)]
    private static partial Regex Query();

    [GeneratedRegex(@"^\s*(git clone|cd|make)\b")]
    private static partial Regex NotHere();

    [GeneratedRegex("bin/ecgdata ([a-z]+)")]
    private static partial Regex Verb();
}
