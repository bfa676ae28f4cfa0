using EcgData.Shards.Reading;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Training;

/// <summary>
/// Batches of a reader as tensors. One tensor on the processor is filled again and again: 1.8 MB at 64 crops, 0.2 ms of a step that takes
/// hundreds. A tensor over the reader's own memory would save that, and would show another batch's crops to whoever keeps it a step too long.
/// </summary>
/// <param name="batch">Crops at most.</param>
/// <param name="device">Where the tensors are wanted.</param>
public sealed class BatchTensors(int batch, int leads, int samples, Device device) : IDisposable
{
    private readonly Tensor _millivolt = zeros(batch, leads, samples).DetachFromDisposeScope();

    /// <returns>
    /// float[count, leads, samples] in millivolt on the device; absent leads are 0. Owned by the caller, and on the processor good until the next call.
    /// </returns>
    public Tensor Millivolt(CropBatch crops)
    {
        using var scope = NewDisposeScope();
        var view = _millivolt.narrow(0, 0, crops.Count);
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(crops.Millivolt).CopyTo(view.bytes);
        return view.to(device).MoveToOuterDisposeScope();
    }

    public void Dispose() => _millivolt.Dispose();
}
