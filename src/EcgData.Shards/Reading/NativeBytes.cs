using System.Runtime.InteropServices;

namespace EcgData.Shards.Reading;

/// <summary>A block of memory of the system: what the garbage collector neither clears, moves nor counts.</summary>
internal sealed unsafe class NativeBytes : IDisposable
{
    private const int Alignment = 64;   // a cache line, and the widest vector

    /// <param name="bytes">At least so many; all of them 0 where it is asked for.</param>
    public NativeBytes(long bytes, bool isCleared)
    {
        Capacity = Math.Max(1, bytes);
        Start = (byte*)NativeMemory.AlignedAlloc((nuint)Capacity, Alignment);
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
        if (Start is not null) NativeMemory.AlignedFree(Start);
        Start = null;
    }
}
