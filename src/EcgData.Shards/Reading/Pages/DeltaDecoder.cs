using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EcgData.Shards.Reading.Pages;

/// <summary>
/// Decodes DELTA_BINARY_PACKED values that fit 16 bits, as their writers state them (INT32 in Parquet), whatever the writer's blocks. Sums
/// are modulo 2^16, which is exact for such values; it also reads writers whose differences wrapped around.
/// </summary>
/// <remarks>
/// Parquet format, Encodings, "Delta Encoding". What lies before a crop is not decoded: its differences are added up lane by lane, without
/// prefix sums, and what lies behind it is not touched. Which instructions do the work changes no bit of the result.
/// </remarks>
internal static class DeltaDecoder
{
    private const int GroupValues = 32;
    private const int LargestBlock = 1 << 16;   // values; writers use 128 to 1,024
    private const float MillivoltPerMicrovolt = 0.001f;

    /// <summary>Values that the bytes are said to hold; 0 for bytes that hold none.</summary>
    /// <exception cref="InvalidDataException">No header of this encoding.</exception>
    public static int Count(ReadOnlySpan<byte> bytes) => Header.Read(bytes).Values;

    /// <summary>Decodes the first values.</summary>
    /// <param name="values">short[count]: as many as are wanted.</param>
    /// <exception cref="InvalidDataException">The bytes hold fewer, or are damaged.</exception>
    public static void Decode(ReadOnlySpan<byte> bytes, Span<short> values) => DecodeBest(bytes, 0, values);

    /// <summary>Decodes microvolt [start, start + length) to millivolt.</summary>
    /// <param name="millivolt">float[length].</param>
    /// <exception cref="InvalidDataException">The bytes hold fewer values, or are damaged.</exception>
    public static void DecodeCrop(ReadOnlySpan<byte> bytes, int start, Span<float> millivolt) => DecodeBest(bytes, start, millivolt);

    /// <typeparam name="TMiniblock">The machine's instructions.</typeparam>
    /// <typeparam name="TValue"><see cref="short"/>: as stored; <see cref="float"/>: a thousandth.</typeparam>
    internal static void Decode<TMiniblock, TValue>(ReadOnlySpan<byte> bytes, int start, Span<TValue> target)
        where TMiniblock : struct, IMiniblock
        where TValue : unmanaged
    {
        var header = Header.Read(bytes);
        if (start < 0 || start > header.Values - target.Length) throw TooFew(header.Values, start, target.Length);
        if (target.IsEmpty) return;
        ref var output = ref MemoryMarshal.GetReference(target);
        if (start == 0) output = Convert<TValue>(header.First);

        // Plain numbers in place of a cursor: they stay in registers.
        ref var source = ref MemoryMarshal.GetReference(bytes);
        var position = header.Bytes;
        var end = start + target.Length;
        var groups = header.MiniblockValues / GroupValues;
        var before = Vector512.Create(header.First);   // the value before the next one, in every lane
        var passed = Vector512<short>.Zero;             // differences before the crop, not yet added up
        var next = 1;
        while (next < end)
        {
            var smallest = Vector512.Create(ReadSmallest(bytes, ref source, position, out position));
            var widths = position;
            position += header.Miniblocks;
            if (position > bytes.Length) throw Ends(bytes.Length);
            for (var miniblock = 0; miniblock < header.Miniblocks; miniblock++)
            {
                var width = (int)Unsafe.Add(ref source, widths + miniblock);
                for (var group = 0; group < groups; group++)
                {
                    var isPlain = width <= 16 && bytes.Length - position >= Vector512<byte>.Count;
                    var differences = smallest + (isPlain
                        ? TMiniblock.Unpack(ref Unsafe.Add(ref source, position), width)
                        : UnpackSlowly(bytes, position, width, header.Values - next));
                    position += GroupValues / 8 * width;
                    if (next + GroupValues <= start)
                    {
                        passed += differences;
                    }
                    else
                    {
                        if (next <= start) before += Vector512.Create(Vector512.Sum(passed));
                        var within = TMiniblock.Accumulate(differences);
                        if (next >= start && next + GroupValues <= end) Store(within + before, ref Unsafe.Add(ref output, next - start));
                        else StorePart(within + before, next, start, target);
                        before += Vector512.Shuffle(within, Vector512.Create((short)(GroupValues - 1)));
                    }

                    next += GroupValues;
                    if (next >= end) return;
                }
            }
        }
    }

    private static void DecodeBest<TValue>(ReadOnlySpan<byte> bytes, int start, Span<TValue> target)
        where TValue : unmanaged
    {
        if (VbmiMiniblock.IsSupported) Decode<VbmiMiniblock, TValue>(bytes, start, target);
        else if (BmiMiniblock.IsSupported) Decode<BmiMiniblock, TValue>(bytes, start, target);
        else Decode<ScalarMiniblock, TValue>(bytes, start, target);
    }

    /// <summary>The smallest difference of a block: one byte where it lies within ±64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static short ReadSmallest(ReadOnlySpan<byte> bytes, ref byte source, int position, out int next)
    {
        if (position < bytes.Length && Unsafe.Add(ref source, position) is var value and < 0x80)
        {
            next = position + 1;
            return (short)(value >> 1 ^ -(value & 1));
        }

        return ReadLongSmallest(bytes, position, out next);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static short ReadLongSmallest(ReadOnlySpan<byte> bytes, int position, out int next)
    {
        if (position > bytes.Length) throw Ends(bytes.Length);
        var cursor = new ByteCursor(bytes[position..]);
        var value = (short)cursor.Signed();
        next = position + cursor.Position;
        return value;
    }

    /// <summary>Wide values, and the end of a page, where the last miniblock may lack what it does not need.</summary>
    /// <param name="left">Values from here to the page's end.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<short> UnpackSlowly(ReadOnlySpan<byte> bytes, int position, int width, int left)
    {
        if (width > ScalarMiniblock.LargestWidth)
            throw new InvalidDataException($"A miniblock of {width} bits a value; expected at most {ScalarMiniblock.LargestWidth}. {ByteCursor.Advice}");
        var count = Math.Min(GroupValues, left);
        if (position > bytes.Length || (bytes.Length - position) * 8L < count * width) throw Ends(bytes.Length);
        return ScalarMiniblock.Unpack(bytes[position..], width, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TValue>(Vector512<short> values, ref TValue output)
        where TValue : unmanaged
    {
        if (typeof(TValue) == typeof(short))
        {
            values.StoreUnsafe(ref Unsafe.As<TValue, short>(ref output));
            return;
        }

        var (low, high) = Vector512.Widen(values);
        ref var millivolt = ref Unsafe.As<TValue, float>(ref output);
        (Vector512.ConvertToSingle(low) * MillivoltPerMicrovolt).StoreUnsafe(ref millivolt);
        (Vector512.ConvertToSingle(high) * MillivoltPerMicrovolt).StoreUnsafe(ref millivolt, 16);
    }

    /// <summary>The values of a group that the crop begins or ends in.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StorePart<TValue>(Vector512<short> values, int next, int start, Span<TValue> target)
        where TValue : unmanaged
    {
        Span<TValue> whole = stackalloc TValue[GroupValues];
        Store(values, ref MemoryMarshal.GetReference(whole));
        var skip = Math.Max(0, start - next);
        var at = next + skip - start;
        whole[skip..Math.Min(GroupValues, skip + target.Length - at)].CopyTo(target[at..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TValue Convert<TValue>(short value)
        where TValue : unmanaged
    {
        if (typeof(TValue) == typeof(short)) return Unsafe.BitCast<short, TValue>(value);
        return Unsafe.BitCast<float, TValue>(value * MillivoltPerMicrovolt);
    }

    private static InvalidDataException Ends(int bytes) => new($"A delta block goes on beyond the page's {bytes} bytes. {ByteCursor.Advice}");

    private static InvalidDataException TooFew(int values, int start, int count) =>
        new($"A page of {values} values; wanted are {count} from {start} on. {ByteCursor.Advice}");

    /// <param name="Bytes">That the header takes.</param>
    private readonly record struct Header(int MiniblockValues, int Miniblocks, int Values, short First, int Bytes)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Header Read(ReadOnlySpan<byte> bytes)
        {
            var cursor = new ByteCursor(bytes);
            var block = cursor.Count(LargestBlock, "Values of a delta block");
            var miniblocks = cursor.Count(LargestBlock / GroupValues, "Miniblocks of a delta block");
            if (block == 0 || miniblocks == 0 || block % (miniblocks * GroupValues) != 0) throw NoBlocks(block, miniblocks);
            var values = cursor.Count(int.MaxValue, "Values of a delta page");
            return new Header(block / miniblocks, miniblocks, values, (short)cursor.Signed(), cursor.Position);
        }

        private static InvalidDataException NoBlocks(int block, int miniblocks) => new(
            $"Delta blocks of {block} values in {miniblocks} miniblocks; expected miniblocks of a multiple of {GroupValues} values. {ByteCursor.Advice}");
    }
}
