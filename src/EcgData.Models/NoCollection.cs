using System.Runtime;

namespace EcgData.Models;

/// <summary>
/// A stretch of work with tensors in which the runtime collects no garbage. TorchSharp hands a native scalar to an operation without keeping
/// its managed owner alive, even where a sum of two tensors makes the scalar 1 by itself: a collection in that moment frees the scalar under
/// the operation, which then fails with "Unknown scalar type" or computes with what lies there now. Between two such stretches nothing is in
/// use, and collections do no harm.
/// </summary>
/// <remarks>
/// Around a step, a batch, the making of a model. Stretches may lie in each other and side by side. Managed garbage beyond
/// <see cref="BudgetBytes"/> ends the protection, not the work; a step of the largest model makes less than a hundredth of it.
/// </remarks>
public sealed class NoCollection : IDisposable
{
    private const long BudgetBytes = 64 << 20;

    // Collected behind a stretch where there is more. The runtime takes each stretch for a collection that it has made, and makes none of its own
    // between them: a small run grew by half a megabyte a step, and its scalars, which only their finalizers free, with it.
    private const long GarbageBytes = 32 << 20;

    private static readonly Lock Gate = new();
    private static int _open;
    private static long _keptBytes;   // what the last collection of ours left

    private bool _closed;

    private NoCollection()
    {
    }

    public static NoCollection Begin()
    {
        lock (Gate)
        {
            if (_open++ == 0 && GCSettings.LatencyMode != GCLatencyMode.NoGCRegion) GC.TryStartNoGCRegion(BudgetBytes);
        }

        return new NoCollection();
    }

    public void Dispose()
    {
        if (_closed) return;
        _closed = true;
        lock (Gate)
        {
            if (--_open > 0 || GCSettings.LatencyMode != GCLatencyMode.NoGCRegion) return;
            try
            {
                GC.EndNoGCRegion();
            }
            catch (InvalidOperationException)
            {
                // More garbage than the budget: the runtime has ended the region by itself.
            }

            if (GC.GetTotalMemory(forceFullCollection: false) - _keptBytes < GarbageBytes) return;
            GC.Collect();
            _keptBytes = GC.GetTotalMemory(forceFullCollection: false);
        }
    }
}
