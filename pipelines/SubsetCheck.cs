using System.CommandLine;
using EcgData.Shards;
using EcgData.Shards.Subsets;
using Spectre.Console;

namespace EcgData.Pipelines;

/// <summary><c>ecgdata verify CORPUS --subset FILE</c>: whether subsets are what their manifests and certificates say.</summary>
internal static class SubsetCheck
{
    public static Option<string[]> Option() => new("--subset")
    {
        Description = "Check this subset, and the certificate beside it, in place of the version; repeat it for more.",
        HelpName = "FILE",
    };

    public static async Task<int> RunAsync(string address, string? version, string[] paths, Terminal terminal, CancellationToken cancel)
    {
        var corpus = Corpora.OpenExisting(address);
        foreach (var path in paths)
        {
            if (!File.Exists(path)) throw new UsageException($"--subset {path}: no such file. Expected a manifest that 'ecgdata subset' wrote.");
        }

        // a subset names its version: without one on the command line each is held against its own
        var found = new List<SubsetVerification>();
        foreach (var path in paths)
        {
            var manifest = await corpus.ReadManifestAsync(version ?? await VersionOfAsync(path, cancel), cancel);
            found.Add(await new SubsetVerifier(corpus, manifest).RunAsync(path, cancel));
        }

        var holds = found.TrueForAll(subset => subset.Holds);
        terminal.Result(new { subsets = found, holds }, console =>
        {
            foreach (var subset in found)
            {
                foreach (var problem in subset.Problems) console.MarkupLineInterpolated($"[red]{problem.Subject}[/]: {problem.Message}");
                console.WriteLine(subset.Holds
                    ? $"{subset.Subset} holds: {subset.Records:N0} records of version {subset.Version}, {subset.Checks:N0} checks."
                    : $"{subset.Subset} does not hold: {subset.Problems.Count:N0} of {subset.Checks:N0} checks failed.");
            }
        });
        return holds ? ExitCode.Done : ExitCode.NotAllTrue;
    }

    /// <summary>null where the file cannot be read: the verifier says why.</summary>
    private static async Task<string?> VersionOfAsync(string path, CancellationToken cancel)
    {
        try
        {
            return (await SubsetManifest.ReadAsync(path, cancel)).Version;
        }
        catch (CorpusException)
        {
            return null;
        }
    }
}
