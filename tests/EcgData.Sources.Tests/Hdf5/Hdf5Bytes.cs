using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace EcgData.Tests.Hdf5;

/// <summary>
/// Writes HDF5 files as the C library does by default (superblock 0, object headers 1, contiguous layout 3), byte by byte after the
/// HDF5 file format specification 3.0, so that a header may also lie.
/// </summary>
internal static class Hdf5Bytes
{
    private const int TreeAt = 0x88;
    private const int HeapAt = TreeAt + 24 + (33 + 32) * 8;
    private const int HeapDataAt = HeapAt + 32;
    private const int HeapDataBytes = 88;
    private const int SymbolsAt = HeapDataAt + HeapDataBytes;
    private const int HeadersAt = SymbolsAt + 8 + 8 * 40;
    private const int HeaderBytes = 512;
    private const ulong Undefined = ulong.MaxValue;

    public static readonly byte[] Float32 = Float(0x1f, 4, exponentAt: 23, exponentBits: 8, mantissaBits: 23, bias: 127);
    public static readonly byte[] Float64 = Float(0x3f, 8, exponentAt: 52, exponentBits: 11, mantissaBits: 52, bias: 1023);
    public static readonly byte[] Int32 = Integer(4);
    public static readonly byte[] Int64 = Integer(8);

    /// <summary>A dataset; <paramref name="At"/> and <paramref name="Shape"/> are written as they are, true or not.</summary>
    public sealed record Dataset(string Name, byte[] Type, ulong[] Shape, byte[] Data, ulong? At = null);

    public static byte[] Of<T>(params ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();

    /// <param name="datasets">In the order of their names, 8 at most; all names together have room for 72 bytes.</param>
    /// <param name="treeChild">Where the root group's tree points instead of its symbols: a loop, or nowhere.</param>
    public static byte[] File(IReadOnlyList<Dataset> datasets, ulong? treeChild = null, byte treeLevel = 0)
    {
        var dataAt = (HeadersAt + datasets.Count * HeaderBytes + 63) / 64 * 64;
        var file = new byte[dataAt + datasets.Sum(dataset => dataset.Data.Length)];
        Superblock(file);
        var nameAt = 8;
        var lastName = 0;
        for (var i = 0; i < datasets.Count; i++)
        {
            var dataset = datasets[i];
            var headerAt = HeadersAt + i * HeaderBytes;
            Encoding.ASCII.GetBytes(dataset.Name).CopyTo(file, HeapDataAt + nameAt);
            var symbol = SymbolsAt + 8 + i * 40;
            Put(file, symbol, (ulong)nameAt);
            Put(file, symbol + 8, (ulong)headerAt);
            Header(file.AsSpan(headerAt, HeaderBytes), dataset, dataset.At ?? (ulong)dataAt);
            dataset.Data.CopyTo(file, dataAt);
            dataAt += dataset.Data.Length;
            lastName = nameAt;
            nameAt += (dataset.Name.Length + 8) / 8 * 8;
        }

        "TREE"u8.CopyTo(file.AsSpan(TreeAt));
        (file[TreeAt + 5], file[TreeAt + 6]) = (treeLevel, 1);
        Put(file, TreeAt + 8, Undefined);
        Put(file, TreeAt + 16, Undefined);
        Put(file, TreeAt + 32, treeChild ?? SymbolsAt);
        Put(file, TreeAt + 40, (ulong)lastName);
        "HEAP"u8.CopyTo(file.AsSpan(HeapAt));
        Put(file, HeapAt + 8, HeapDataBytes);
        Put(file, HeapAt + 16, 1);   // no free block
        Put(file, HeapAt + 24, HeapDataAt);
        "SNOD"u8.CopyTo(file.AsSpan(SymbolsAt));
        (file[SymbolsAt + 4], file[SymbolsAt + 6]) = (1, (byte)datasets.Count);
        return file;
    }

    public static ulong Tree => TreeAt;

    private static void Superblock(byte[] file)
    {
        ((ReadOnlySpan<byte>)[0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]).CopyTo(file);
        (file[13], file[14], file[16], file[18]) = (8, 8, 4, 16);
        Put(file, 32, Undefined);
        Put(file, 40, (ulong)file.Length);
        Put(file, 48, Undefined);
        Put(file, 64, 0x60);
        file[72] = 1;
        Put(file, 80, TreeAt);
        Put(file, 88, HeapAt);
        (file[0x60], file[0x62], file[0x64], file[0x68]) = (1, 1, 1, 24);
        (file[0x70], file[0x72]) = (0x11, 16);
        Put(file, 0x78, TreeAt);
        Put(file, 0x80, HeapAt);
    }

    private static void Header(Span<byte> header, Dataset dataset, ulong at)
    {
        byte[] space = [1, (byte)dataset.Shape.Length, 0, 0, 0, 0, 0, 0, .. dataset.Shape.SelectMany(BitConverter.GetBytes)];
        byte[] fill = [2, 2, 2, 1, 0, 0, 0, 0];
        byte[] layout = [3, 1, .. BitConverter.GetBytes(at), .. BitConverter.GetBytes((ulong)dataset.Data.Length), 0, 0, 0, 0, 0, 0];
        byte[] messages = [.. Message(1, space), .. Message(3, dataset.Type), .. Message(5, fill), .. Message(8, layout)];
        (header[0], header[2], header[4]) = (1, 4, 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], messages.Length);
        messages.CopyTo(header[16..]);
    }

    private static byte[] Message(byte type, byte[] body) => [type, 0, (byte)body.Length, 0, 0, 0, 0, 0, .. body];

    private static byte[] Float(byte sign, byte size, byte exponentAt, byte exponentBits, byte mantissaBits, int bias) =>
        [0x11, 0x20, sign, 0, size, 0, 0, 0, 0, 0, (byte)(size * 8), 0, exponentAt, exponentBits, 0, mantissaBits,
            .. BitConverter.GetBytes(bias), 0, 0, 0, 0];

    private static byte[] Integer(byte size) => [0x10, 8, 0, 0, size, 0, 0, 0, 0, 0, (byte)(size * 8), 0, 0, 0, 0, 0];

    private static void Put(byte[] file, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
}
