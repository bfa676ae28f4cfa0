using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>
/// What an S4 layer derives from its stored tensors and keeps until they change: the constant basis G, and in evaluation the kernel.
/// Compared by bytes, since a checkpoint is read, or a teacher moved, by writing into the tensors in place.
/// </summary>
internal sealed class S4Kernel : IDisposable
{
    private (byte[] Source, long Length, ScalarType Type, string Device)? _basisOf;
    private (byte[] Source, Tensor Basis)? _kernelOf;
    private Tensor? _basis;
    private Tensor? _kernel;

    /// <param name="stored">C~, [c, width, N / 2, 2].</param>
    /// <param name="frozen">log Δ, w, B, P, Q.</param>
    /// <param name="tokens">Reference length of C~.</param>
    /// <param name="length">Lags wanted.</param>
    /// <returns>[width, c, length] of C~'s type, with its gradient; owned by the layer where no gradient is asked for, else by the caller.</returns>
    public Tensor Evaluate(Tensor stored, Tensor[] frozen, long tokens, long length, bool keep)
    {
        var basis = Basis(stored, frozen, tokens, length);
        if (!keep) return Product(stored, basis);
        var source = BytesOf([stored]);
        if (_kernel is null || _kernelOf is not { } of || !ReferenceEquals(of.Basis, basis) || !of.Source.AsSpan().SequenceEqual(source))
        {
            _kernel?.Dispose();
            _kernel = Product(stored, basis).DetachFromDisposeScope();
            _kernelOf = (source, basis);
        }

        return _kernel.alias();
    }

    public void Dispose()
    {
        _basis?.Dispose();
        _kernel?.Dispose();
        (_basis, _kernel, _basisOf, _kernelOf) = (null, null, null, null);
    }

    private Tensor Basis(Tensor stored, Tensor[] frozen, long tokens, long length)
    {
        var source = BytesOf(frozen);
        var (type, device) = (stored.dtype, stored.device.ToString());
        if (_basis is null || _basisOf is not { } of || of.Length != length || of.Type != type || of.Device != device
            || !of.Source.AsSpan().SequenceEqual(source))
        {
            using var noGradient = no_grad();
            using var space = new StateSpace(frozen[0], frozen[1], frozen[2], frozen[3], frozen[4]);
            using var exact = space.Basis(tokens, length);
            _basis?.Dispose();
            _basis = exact.to(type, stored.device, copy: true).DetachFromDisposeScope();
            _basisOf = (source, length, type, device);
        }

        return _basis;
    }

    private static Tensor Product(Tensor stored, Tensor basis)
    {
        using var scope = NewDisposeScope();
        var rows = stored.reshape(stored.shape[0], stored.shape[1], -1).transpose(0, 1);   // [width, c, N]
        return rows.matmul(basis).MoveToOuterDisposeScope();                              // [width, c, length]
    }

    private static byte[] BytesOf(Tensor[] tensors)
    {
        using var scope = NewDisposeScope();
        using var bytes = new MemoryStream();
        foreach (var item in tensors) bytes.Write(item.detach().cpu().contiguous().bytes);
        return bytes.ToArray();
    }
}
