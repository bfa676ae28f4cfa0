namespace EcgData.Tests;

/// <summary>The Azure Blob Storage emulator: started with the first test that asks for it, stopped with the test process.</summary>
internal static class Azurite
{
    private static readonly Lazy<AzuriteServer?> Server = new(() => AzuriteServer.Start());
    private static int _containers;

    /// <summary>The emulator's published account and key, at the port that it chose; a skipped test where it is not installed.</summary>
    public static string ConnectionString
    {
        get
        {
            Assert.SkipWhen(Server.Value is null, "Azurite is not installed: 'make test' installs it, 'dotnet test' does not.");
            return Server.Value!.ConnectionString;
        }
    }

    /// <summary>Address of the account, without a slash at its end.</summary>
    public static string Endpoint => Server.Value?.Endpoint ?? "";

    /// <summary>A name that no other test of this process uses.</summary>
    public static string NewContainer() => $"test-{Environment.ProcessId}-{Interlocked.Increment(ref _containers)}";
}
