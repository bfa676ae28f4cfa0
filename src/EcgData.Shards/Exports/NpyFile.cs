using System.Runtime.InteropServices;
using System.Text;

namespace EcgData.Shards.Exports;

/// <summary>A NumPy array on disk, written row by row.</summary>
/// <remarks>NumPy, "NPY format", version 1.0: magic, length of the header, a Python dictionary padded to 64 bytes, then the values, row-major.</remarks>
internal sealed class NpyFile : IDisposable
{
    private const int Alignment = 64;

    private readonly HashedFile _file;
    private readonly string _path;
    private readonly long _expected;

    /// <param name="type">NumPy's name of the number, <c>&lt;i2</c>.</param>
    public NpyFile(string path, string type, long[] shape)
    {
        (_path, _file) = (path, new HashedFile(path));
        var text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({string.Join(", ", shape)}{(shape.Length == 1 ? "," : "")}), }}";
        var prefix = 10 + text.Length + 1;
        var header = text + new string(' ', -prefix & (Alignment - 1)) + "\n";
        _file.Write([0x93, .. "NUMPY"u8, 1, 0]);
        _file.Write([(byte)header.Length, (byte)(header.Length >> 8)]);
        _file.Write(Encoding.ASCII.GetBytes(header));
        _expected = _file.Length + shape.Aggregate(type[^1] - '0', (long bytes, long axis) => bytes * axis);
    }

    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged => _file.Write(MemoryMarshal.AsBytes(values));

    /// <exception cref="InvalidOperationException">Other than the header's number of values were written.</exception>
    public ExportedFile Finish(long rows) => _file.Length == _expected
        ? _file.Finish(rows)
        : throw new InvalidOperationException($"{_path}: {_file.Length} bytes were written, its header speaks of {_expected}. Nothing is exported.");

    public void Dispose() => _file.Dispose();
}
