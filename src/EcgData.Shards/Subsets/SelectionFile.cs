using System.Buffers;
using System.Numerics;

namespace EcgData.Shards.Subsets;

/// <summary>
/// The bytes of a selection: <c>NAME.rows</c> beside a subset manifest whose subset is not the first rows of every shard.
/// </summary>
/// <remarks>
/// Eight bytes <c>ecgrows1</c>, then tokens in the order of the row-group table, each a LEB128 number: 0, k: the next k groups have no
/// selected row; 1, k: the next k groups are whole; 2: a bitmap of the next group follows, a bit per row, row 0 lowest, in whole bytes;
/// 2c + 1: the first c rows of the next group; 2c + 2: c rows of it, their distances from the row after the last one as LEB128 numbers.
/// A group has one right form, so equal selections are equal bytes.
/// </remarks>
internal static class SelectionFile
{
    private const uint None = 0;
    private const uint Whole = 1;
    private const uint Bitmap = 2;

    private static ReadOnlySpan<byte> Magic => "ecgrows1"u8;

    /// <param name="groupRows">Rows of each group of the row-group table.</param>
    public static byte[] Encode(RowSelection selection, ReadOnlySpan<int> groupRows)
    {
        var output = new ArrayBufferWriter<byte>(64 + groupRows.Length);
        output.Write(Magic);
        for (var group = 0; group < groupRows.Length;)
        {
            var (count, rows) = (selection.CountOf(group), groupRows[group]);
            if (count == 0 || count == rows)
            {
                var first = group;
                while (group < groupRows.Length && selection.CountOf(group) == (count == 0 ? 0 : groupRows[group])
                    && (count == 0 || groupRows[group] > 0)) group++;
                Write(output, count == 0 ? None : Whole);
                Write(output, (uint)(group - first));
                continue;
            }

            if (selection.IsPrefix(group)) Write(output, 2 * (uint)count + 1);
            else WriteScattered(output, selection, group, count, rows);
            group++;
        }

        return output.WrittenSpan.ToArray();
    }

    /// <exception cref="InvalidDataException">Not a selection of this table's groups.</exception>
    public static RowSelection Decode(ReadOnlySpan<byte> file, ReadOnlySpan<int> groupRows)
    {
        if (!file.StartsWith(Magic)) throw Wrong("it does not begin with 'ecgrows1'");
        file = file[Magic.Length..];
        var builder = new RowSelection.Builder();
        ulong[] words = [];
        for (var group = 0; group < groupRows.Length;)
        {
            var token = Read(ref file);
            if (token <= Whole)
            {
                var run = Read(ref file);
                if (run == 0 || run > (uint)(groupRows.Length - group)) throw Wrong($"a run of {run} groups at group {group} of {groupRows.Length}");
                for (var end = group + (int)run; group < end; group++) builder.AddPrefix(token == None ? 0 : groupRows[group]);
                continue;
            }

            var rows = groupRows[group];
            if (token != Bitmap && (token - 1) / 2 > (uint)rows) throw Wrong($"{(token - 1) / 2} rows of group {group}, which has {rows}");
            if (token % 2 == 1)
            {
                builder.AddPrefix((int)(token - 1) / 2);
            }
            else
            {
                var used = (rows + 63) / 64;
                if (words.Length < used) words = new ulong[used];
                words.AsSpan(0, used).Clear();
                if (token == Bitmap) ReadBitmap(ref file, words, group, rows);
                else ReadRows(ref file, words, (int)(token - 2) / 2, group, rows);
                builder.Add(words.AsSpan(0, used));
            }

            group++;
        }

        return file.IsEmpty ? builder.Build() : throw Wrong($"{file.Length} bytes behind the last group");
    }

    private static void WriteScattered(ArrayBufferWriter<byte> output, RowSelection selection, int group, int count, int rows)
    {
        var bits = selection.BitsOf(group);
        var bitmapBytes = (rows + 7) / 8;
        if (count < bitmapBytes)   // a listed row takes a byte, as long as it is less than 128 rows from the last
        {
            Write(output, 2 * (uint)count + 2);
            var next = 0;
            for (var word = 0; word < bits.Length; word++)
            {
                for (var left = bits[word]; left != 0; left &= left - 1)
                {
                    var row = word * 64 + BitOperations.TrailingZeroCount(left);
                    Write(output, (uint)(row - next));
                    next = row + 1;
                }
            }

            return;
        }

        Write(output, Bitmap);
        var bytes = output.GetSpan(bitmapBytes);
        for (var index = 0; index < bitmapBytes; index++) bytes[index] = (byte)(bits[index >> 3] >> (8 * (index & 7)));
        output.Advance(bitmapBytes);
    }

    private static void ReadBitmap(ref ReadOnlySpan<byte> file, ulong[] words, int group, int rows)
    {
        var bytes = (rows + 7) / 8;
        if (file.Length < bytes) throw Wrong($"it ends in the bitmap of group {group}");
        for (var index = 0; index < bytes; index++) words[index >> 3] |= (ulong)file[index] << (8 * (index & 7));
        if ((rows & 7) != 0 && file[bytes - 1] >> (rows & 7) != 0) throw Wrong($"a row beyond the {rows} of group {group}");
        file = file[bytes..];
    }

    private static void ReadRows(ref ReadOnlySpan<byte> file, ulong[] words, int count, int group, int rows)
    {
        long row = -1;
        for (var index = 0; index < count; index++)
        {
            row += 1 + Read(ref file);
            if (row >= rows) throw Wrong($"row {row} of group {group}, which has {rows}");
            words[row >> 6] |= 1ul << (int)(row & 63);
        }
    }

    private static void Write(ArrayBufferWriter<byte> output, uint value)
    {
        Span<byte> bytes = stackalloc byte[5];
        var length = 0;
        for (; value >= 0x80; value >>= 7) bytes[length++] = (byte)(value | 0x80);
        bytes[length++] = (byte)value;
        output.Write(bytes[..length]);
    }

    private static uint Read(ref ReadOnlySpan<byte> file)
    {
        ulong value = 0;
        for (var index = 0; index < 5; index++)
        {
            if (index >= file.Length) throw Wrong("it ends early");
            value |= (ulong)(file[index] & 0x7F) << (7 * index);
            if (file[index] >= 0x80) continue;
            file = file[(index + 1)..];
            return value <= int.MaxValue ? (uint)value : throw Wrong($"the number {value}");
        }

        throw Wrong("a number of more than five bytes");
    }

    private static InvalidDataException Wrong(string found) => new(
        $"The selection is damaged: {found}. Expected the file that 'ecgdata subset' wrote for this version: make the subset again.");
}
