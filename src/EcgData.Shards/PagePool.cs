using System.Runtime.InteropServices;

namespace EcgData.Shards;

/// <summary>
/// Native memory for encoded segments, in steps of 4 KiB: a 10 s segment takes 31 KiB, and the next power of two would double
/// what a shard in the making holds.
/// </summary>
internal static unsafe class PagePool
{
    private const int Step = 4096;
    private const int LargestPooledSteps = 32;
    private const long KeptBytes = 256L << 20;   // the segments of two shards in the making; what is beyond goes back to the system

    private static readonly Stack<nint>[] Free = [.. Enumerable.Range(0, LargestPooledSteps + 1).Select(_ => new Stack<nint>())];
    private static long _kept;

    /// <summary>At least <paramref name="bytes"/>, undefined.</summary>
    public static (nint Memory, int Capacity) Rent(int bytes)
    {
        var steps = Math.Max(1, (int)(((long)bytes + Step - 1) / Step));
        var capacity = checked(steps * Step);
        if (steps <= LargestPooledSteps)
        {
            var free = Free[steps];
            lock (free)
            {
                if (free.TryPop(out var block))
                {
                    Interlocked.Add(ref _kept, -capacity);
                    return (block, capacity);
                }
            }
        }

        return ((nint)NativeMemory.Alloc((nuint)capacity), capacity);
    }

    public static void Return(nint block, int capacity)
    {
        var steps = capacity / Step;
        if (steps <= LargestPooledSteps && Interlocked.Add(ref _kept, capacity) <= KeptBytes)
        {
            var free = Free[steps];
            lock (free) free.Push(block);
            return;
        }

        if (steps <= LargestPooledSteps) Interlocked.Add(ref _kept, -capacity);
        NativeMemory.Free((void*)block);
    }
}
