using System.Diagnostics;
using System.Globalization;

namespace EcgData.Benchmarks;

/// <summary>A control group of Linux, of either version, whose processes share so much memory, page cache included.</summary>
internal sealed class MemoryLimit : IDisposable
{
    private readonly string _group;

    private MemoryLimit(string group) => _group = group;

    /// <returns>null where none can be made.</returns>
    public static MemoryLimit? TryCreate(long bytes)
    {
        foreach (var (root, file) in new[] { ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max") })
        {
            var group = Path.Join(root, $"ecgdata-bench-{Environment.ProcessId}");
            try
            {
                if (!Directory.Exists(root)) continue;
                Directory.CreateDirectory(group);
                if (File.Exists(Path.Join(group, file)))
                {
                    File.WriteAllText(Path.Join(group, file), bytes.ToString(CultureInfo.InvariantCulture));
                    return new MemoryLimit(group);
                }

                Directory.Delete(group);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The next kind, or none.
            }
        }

        return null;
    }

    /// <summary>The same process, begun inside the group.</summary>
    public ProcessStartInfo Wrap(ProcessStartInfo start) =>
        new("/bin/sh", ["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\"", _group, start.FileName, .. start.ArgumentList]) { RedirectStandardOutput = true };

    public void Dispose() => Directory.Delete(_group);
}
