using System.Diagnostics;

namespace EcgData.Benchmarks;

/// <summary>A finished process as its user sees it: wall clock from start to exit, and the largest memory that it held.</summary>
/// <param name="Seconds">From before the start to after the exit.</param>
/// <param name="PeakMemoryBytes">Largest resident memory of the process itself, seen at most 10 ms late.</param>
/// <param name="ProcessorSeconds">Of all its threads, seen at most 10 ms late: what a busy machine does not change much.</param>
internal sealed record MeasuredProcess(double Seconds, long PeakMemoryBytes, double ProcessorSeconds)
{
    /// <exception cref="InvalidOperationException">The process did not exit with 0; its last lines are in the message.</exception>
    public static MeasuredProcess Run(string file, params IReadOnlyList<string> arguments) => Run(new ProcessStartInfo(file, arguments));

    /// <inheritdoc cref="Run(string, IReadOnlyList{string})"/>
    public static MeasuredProcess Run(ProcessStartInfo start) => Run(start, out _);

    /// <inheritdoc cref="Run(string, IReadOnlyList{string})"/>
    /// <param name="printed">What the process wrote to standard output.</param>
    public static MeasuredProcess Run(ProcessStartInfo start, out string printed)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        long peak = 0;
        double processor = 0;
        do
        {
            peak = Math.Max(peak, HighWaterMark(process.Id)); // the kernel's own mark, so only growth in the last 10 ms is missed
            processor = Math.Max(processor, ProcessorTime(process.Id));
        }
        while (!process.WaitForExit(10));
        var seconds = clock.Elapsed.TotalSeconds;
        process.WaitForExit();
        printed = output.Result;
        if (process.ExitCode == 0) return new MeasuredProcess(seconds, peak, processor);
        throw new InvalidOperationException(
            $"{start.FileName} {string.Join(' ', start.ArgumentList)}: exit code {process.ExitCode}; expected 0.\n{printed}\n{errors.Result}");
    }

    /// <summary>VmHWM of /proc/PID/status in bytes; 0 once the process is gone.</summary>
    public static long HighWaterMark(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim()) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>User and system time of /proc/PID/stat in seconds, of which the kernel counts a hundred a second; 0 once the process is gone.</summary>
    private static double ProcessorTime(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');   // behind the name, which may hold anything
            return (long.Parse(fields[11]) + long.Parse(fields[12])) / 100.0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
