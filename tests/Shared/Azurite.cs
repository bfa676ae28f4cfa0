using System.Diagnostics;

namespace EcgData.Tests;

/// <summary>The Azure Blob Storage emulator: started with the first test that asks for it, stopped with the test process.</summary>
internal static class Azurite
{
    private const string Announcement = "successfully listens on ";

    private static readonly Lazy<Process?> Server = new(Start);
    private static string _endpoint = "";
    private static int _containers;

    /// <summary>The emulator's published account and key, at the port that it chose; a skipped test where it is not installed.</summary>
    public static string ConnectionString
    {
        get
        {
            Assert.SkipWhen(Server.Value is null, "Azurite is not installed: 'make test' installs it, 'dotnet test' does not.");
            return "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=" +
                "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;" +
                $"BlobEndpoint={Endpoint}/;";
        }
    }

    /// <summary>Address of the account, without a slash at its end.</summary>
    public static string Endpoint => Server.Value is null ? "" : $"{_endpoint}/devstoreaccount1";

    /// <summary>A name that no other test of this process uses.</summary>
    public static string NewContainer() => $"test-{Environment.ProcessId}-{Interlocked.Increment(ref _containers)}";

    private static Process? Start()
    {
        var program = Path.Join(RepositoryRoot(), "tests/EcgData.Storage.Tests/azurite/node_modules/azurite/dist/src/blob/main.js");
        if (!File.Exists(program)) return null;
        var server = Process.Start(new ProcessStartInfo("node")
        {
            ArgumentList = { program, "--inMemoryPersistence", "--blobPort", "0", "--silent", "--disableTelemetry" },
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.Kill();
        while (server.StandardOutput.ReadLine() is { } line)
        {
            var at = line.IndexOf(Announcement, StringComparison.Ordinal);
            if (at < 0) continue;
            _endpoint = line[(at + Announcement.Length)..].Trim();
            _ = server.StandardOutput.ReadToEndAsync();   // a full pipe would stop it
            return server;
        }

        throw new InvalidOperationException($"{program} ended without listening; run it with node to see why.");
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(folder, "EcgData.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
