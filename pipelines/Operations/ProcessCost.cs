using System.Globalization;

namespace EcgData.Pipelines.Operations;

/// <summary>What the system has counted for this process. Null where it does not tell, as outside Linux.</summary>
internal static class ProcessCost
{
    /// <summary>rchar and wchar of proc(5), <c>/proc/pid/io</c>: bytes through read and write, from whatever cache they came; no sockets.</summary>
    public static (long? Read, long? Written) Bytes() => (Number("/proc/self/io", "rchar:"), Number("/proc/self/io", "wchar:"));

    /// <summary>VmHWM of proc(5), bytes.</summary>
    public static long? PeakMemory() => 1024 * Number("/proc/self/status", "VmHWM:");

    private static long? Number(string file, string key)
    {
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                if (!line.StartsWith(key, StringComparison.Ordinal)) continue;
                var value = line.AsSpan(key.Length).Trim();
                var end = value.IndexOf(' ');
                return long.Parse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;   // a container may hide it
        }

        return null;
    }
}
