using System.Runtime.InteropServices;

namespace EcgData.Shards.Reading;

/// <summary>A block of memory of the system: what the garbage collector neither clears, moves nor counts.</summary>
internal sealed unsafe class NativeBytes : IDisposable
{
    private const int Alignment = 64;   // a cache line, and the widest vector

    // Not AlignedAlloc: up to 2.37 the C library asks for more than it hands out, so what was freed never fits the next block of the same
    // size, and every epoch took 12 MiB more.
    private void* _allocation;

    /// <param name="bytes">At least so many; all of them 0 where it is asked for.</param>
    public NativeBytes(long bytes, bool isCleared)
    {
        Capacity = Math.Max(1, bytes);
        _allocation = NativeMemory.Alloc((nuint)Capacity + Alignment);
        Start = (byte*)(((nuint)_allocation + Alignment - 1) / Alignment * Alignment);
        if (isCleared) NativeMemory.Clear(Start, (nuint)Capacity);
    }

    ~NativeBytes() => Free();

    public byte* Start { get; private set; }

    public long Capacity { get; }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_allocation);   // null is nothing
        _allocation = null;
        Start = null;
    }
}
