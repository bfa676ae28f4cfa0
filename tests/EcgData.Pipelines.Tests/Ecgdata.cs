using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace EcgData.Pipelines.Tests;

/// <summary>The program as its users run it: a process of its own, its two outputs caught apart.</summary>
/// <param name="caches">XDG_CACHE_HOME of every run, so that no test learns what another has read.</param>
/// <param name="program">Which one; <see cref="Path"/> if none is given.</param>
internal sealed class Ecgdata(string caches, string? program = null)
{
    /// <summary>Beyond it the program hangs: no run of the tests takes a tenth of it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>The program with a runtime. It lies beside the tests, whose project references it.</summary>
    public static string Managed { get; } = System.IO.Path.Join(AppContext.BaseDirectory, "ecgdata");

    /// <summary>The published program, if the tests are run on it (<c>make test</c> does), or null.</summary>
    public static string? Published { get; } = Environment.GetEnvironmentVariable("ECGDATA_PROGRAM");

    /// <summary>What is tested.</summary>
    public static string Path => Published ?? Managed;

    private readonly string _program = program ?? Path;

    /// <summary>Takes its own place by a program that INT interrupts, even where the tests run in the background of a shell, which has it ignored.</summary>
    public const string Interruptible = "/usr/bin/env";

    public const string InterruptibleOption = "--default-signal=INT";

    public Outcome Run(params string[] arguments) => Run([], arguments);

    public Outcome Run(IReadOnlyList<(string Name, string Value)> environment, params string[] arguments)
    {
        using var running = Start(environment, arguments);
        return running.Finish();
    }

    public RunningEcgdata Start(params string[] arguments) => Start([], arguments);

    public RunningEcgdata Start(IReadOnlyList<(string Name, string Value)> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Interruptible, [InterruptibleOption, _program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_CACHE_HOME"] = caches;
        if (_program == Managed) start.Environment["DOTNET_TieredCompilation"] = "1";   // not compiled ahead of time: without, each start costs half a second
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new RunningEcgdata(Process.Start(start)!, Patience);
    }
}

/// <summary>A run that has not ended yet.</summary>
internal sealed partial class RunningEcgdata : IDisposable
{
    private readonly Process _process;
    private readonly TimeSpan _patience;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    public RunningEcgdata(Process process, TimeSpan patience)
    {
        (_process, _patience) = (process, patience);
        process.StandardInput.Close();
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    public int Id => _process.Id;

    /// <summary>Sends INT, TERM, KILL, STOP or CONT: at once, where a program that does it would come late to a fast build on a busy machine.</summary>
    public void Signal(string name) =>
        Assert.Equal(0, Kill(_process.Id, name switch { "INT" => 2, "TERM" => 15, "KILL" => 9, "CONT" => 18, "STOP" => 19, _ => throw new ArgumentException(name) }));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    /// <summary>kill -9, at once; nothing happens where the process has ended.</summary>
    public void Kill() => _process.Kill();

    /// <returns>Whether the process ended before the time was over.</returns>
    public bool EndsWithin(TimeSpan time) => _process.WaitForExit(time);

    public Outcome Finish()
    {
        var (clock, peak) = (Stopwatch.StartNew(), 0L);
        do
        {
            peak = Math.Max(peak, HighWaterMark(_process.Id));
            if (clock.Elapsed <= _patience) continue;
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"{string.Join(' ', _process.StartInfo.ArgumentList)}: still running after {_patience}.\n{_errors.Result}");
        }
        while (!_process.WaitForExit(10));
        _process.WaitForExit();
        return new Outcome(string.Join(' ', _process.StartInfo.ArgumentList), _process.ExitCode, _output.Result, _errors.Result, peak);
    }

    /// <summary>VmHWM of /proc/PID/status, bytes; 0 once the process is gone. The kernel's own mark: only the last 10 ms are missed.</summary>
    private static long HighWaterMark(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line["VmHWM:".Length..^"kB".Length]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

/// <summary>How a run ended.</summary>
internal sealed record Outcome(string Command, int ExitCode, string Output, string Errors, long PeakMemoryBytes)
{
    /// <summary>The one JSON document that standard output holds.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>The sentence for which the run ended: one line, <c>ecgdata: …</c>, and no stack trace.</summary>
    public string Complaint
    {
        get
        {
            Assert.DoesNotContain("   at ", Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", Errors, StringComparison.Ordinal);
            return Assert.Single(Errors.Split('\n'), line => line.StartsWith("ecgdata: ", StringComparison.Ordinal));
        }
    }

    public Outcome EndsWith(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"{Command}: exit code {ExitCode}, expected {exitCode}.\n{Output}\n{Errors}");
        return this;
    }

    /// <summary>The version that a build with <c>--json</c> made.</summary>
    public string Version => Json.GetProperty("version").GetString()!;
}
