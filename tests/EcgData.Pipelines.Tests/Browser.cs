using System.Diagnostics;

namespace EcgData.Pipelines.Tests;

/// <summary>Opens a page as a reader does, and takes a picture of it.</summary>
internal static class Browser
{
    private const string Chromium = "/usr/bin/chromium";

    /// <param name="folder">Where the browser keeps what it keeps.</param>
    public static async Task PhotographAsync(string page, string picture, string folder, int width, int height)
    {
        Assert.True(File.Exists(Chromium), $"{Chromium} is missing. Install it: apt-get install chromium, or 'make test'.");
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", $"--user-data-dir={Path.Join(folder, "browser")}", $"--window-size={width},{height}", $"--screenshot={picture}",
            $"file://{page}",
        ];
        var start = new ProcessStartInfo(Chromium, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = folder;
        using var process = Process.Start(start)!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        Assert.True(File.Exists(picture), string.Join('\n', await said));
    }
}
