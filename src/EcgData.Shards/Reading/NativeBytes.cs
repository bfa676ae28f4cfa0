using System.Runtime.InteropServices;

namespace EcgData.Shards.Reading;

/// <summary>Memory of the system that is used again and again: what the garbage collector neither clears, moves nor counts.</summary>
internal sealed unsafe class NativeBytes : IDisposable
{
    private const int Alignment = 64;   // a cache line, and the widest vector

    ~NativeBytes() => Free();

    public byte* Start { get; private set; }

    public long Capacity { get; private set; }

    /// <summary>Sees to room for so many bytes. What was there is lost where it had to grow, and new memory is zero.</summary>
    public void Require(long bytes)
    {
        if (bytes <= Capacity) return;
        Free();
        Start = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        Capacity = bytes;
        NativeMemory.Clear(Start, (nuint)bytes);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (Start is null) return;
        NativeMemory.AlignedFree(Start);
        Start = null;
        Capacity = 0;
    }
}
