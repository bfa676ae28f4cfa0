using System.Runtime.InteropServices;

namespace EcgData.Models;

/// <summary>
/// Keeps the memory of freed tensors in the process. The C library gives blocks of over 32 MB back to the system at once and takes
/// fresh ones, page by page, for the next tensor; a training step of 64 crops frees and takes 2 GB that way, half a million pages.
/// </summary>
/// <remarks>
/// Measured on two encoder steps of 64 crops and what starts the process: 4.4 s of system time without, 1.2 s with, of 18 s of
/// processor time in all. The process then holds what its largest step needed. Acts on glibc; on other systems nothing happens. mallopt(3), M_MMAP_MAX and M_TRIM_THRESHOLD.
/// </remarks>
public static partial class FreedMemory
{
    private const int TrimThreshold = -1;
    private const int MmapMost = -4;
    private const int Never = -1;

    /// <summary>Call once, before the first tensor of a training process.</summary>
    /// <returns>Whether the C library took it.</returns>
    public static bool Keep()
    {
        try
        {
            return SetOption(MmapMost, 0) != 0 && SetOption(TrimThreshold, Never) != 0;
        }
        catch (Exception absent) when (absent is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
