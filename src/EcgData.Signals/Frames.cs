using System.Runtime.InteropServices;

namespace EcgData.Signals;

/// <summary>
/// The samples of a record, one frame per instant: float[samples, 16] in millivolt, NaN where a sample is missing.
/// </summary>
/// <remarks>
/// Lane l of a frame is <see cref="Lead"/> l; lanes 12 to 15 are padding and stay 0. A frame is one 512-bit vector: the
/// sources interleave their leads in the same way, and a sum over time runs in the same order in every lane whatever the
/// vector width of the machine, so the same bits come out everywhere. The memory is native, aligned to 64 bytes and pooled.
/// </remarks>
public sealed unsafe class Frames : IDisposable
{
    public const int Lanes = 16;

    /// <summary>The most frames that fit: their bytes are counted in an int.</summary>
    internal const int LargestCount = int.MaxValue / Lanes / sizeof(float);

    private float* _values;

    private Frames(float* values, int capacity, int count)
    {
        _values = values;
        Capacity = capacity;
        Count = count;
    }

    ~Frames() => Release();

    /// <summary>Samples per lead.</summary>
    public int Count { get; }

    /// <summary>Bytes of memory held.</summary>
    public long SizeBytes => (long)Capacity * Lanes * sizeof(float);

    internal int Capacity { get; }

    /// <summary>float[Count · 16], frame by frame.</summary>
    public Span<float> Values => _values is null
        ? throw new ObjectDisposedException(nameof(Frames))
        : new Span<float>(_values, checked(Count * Lanes));

    /// <summary>float[16]: the frame at <paramref name="index"/>.</summary>
    public Span<float> this[int index] => Values.Slice(index * Lanes, Lanes);

    /// <summary>Memory for <paramref name="count"/> frames; the values are undefined.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 128 Mi values: far beyond a day of ECG at 500 Hz.</exception>
    public static Frames Rent(int count) => Rent(count, spare: 0);

    /// <param name="spare">Frames of memory behind the last one that a kernel may overwrite.</param>
    internal static Frames Rent(int count, int spare)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, LargestCount);
        var (memory, capacity) = FramePool.Rent(count + spare);
        return new Frames((float*)memory, capacity, count);
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_values is null) return;
        FramePool.Return((nint)_values, Capacity);
        _values = null;
    }

    /// <summary>
    /// Free blocks by core and power of two, a few of each: what is beyond goes back to the system. What a core used last may
    /// still lie in its cache; what another used must come from there, line by line.
    /// </summary>
    private static class FramePool
    {
        private const int SmallestExponent = 10;
        private const int LargestPooledExponent = 16;   // 65,536 frames = 4 MiB; longer records are rare
        private const int KeptPerSize = 4;

        private static readonly Stack<nint>[][] Free = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(
            _ => Enumerable.Range(SmallestExponent, LargestPooledExponent - SmallestExponent + 1).Select(_ => new Stack<nint>()).ToArray())];

        public static (nint Memory, int Capacity) Rent(int count)
        {
            var exponent = Math.Max(SmallestExponent, 32 - int.LeadingZeroCount(Math.Max(count, 1) - 1));
            if (exponent > LargestPooledExponent)
                return ((nint)NativeMemory.AlignedAlloc((nuint)count * Lanes * sizeof(float), 64), count);
            var free = FreeHere(exponent);
            lock (free)
            {
                if (free.TryPop(out var block)) return (block, 1 << exponent);
            }

            return ((nint)NativeMemory.AlignedAlloc((nuint)1 << exponent << 6, 64), 1 << exponent);
        }

        public static void Return(nint block, int capacity)
        {
            var exponent = int.TrailingZeroCount(capacity);
            if (int.IsPow2(capacity) && exponent is >= SmallestExponent and <= LargestPooledExponent)
            {
                var free = FreeHere(exponent);
                lock (free)
                {
                    if (free.Count < KeptPerSize)
                    {
                        free.Push(block);
                        return;
                    }
                }
            }

            NativeMemory.AlignedFree((void*)block);
        }

        private static Stack<nint> FreeHere(int exponent) =>
            Free[Thread.GetCurrentProcessorId() % Free.Length][exponent - SmallestExponent];
    }
}
