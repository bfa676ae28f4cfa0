using System.Diagnostics;

namespace EcgData.Tests;

/// <summary>The Azure Blob Storage emulator, installed by <c>tests/npm.sh</c>, at a port that it chooses. It ends with this process at the latest.</summary>
internal sealed class AzuriteServer : IDisposable
{
    private const string Announcement = "successfully listens on ";

    private readonly Process _process;

    private AzuriteServer(Process process, string endpoint) => (_process, Endpoint) = (process, endpoint);

    /// <summary>Address of the account, without a slash at its end.</summary>
    public string Endpoint { get; }

    /// <summary>The emulator's published account and key.</summary>
    public string ConnectionString =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=" +
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;" +
        $"BlobEndpoint={Endpoint}/;";

    /// <param name="folder">Where it keeps its blobs; null: in memory.</param>
    /// <returns>null where it is not installed.</returns>
    public static AzuriteServer? Start(string? folder = null)
    {
        var program = Path.Join(RepositoryRoot(), "tests/EcgData.Storage.Tests/azurite/node_modules/azurite/dist/src/blob/main.js");
        if (!File.Exists(program)) return null;
        var server = Process.Start(new ProcessStartInfo(
            "node", [program, .. folder is null ? ["--inMemoryPersistence"] : new[] { "--location", folder }, "--blobPort", "0", "--silent", "--disableTelemetry"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Kill();
        while (server.StandardOutput.ReadLine() is { } line)
        {
            var at = line.IndexOf(Announcement, StringComparison.Ordinal);
            if (at < 0) continue;
            _ = server.StandardOutput.ReadToEndAsync();   // a full pipe would stop it
            return new AzuriteServer(server, $"{line[(at + Announcement.Length)..].Trim()}/devstoreaccount1");
        }

        throw new InvalidOperationException($"{program} ended without listening; run it with node to see why.");
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(folder, "EcgData.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
