using System.Buffers.Binary;
using EcgData.Signals;

namespace EcgData.Sources.Wfdb;

/// <summary>The head of a MATLAB level 4 file, which some sources use as a signal file behind a WFDB header.</summary>
/// <remarks>
/// Five little-endian int32 (type, rows, columns, imaginary flag, length of the name), the name with its NUL, then the matrix column by
/// column. With a row per lead that is signal format 16 behind 24 bytes. MathWorks, "MAT-File Format", level 4.
/// </remarks>
internal static class MatlabMatrix
{
    /// <summary>Bytes before the first sample.</summary>
    public const int HeadBytes = 24;

    private const int LittleEndianInt16 = 30;   // decimal digits: byte order 0, 0, type 3 = int16, full matrix 0
    private static ReadOnlySpan<byte> Name => "val\0"u8;

    public static bool IsNamed(string file) => file.EndsWith(".mat", StringComparison.OrdinalIgnoreCase);

    /// <summary>Checks that the file is the matrix that its header describes.</summary>
    /// <param name="rows">Samples per frame.</param>
    /// <param name="format">The WFDB header's signal format.</param>
    /// <param name="byteOffset">Where the WFDB header says that the samples begin.</param>
    /// <returns>Columns, that is frames.</returns>
    /// <exception cref="RecordException"><c>Truncated</c>: not even a head; <c>Header</c>: the file contradicts the header.</exception>
    public static int ReadColumns(ReadOnlySpan<byte> bytes, int rows, int format, long byteOffset, string file)
    {
        if (bytes.Length < HeadBytes)
            throw new RecordException(
                RejectionReason.Truncated,
                $"{file}: {bytes.Length} bytes; the head of a MATLAB level 4 file alone has {HeadBytes}. Download the file again.");

        Expect("type", Field(bytes, 0), LittleEndianInt16, file);
        Expect("number of rows", Field(bytes, 1), rows, file);
        Expect("imaginary part", Field(bytes, 3), 0, file);
        Expect("length of the name", Field(bytes, 4), Name.Length, file);
        Expect("signal format of the WFDB header", format, 16, file);
        Expect("byte offset of the WFDB header", byteOffset, HeadBytes, file);
        if (!bytes.Slice(20, Name.Length).SequenceEqual(Name))
            throw new RecordException(
                RejectionReason.Header, $"{file}: the matrix is not called 'val'. Expected the file that the WFDB header describes.");
        var columns = Field(bytes, 2);
        return columns >= 0
            ? columns
            : throw new RecordException(
                RejectionReason.Header, $"{file}: number of columns is {columns}; expected one per sample. Download the file again.");
    }

    private static int Field(ReadOnlySpan<byte> bytes, int index) => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * index)..]);

    private static void Expect(string field, long found, long expected, string file)
    {
        if (found == expected) return;
        throw new RecordException(
            RejectionReason.Header,
            $"{file}: {field} is {found}; a MATLAB level 4 matrix of int16 for this WFDB header has {expected}. " +
            "Download the record again, or leave it out.");
    }
}
