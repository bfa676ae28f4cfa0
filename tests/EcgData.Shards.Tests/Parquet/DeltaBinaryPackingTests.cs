using System.Numerics;
using EcgData.Shards.Parquet;

namespace EcgData.Shards.Tests.Parquet;

public sealed class DeltaBinaryPackingTests
{
    public static TheoryData<int> Lengths => [0, 1, 2, 7, 31, 32, 33, 64, 65, 127, 128, 129, 130, 160, 161, 256, 257, 600, 2399, 2400, 2401, 5000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Encode_RoughSignal_SameBytesAsTheSpecificationBitByBit(int count)
    {
        for (ulong seed = 0; seed < 40; seed++) CheckBytes(Some.Signal(count, seed));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Encode_Extremes_SameBytesAsTheSpecificationBitByBit(int count)
    {
        CheckBytes([.. Enumerable.Range(0, count).Select(index => (short)(index % 2 == 0 ? 8191 : -8191))]);
        CheckBytes([.. Enumerable.Range(0, count).Select(index => (short)(index % 3 == 0 ? -8191 : 8191))]);
        CheckBytes([.. Enumerable.Repeat((short)-8191, count)]);
        CheckBytes([.. Enumerable.Range(0, count).Select(index => (short)(index - 2500))]);
    }

    [Fact]
    public void Encode_EveryWidth_SameBytesAsTheSpecificationBitByBit()
    {
        for (var width = 0; width <= 14; width++)
        {
            var values = new short[129];
            for (var index = 1; index < values.Length; index += 2) values[index] = (short)(width == 0 ? 0 : (1 << width) / 2);
            CheckBytes(values);
        }
    }

    [Fact]
    public void Encode_DestinationTooSmall_IsRefused()
    {
        var values = new short[200];

        Assert.Throws<ArgumentException>(() => DeltaBinaryPacking.Encode(values, new byte[DeltaBinaryPacking.MaximumBytes(200) - 1]));
    }

    private static void CheckBytes(short[] values)
    {
        var buffer = new byte[DeltaBinaryPacking.MaximumBytes(values.Length)];
        buffer.AsSpan().Fill(0xA5);   // what was in a pooled buffer must not show

        var written = DeltaBinaryPacking.Encode(values, buffer);

        var expected = Specification(values);
        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(buffer.AsSpan(0, written)));
    }

    /// <summary>Parquet's text, word by word, in big integers.</summary>
    private static byte[] Specification(short[] values)
    {
        var bytes = new List<byte>();
        Unsigned(128);
        Unsigned(4);
        Unsigned(values.Length);
        Signed(values.Length == 0 ? 0 : values[0]);
        long[] deltas = [.. values.Skip(1).Select((value, index) => (long)value - values[index])];
        foreach (var block in deltas.Chunk(128))
        {
            var smallest = block.Min();
            Signed(smallest);
            var miniblocks = block.Chunk(32).Select(miniblock => miniblock.Select(delta => delta - smallest).ToArray()).ToArray();
            int[] widths = [.. Enumerable.Range(0, 4).Select(index => index < miniblocks.Length ? Width(miniblocks[index].Max()) : 0)];
            bytes.AddRange(widths.Select(width => (byte)width));
            for (var index = 0; index < miniblocks.Length; index++)
            {
                var packed = BigInteger.Zero;
                for (var value = 0; value < miniblocks[index].Length; value++) packed |= new BigInteger(miniblocks[index][value]) << (value * widths[index]);
                var size = 4 * widths[index];
                var little = packed.ToByteArray(isUnsigned: true);
                bytes.AddRange(Enumerable.Range(0, size).Select(at => at < little.Length ? little[at] : (byte)0));
            }
        }

        return [.. bytes];

        static int Width(long largest)
        {
            var width = 0;
            while (largest >> width != 0) width++;
            return width;
        }

        void Signed(long value) => Unsigned(value < 0 ? -2 * value - 1 : 2 * value);

        void Unsigned(long value)
        {
            for (; value > 127; value /= 128) bytes.Add((byte)(128 + value % 128));
            bytes.Add((byte)value);
        }
    }
}
