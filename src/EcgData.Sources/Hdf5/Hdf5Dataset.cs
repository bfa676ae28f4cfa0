using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EcgData.Signals;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;

namespace EcgData.Sources.Hdf5;

/// <summary>The element types that ECG sources use.</summary>
internal enum Hdf5Element
{
    Float16, Float32, Float64, Int32, Int64,
}

/// <summary>
/// A dataset that is read row by row, a row being all elements of one index of its first axis. Shape, type and layout are checked
/// before any value is read, and no memory is taken by what they claim. For one thread at a time.
/// </summary>
/// <remarks>
/// A contiguous dataset is read past the library, which walks it in steps of the last axis (86 MB/s for 4,096 x 12 float32). It does
/// not say where the values begin, but the stream below it sees where it reads an element: the first and the last are read through
/// the library, and only if both stand where C order puts them with the same bytes, rows are read directly (1 GB/s). A chunked dataset
/// keeps the chunks that one row touches, so rows in file order inflate every chunk once. One claim is the library's to believe: the
/// stored size of a compressed chunk, for which it takes an array of up to 2 GiB before the stream refuses to fill it. The pages
/// of that array are never touched, and where even that is too much, the exception is a rejection like any other.
/// </remarks>
internal sealed class Hdf5Dataset
{
    /// <summary>The most that one row, or all chunks that a row touches, may take.</summary>
    public const int MaximumChunkBytes = 64 << 20;

    // Deflate makes at most 1,032 bytes of one; a header that claims more rows than that cannot be true.
    private const int LargestInflation = 1_100;

    private readonly string _where;
    private readonly MeteredStream _stream;
    private readonly NativeDataset _dataset;
    private readonly H5DatasetAccess _access;
    private readonly long[] _shape;
    private readonly long? _directStart;

    /// <exception cref="RecordException">A shape, type or layout that is not read.</exception>
    internal Hdf5Dataset(string where, MeteredStream stream, NativeDataset dataset)
    {
        (_where, _stream, _dataset) = (where, stream, dataset);
        _shape = [.. dataset.Space.Dimensions.Select(extent => checked((long)extent))];
        Element = ElementOf(dataset.Type);
        if (_shape.Length == 0 || _shape.Contains(0)) throw Unsupported($"{ShapeText} elements", "at least one row");
        if (ProductUpTo(_shape.AsSpan(1), MaximumChunkBytes / ElementBytes) is not { } elements)
            throw Unsupported($"shape {ShapeText}", $"rows of at most {MaximumChunkBytes} bytes");
        RowElements = (int)elements;
        if (Rows > stream.Length * LargestInflation / RowBytes)
            throw Unsupported($"shape {ShapeText} in a file of {stream.Length} bytes", "no more rows than the file can hold");

        switch (dataset.Layout.Class)
        {
            case H5DataLayoutClass.Contiguous:
                _directStart = FindValues();
                break;
            case H5DataLayoutClass.Chunked:
                _access = new H5DatasetAccess(ChunkCache: ChunkCacheOf(dataset.Layout.Chunks));
                break;
            case H5DataLayoutClass.Compact:
                break;
            default:
                throw Unsupported($"layout {dataset.Layout.Class}", "contiguous, compact or chunked storage in the file itself");
        }
    }

    /// <summary>Extents, the first one is the number of rows.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    public string ShapeText => $"({string.Join(", ", _shape)})";

    public Hdf5Element Element { get; }

    public long Rows => _shape[0];

    /// <summary>Elements of a row.</summary>
    public int RowElements { get; }

    /// <summary>True where rows are read past the library, straight from their place in the file.</summary>
    public bool IsDirect => _directStart is not null;

    private int ElementBytes => Element switch { Hdf5Element.Float16 => 2, Hdf5Element.Float32 or Hdf5Element.Int32 => 4, _ => 8 };

    private int RowBytes => RowElements * ElementBytes;

    /// <summary>Reads a row of a floating-point dataset.</summary>
    /// <param name="destination">float[<see cref="RowElements"/>]; a float64 beyond float32 becomes infinite.</param>
    /// <exception cref="RecordException">The row is not there, or its chunk cannot be decoded.</exception>
    public void ReadRow(long row, Span<float> destination)
    {
        if (Element is Hdf5Element.Int32 or Hdf5Element.Int64) throw Unsupported($"type {Element}", "a floating-point type");
        if (row < 0 || row >= Rows)
            throw new RecordException(
                RejectionReason.Truncated, $"{_where}: row {row} was asked for, but there are {Rows}. Read the catalogue again.");
        destination = destination[..RowElements];
        var bytes = Element == Hdf5Element.Float32 ? null : ArrayPool<byte>.Shared.Rent(RowBytes);
        try
        {
            var raw = bytes is null ? MemoryMarshal.AsBytes(destination) : bytes.AsSpan(0, RowBytes);
            ReadBytes(row, 1, raw);
            if (Element == Hdf5Element.Float16) Widen(MemoryMarshal.Cast<byte, Half>(raw), destination);
            else if (Element == Hdf5Element.Float64) Narrow(MemoryMarshal.Cast<byte, double>(raw), destination);
        }
        finally
        {
            if (bytes is not null) ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>All values of a one-dimensional integer dataset.</summary>
    /// <param name="maximumCount">What the caller has room for.</param>
    /// <exception cref="RecordException">Not one axis, not integers, more than the maximum, or not readable.</exception>
    public long[] ReadIntegers(int maximumCount)
    {
        if (_shape.Length != 1 || Element is not (Hdf5Element.Int32 or Hdf5Element.Int64))
            throw Unsupported($"type {Element}, shape {ShapeText}", "one axis of 32- or 64-bit integers");
        if (Rows > maximumCount) throw Unsupported($"{Rows} values", $"at most {maximumCount}");
        if (IsDirect && Rows * ElementBytes > _stream.Length - _directStart) throw Truncated($"{Rows} values");
        var values = new long[Rows];
        if (Element == Hdf5Element.Int64)
        {
            ReadBytes(0, values.Length, MemoryMarshal.AsBytes(values.AsSpan()));
            return values;
        }

        var narrow = new int[values.Length];
        ReadBytes(0, narrow.Length, MemoryMarshal.AsBytes(narrow.AsSpan()));
        for (var i = 0; i < values.Length; i++) values[i] = narrow[i];
        return values;
    }

    private void ReadBytes(long row, int rows, Span<byte> destination)
    {
        if (_directStart is { } start)
        {
            try
            {
                _stream.ReadDirectly(destination, start + row * RowBytes);
            }
            catch (EndOfStreamException)
            {
                throw Truncated($"row {row} of {Rows}");
            }
            catch (IOException e)
            {
                throw new RecordException(RejectionReason.Unreadable, $"{_where}, row {row}: {e.Message}", e);
            }
        }
        else
        {
            ReadThroughLibrary(row, rows, destination);
        }
    }

    private unsafe void ReadThroughLibrary(long row, int rows, Span<byte> destination)
    {
        var starts = new ulong[_shape.Length];
        var blocks = Array.ConvertAll(_shape, extent => (ulong)extent);
        (starts[0], blocks[0]) = ((ulong)row, (ulong)rows);
        fixed (byte* first = destination)
        {
            var (place, length) = ((nint)first, destination.Length);   // a lambda takes no span
            Hdf5File.Guard($"{_where}, row {row}", _stream, () =>
            {
                ReadSelection(new HyperslabSelection(_shape.Length, starts, blocks), new Span<byte>((void*)place, length));
                return true;
            });
        }
    }

    private void ReadSelection(HyperslabSelection selection, Span<byte> destination)
    {
        switch (Element)
        {
            case Hdf5Element.Float16:
                _dataset.Read(_access, MemoryMarshal.Cast<byte, Half>(destination), selection);
                break;
            case Hdf5Element.Float32:
                _dataset.Read(_access, MemoryMarshal.Cast<byte, float>(destination), selection);
                break;
            case Hdf5Element.Float64:
                _dataset.Read(_access, MemoryMarshal.Cast<byte, double>(destination), selection);
                break;
            case Hdf5Element.Int32:
                _dataset.Read(_access, MemoryMarshal.Cast<byte, int>(destination), selection);
                break;
            default:
                _dataset.Read(_access, MemoryMarshal.Cast<byte, long>(destination), selection);
                break;
        }
    }

    /// <summary>Where the values of a contiguous dataset begin, or null where the library decodes them to other bytes.</summary>
    private long? FindValues()
    {
        var (start, same) = Probe(0);
        if (start < 0)
            throw Unsupported("values that are not in this file", "contiguous storage in the file itself");
        var last = ProductUpTo(_shape, long.MaxValue / ElementBytes) is { } elements ? elements - 1 : 0;
        if (!same || last == 0 || start + (last + 1) * ElementBytes > _stream.Length) return same ? start : null;
        var (place, alsoSame) = Probe(last);
        return alsoSame && place == start + last * ElementBytes ? start : null;
    }

    /// <summary>Reads one element through the library and looks where it was read, -1 where nothing was.</summary>
    private (long Place, bool SameBytes) Probe(long element)
    {
        var starts = new ulong[_shape.Length];
        var blocks = Enumerable.Repeat(1UL, _shape.Length).ToArray();
        for (var axis = _shape.Length - 1; axis >= 0; axis--)
        {
            starts[axis] = (ulong)(element % _shape[axis]);
            element /= _shape[axis];
        }

        Span<byte> bytes = stackalloc byte[2 * sizeof(double)];
        var decoded = bytes[..ElementBytes];
        var stored = bytes.Slice(sizeof(double), ElementBytes);
        _stream.BeginOperation();
        ReadSelection(new HyperslabSelection(_shape.Length, starts, blocks), decoded);
        if (_stream.LastReadLength != ElementBytes) return (-1, false);
        var place = _stream.LastReadStart;
        _stream.ReadDirectly(stored, place);
        return (place, decoded.SequenceEqual(stored));
    }

    private SimpleReadingChunkCache ChunkCacheOf(ulong[]? extents)
    {
        if (extents is null || extents.Length != _shape.Length || extents.Contains(0UL) || extents.Any(extent => extent > int.MaxValue))
            throw Unsupported($"chunks of ({string.Join(", ", extents ?? [])})", $"chunks with the axes of {ShapeText}");
        var chunk = Array.ConvertAll(extents, extent => (long)extent);
        var perRow = chunk.Select((extent, axis) => axis == 0 ? 1 : (_shape[axis] + extent - 1) / extent).ToArray();
        return ProductUpTo([.. chunk, .. perRow], MaximumChunkBytes / ElementBytes) is { } elements
            ? new SimpleReadingChunkCache((int)ProductUpTo(perRow, int.MaxValue)!.Value + 1, (ulong)(elements * ElementBytes))
            : throw Unsupported(
                $"chunks of ({string.Join(", ", chunk)})", $"at most {MaximumChunkBytes} bytes of chunks per row; repack the file");
    }

    private Hdf5Element ElementOf(IH5DataType type) => (type.Class, type.Size) switch
    {
        (H5DataTypeClass.FloatingPoint, 2) => Hdf5Element.Float16,
        (H5DataTypeClass.FloatingPoint, 4) => Hdf5Element.Float32,
        (H5DataTypeClass.FloatingPoint, 8) => Hdf5Element.Float64,
        (H5DataTypeClass.FixedPoint, 4) => Hdf5Element.Int32,
        (H5DataTypeClass.FixedPoint, 8) => Hdf5Element.Int64,
        _ => throw Unsupported($"type {type.Class} of {type.Size} bytes", "float16, float32, float64, int32 or int64"),
    };

    private RecordException Unsupported(string found, string expected) => new(
        RejectionReason.UnsupportedFormat,
        $"{_where}: {found}; expected {expected}. Compare with the published file.");

    private RecordException Truncated(string asked) => new(
        RejectionReason.Truncated,
        $"{_where}: {asked} would end behind the file's {_stream.Length} bytes. The file is cut off; download it again.");

    private static long? ProductUpTo(ReadOnlySpan<long> extents, long maximum)
    {
        var product = 1L;
        foreach (var extent in extents)
        {
            if (extent > maximum / product) return null;
            product *= extent;
        }

        return product;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen(ReadOnlySpan<Half> source, Span<float> destination)
    {
        for (var i = 0; i < source.Length; i++) destination[i] = (float)source[i];
    }

    private static void Narrow(ReadOnlySpan<double> source, Span<float> destination)
    {
        for (var i = 0; i < source.Length; i++) destination[i] = (float)source[i];
    }
}
