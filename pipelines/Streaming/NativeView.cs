using System.Buffers;

namespace EcgData.Pipelines.Streaming;

/// <summary>A stretch of native memory as <see cref="Memory{T}"/>; shows another stretch after <see cref="Show"/>, and nothing once disposed.</summary>
internal sealed unsafe class NativeView<T> : MemoryManager<T>
    where T : unmanaged
{
    private T* _values;
    private int _length;

    public void Show(T* values, int length)
    {
        _values = values;
        _length = length;
    }

    public override Span<T> GetSpan() => new(_values, _length);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length);
        return new MemoryHandle(_values + elementIndex);   // native memory does not move
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => Show(null, 0);
}
