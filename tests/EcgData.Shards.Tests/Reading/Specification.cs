using System.Numerics;

namespace EcgData.Shards.Tests.Reading;

/// <summary>DELTA_BINARY_PACKED as Parquet's text has it, word by word, in big integers, for any size of blocks.</summary>
internal static class Specification
{
    public static byte[] Encode(short[] values, int block, int miniblocks)
    {
        var bytes = new List<byte>();
        var perMiniblock = block / miniblocks;
        Unsigned(block);
        Unsigned(miniblocks);
        Unsigned(values.Length);
        Signed(values.Length == 0 ? 0 : values[0]);
        long[] deltas = [.. values.Skip(1).Select((value, index) => (long)value - values[index])];
        foreach (var part in deltas.Chunk(block))
        {
            var smallest = part.Min();
            Signed(smallest);
            var packed = part.Chunk(perMiniblock).Select(miniblock => miniblock.Select(delta => delta - smallest).ToArray()).ToArray();
            int[] widths = [.. Enumerable.Range(0, miniblocks).Select(index => index < packed.Length ? Width(packed[index].Max()) : 0)];
            bytes.AddRange(widths.Select(width => (byte)width));
            for (var index = 0; index < packed.Length; index++)
            {
                var bits = BigInteger.Zero;
                for (var value = 0; value < packed[index].Length; value++) bits |= new BigInteger(packed[index][value]) << (value * widths[index]);
                var little = bits.ToByteArray(isUnsigned: true);
                bytes.AddRange(Enumerable.Range(0, perMiniblock * widths[index] / 8).Select(at => at < little.Length ? little[at] : (byte)0));
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
