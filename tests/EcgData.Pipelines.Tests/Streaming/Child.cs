using System.Diagnostics;

namespace EcgData.Pipelines.Tests.Streaming;

/// <summary>A process whose standard output is bytes, read when and as far as the test wants: the test is the pipe's other end.</summary>
internal sealed class Child : IDisposable
{
    /// <summary>Beyond it the process hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> _errors;

    private Child(Process process, string? awaited)
    {
        _process = process;
        _errors = ReadErrorsAsync(awaited);
    }

    public int Id => _process.Id;

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    public static string Example(string path) => Path.Join(Repository.Root, "pipelines/examples", path);

    /// <summary>The program.</summary>
    /// <param name="awaited">What <see cref="Said"/> waits for on standard error.</param>
    public static Child Ecgdata(string? awaited, params string[] arguments) =>
        Start(Pipelines.Tests.Ecgdata.Path, awaited, [("DOTNET_TieredCompilation", "1")], arguments);

    /// <summary>Debian's own Python, which has Debian's numpy and torch.</summary>
    public static Child Python(params string[] arguments)
    {
        RequireDebian("numpy");
        RequireDebian("torch");
        return Start("/usr/bin/python3", null, [("PYTHONDONTWRITEBYTECODE", "1")], arguments);
    }

    public static Child Node(params string[] arguments)
    {
        var modules = Path.Join(Repository.Root, "tests/EcgData.Pipelines.Tests/arrow/node_modules");
        Assert.SkipUnless(Directory.Exists(modules), "apache-arrow is not installed; 'make test' installs it.");
        return Start("node", null, [("NODE_PATH", modules)], arguments);
    }

    public static void RequireDebian(string package) => Assert.SkipUnless(
        Directory.Exists($"/usr/lib/python3/dist-packages/{package}"), $"python3-{package} is not installed; 'make test' installs it.");

    /// <summary>Done once the awaited text has come, with its line.</summary>
    public Task<string> Said => _said.Task.WaitAsync(Patience);

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>The rest of standard output.</summary>
    public async Task<byte[]> ReadAsync()
    {
        using var memory = new MemoryStream();
        await Output.CopyToAsync(memory);
        return memory.ToArray();
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>What came on standard error.</returns>
    public async Task<string> EndsWithAsync(int exitCode)
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        var errors = await _errors;
        Assert.True(_process.ExitCode == exitCode, $"{string.Join(' ', _process.StartInfo.ArgumentList)}: exit code {_process.ExitCode}, expected {exitCode}.\n{errors}");
        return errors;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static Child Start(string file, string? awaited, IEnumerable<(string Name, string Value)> environment, string[] arguments)
    {
        var start = new ProcessStartInfo(Pipelines.Tests.Ecgdata.Interruptible, [Pipelines.Tests.Ecgdata.InterruptibleOption, file, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new Child(Process.Start(start)!, awaited);
    }

    private async Task<string> ReadErrorsAsync(string? awaited)
    {
        var lines = new List<string>();
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (awaited is not null && line.Contains(awaited, StringComparison.Ordinal)) _said.TrySetResult(line);
        }

        _said.TrySetException(new InvalidOperationException($"'{awaited}' was never said:\n{string.Join('\n', lines)}"));
        _ = _said.Task.Exception;
        return string.Join('\n', lines);
    }
}
