using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using ZstdSharp;
using CompressionCodec = global::Parquet.Meta.CompressionCodec;

namespace EcgData.Shards.Parquet;

/// <summary>
/// A column of texts of one row group as its pages hold it: distinct values and a code per row where it has a dictionary, else a value per
/// row. Nothing is allocated per row, where Parquet.Net makes a string of each.
/// </summary>
/// <remarks>Parquet format: data pages of version 1, PLAIN and dictionary encodings, uncompressed or Zstandard, which Parquet.Net writes.</remarks>
internal sealed class ColumnTexts : IDisposable
{
    private const int DataPage = 0;
    private const int DictionaryPage = 2;
    private const int LargestRatio = 1 << 14;   // one text for thousands of rows: Zstandard makes 8 bytes of a block of 128 KiB

    private readonly byte[] _bytes;
    private readonly int[] _starts;   // of each value's four bytes of length
    private readonly int[]? _codes;

    private ColumnTexts(byte[] bytes, int[] starts, int[]? codes, int rows) => (_bytes, _starts, _codes, Rows) = (bytes, starts, codes, rows);

    public int Rows { get; }

    /// <summary>Distinct values where the column has a dictionary, else those of the rows that are not null.</summary>
    public int Values => _starts.Length;

    /// <summary>The index of a row's value, -1 for null.</summary>
    public int CodeOf(int row) => _codes is null ? row : _codes[row];

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> Value(int code) =>
        _bytes.AsSpan(_starts[code] + sizeof(int), BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(_starts[code])));

    /// <summary>The value of a row that has one, UTF-8.</summary>
    public ReadOnlySpan<byte> this[int row] => Value(CodeOf(row));

    public string Text(int code) => Encoding.UTF8.GetString(Value(code));

    /// <summary>Gives the pages' bytes back for others to use: nothing of the column may be read any more.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    /// <param name="chunk">The column chunk's bytes.</param>
    /// <param name="rows">Rows of the row group, held against the file at its opening.</param>
    /// <returns>null where the chunk is encoded in a way that is not read here.</returns>
    /// <exception cref="InvalidDataException">Its pages contradict each other or the bytes that are there.</exception>
    public static ColumnTexts? Read(ReadOnlySpan<byte> chunk, CompressionCodec codec, int rows, bool optional)
    {
        if (codec is not (CompressionCodec.ZSTD or CompressionCodec.UNCOMPRESSED)) return null;
        byte[]? dictionary = null;
        int[] dictionaryStarts = [];
        while (!chunk.IsEmpty)
        {
            var header = PageHeaderReader.Read(ref chunk);
            if (header.CompressedBytes < 0 || header.CompressedBytes > chunk.Length || header.Bytes < 0
                || header.Bytes > (long)LargestRatio * header.CompressedBytes)
                throw Damaged($"a page of {header.CompressedBytes} bytes, {header.Bytes} unpacked, where {chunk.Length} are left");
            if (header.Type is not (DataPage or DictionaryPage)) return null;
            var page = Unpack(chunk[..header.CompressedBytes], codec, header.Bytes);
            chunk = chunk[header.CompressedBytes..];
            if (header.Type == DictionaryPage)
            {
                (dictionary, dictionaryStarts) = (page, Starts(page.AsSpan(0, header.Bytes), 0, header.Values));
                continue;
            }

            if (header.Values != rows || !chunk.IsEmpty) return null;   // several data pages: we write one
            var position = 0;
            var content = page.AsSpan(0, header.Bytes);
            var codes = optional ? Present(content, rows, out position) : null;
            if (header.Encoding == 0) return new ColumnTexts(page, Plain(content, position, codes, rows), codes, rows);
            return header.Encoding is 2 or 8 && dictionary is not null
                ? new ColumnTexts(dictionary, dictionaryStarts, Indices(content, position, codes, rows, dictionaryStarts.Length), rows)
                : null;
        }

        throw Damaged("no data page");
    }

    /// <returns>At least <paramref name="size"/> bytes; what lies behind them is another's. Readers stay within because of <see cref="Starts"/>.</returns>
    private static byte[] Unpack(ReadOnlySpan<byte> packed, CompressionCodec codec, int size)
    {
        var page = ArrayPool<byte>.Shared.Rent(size);
        if (codec == CompressionCodec.UNCOMPRESSED)
        {
            if (packed.Length != size) throw Damaged("a page of two sizes");
            packed.CopyTo(page);
            return page;
        }

        try
        {
            using var decompressor = new Decompressor();
            return decompressor.Unwrap(packed, page.AsSpan(0, size)) == size ? page : throw Damaged("a page that unpacks to another size");
        }
        catch (ZstdException e)
        {
            throw new InvalidDataException($"A page cannot be unpacked: {e.Message} Verify the file's checksum, and build it again if it differs.", e);
        }
    }

    /// <returns>int[rows]: 0 where there is a value, -1 for null.</returns>
    private static int[] Present(ReadOnlySpan<byte> page, int rows, out int position)
    {
        var length = page.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(page) : -1;
        var levels = new int[rows];
        if (length < 0 || length > page.Length - sizeof(int) || !RunLengthReader.TryRead(page.Slice(sizeof(int), length), levels, 1))
            throw Damaged("levels that do not cover its rows");
        for (var row = 0; row < rows; row++) levels[row]--;
        position = sizeof(int) + length;
        return levels;
    }

    /// <summary>Numbers the rows that have a value.</summary>
    /// <returns>Where each value starts.</returns>
    private static int[] Plain(ReadOnlySpan<byte> page, int position, int[]? codes, int rows)
    {
        var present = 0;
        for (var row = 0; row < rows && codes is not null; row++)
        {
            if (codes[row] == 0) codes[row] = present++;
        }

        return Starts(page, position, codes is null ? rows : present);
    }

    private static int[] Starts(ReadOnlySpan<byte> page, int position, int values)
    {
        if (values < 0 || values > (page.Length - position) / sizeof(int)) throw Damaged($"{values} values in {page.Length - position} bytes");
        var starts = new int[values];
        for (var index = 0; index < values; index++)
        {
            starts[index] = position;
            var length = page.Length - position >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(page[position..]) : -1;
            if (length < 0 || length > page.Length - position - sizeof(int)) throw Damaged("a text that ends behind its page");
            position += sizeof(int) + length;
        }

        return starts;
    }

    private static int[] Indices(ReadOnlySpan<byte> page, int position, int[]? codes, int rows, int values)
    {
        var present = codes?.Count(code => code == 0) ?? rows;
        var indices = new int[present];
        if (present > 0 && (position >= page.Length || !RunLengthReader.TryRead(page[(position + 1)..], indices, page[position])))
            throw Damaged("indices that do not cover its rows");
        if (indices.AsSpan().IndexOfAnyExceptInRange(0, values - 1) >= 0) throw Damaged($"an index beyond its {values} values");
        if (codes is null) return indices;
        var used = 0;
        for (var row = 0; row < rows; row++)
        {
            if (codes[row] == 0) codes[row] = indices[used++];
        }

        return codes;
    }

    private static InvalidDataException Damaged(string found) =>
        new($"A column of texts has {found}. Verify the file's checksum, and build it again if it differs.");
}
