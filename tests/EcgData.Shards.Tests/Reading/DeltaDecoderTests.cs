using EcgData.Shards.Parquet;
using EcgData.Shards.Reading.Pages;

namespace EcgData.Shards.Tests.Reading;

public sealed class DeltaDecoderTests
{
    public static TheoryData<int> Lengths => [0, 1, 2, 7, 31, 32, 33, 34, 64, 65, 127, 128, 129, 130, 160, 161, 256, 257, 600, 2399, 2400, 2401, 5000];

    /// <summary>The ways to decode that this machine has; what it lacks, another machine tests.</summary>
    private static IEnumerable<Way> Ways()
    {
        yield return new Way("scalar", DeltaDecoder.Decode<ScalarMiniblock, short>, DeltaDecoder.Decode<ScalarMiniblock, float>);
        if (BmiMiniblock.IsSupported) yield return new Way("BMI2", DeltaDecoder.Decode<BmiMiniblock, short>, DeltaDecoder.Decode<BmiMiniblock, float>);
        if (VbmiMiniblock.IsSupported) yield return new Way("VBMI", DeltaDecoder.Decode<VbmiMiniblock, short>, DeltaDecoder.Decode<VbmiMiniblock, float>);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Decode_WhatOurWriterEncodes_SameValuesOnEveryPath(int count)
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            var values = Some.Signal(count, seed);
            var bytes = Encoded(values);
            Assert.Equal(count, DeltaDecoder.Count(bytes));
            foreach (var way in Ways())
            {
                var decoded = new short[count];
                way.Whole(bytes, 0, decoded);
                Assert.True(values.AsSpan().SequenceEqual(decoded), $"{way.Name}, seed {seed}");
            }
        }
    }

    [Fact]
    public void Decode_Crops_AreTheStretchesInMillivoltOnEveryPath()
    {
        var state = 3ul;
        for (ulong seed = 0; seed < 1500; seed++)
        {
            var count = 1 + (int)(Some.Next(ref state) % 700);
            var values = Some.Signal(count, seed);
            var bytes = Encoded(values);
            var start = (int)(Some.Next(ref state) % (ulong)count);
            var length = (int)(Some.Next(ref state) % (ulong)(count - start + 1));
            var expected = values.Skip(start).Take(length).Select(value => value * 0.001f).ToArray();
            foreach (var way in Ways())
            {
                var guarded = new float[length + 64];
                guarded.AsSpan().Fill(7);
                way.Crop(bytes, start, guarded.AsSpan(32, length));
                Assert.True(expected.AsSpan().SequenceEqual(guarded.AsSpan(32, length)), $"{way.Name}: {count} values, {length} from {start}");
                Assert.True(guarded.AsSpan(0, 32).IndexOfAnyExcept(7f) < 0 && guarded.AsSpan(32 + length).IndexOfAnyExcept(7f) < 0, $"{way.Name} wrote outside");
            }
        }
    }

    [Theory]
    [InlineData(128, 4)]
    [InlineData(1024, 32)]
    [InlineData(1024, 4)]
    [InlineData(128, 1)]
    [InlineData(4096, 2)]
    public void Decode_AnyBlocks_SameValuesOnEveryPath(int block, int miniblocks)
    {
        foreach (var count in (int[])[1, 2, 31, 33, 128, 129, 500, 2400])
        {
            for (ulong seed = 0; seed < 20; seed++)
            {
                // Full 16-bit values need up to 17 bits a difference.
                var values = seed % 2 == 0 ? Some.Signal(count, seed) : [.. Some.Signal(count, seed).Select((value, index) => (short)(value * 4 * (index % 2 == 0 ? 1 : -1)))];
                var bytes = Specification.Encode(values, block, miniblocks);
                foreach (var way in Ways())
                {
                    var decoded = new short[count];
                    way.Whole(bytes, 0, decoded);
                    Assert.True(values.AsSpan().SequenceEqual(decoded), $"{way.Name}: {count} values, seed {seed}");
                }
            }
        }
    }

    [Fact]
    public void Decode_HostileBytes_EndsOrThrowsTheSameOnEveryPath()
    {
        var state = 11ul;
        var valid = Enumerable.Range(0, 16).Select(index => Encoded(Some.Signal(40 + 37 * index, (ulong)index))).ToArray();
        var outcomes = new Dictionary<string, int>();
        for (var round = 0; round < 12_000; round++)
        {
            var bytes = Hostile(valid[round % valid.Length], ref state);
            var want = (int)(Some.Next(ref state) % 700);
            var start = (int)(Some.Next(ref state) % 100);
            string? first = null;
            foreach (var way in Ways())
            {
                var found = Outcome(way, bytes, start, want);
                first ??= found;
                Assert.True(first == found, $"{way.Name}: {found}; scalar: {first}; {Convert.ToHexString(bytes)}, {want} from {start}");
            }

            outcomes[first![..1]] = outcomes.GetValueOrDefault(first[..1]) + 1;
        }

        Assert.True(outcomes["!"] > 300 && outcomes["="] > 300, "Both outcomes must occur for the comparison to mean anything.");
    }

    [Fact]
    public void Decode_CountOfTwoThousandMillions_AllocatesNothing()
    {
        byte[] bytes = [0x80, 0x01, 0x04, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00, 0x00, 0, 0, 0, 0];
        var target = new short[8192];
        _ = Record.Exception(() => DeltaDecoder.Decode(bytes, target));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refusal = Assert.Throws<InvalidDataException>(() => DeltaDecoder.Decode(bytes, target));

        Assert.Contains("goes on beyond", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    [Theory]
    [InlineData("", "beyond the 0 bytes")]
    [InlineData("80010400", "beyond the 4 bytes")]
    [InlineData("0004000000", "Delta blocks of 0 values")]
    [InlineData("8001000000", "in 0 miniblocks")]
    [InlineData("8001030000", "in 3 miniblocks")]
    [InlineData("FFFFFFFF0F04", "expected at most 65536")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFF01", "more than ten bytes")]
    [InlineData("8001040200", "beyond the 0 bytes")]
    [InlineData("8001040200002100000000000000", "33 bits")]
    public void Decode_NoDeltaPage_SaysWhatIsWrong(string hex, string expected)
    {
        var bytes = Convert.FromHexString(hex);

        var refusal = Assert.Throws<InvalidDataException>(() => DeltaDecoder.Decode(bytes, new short[2]));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    private static byte[] Encoded(short[] values)
    {
        var buffer = new byte[DeltaBinaryPacking.MaximumBytes(values.Length)];
        return buffer[..DeltaBinaryPacking.Encode(values, buffer)];
    }

    /// <summary>Cut off, some bytes changed, some repeated.</summary>
    private static byte[] Hostile(byte[] valid, ref ulong state)
    {
        var bytes = valid[..(int)(Some.Next(ref state) % 3 == 0 ? Some.Next(ref state) % (ulong)(valid.Length + 1) : (ulong)valid.Length)];
        for (var change = Some.Next(ref state) % 5; change > 0 && bytes.Length > 0; change--)
        {
            var limit = Some.Next(ref state) % 2 == 0 ? Math.Min(24, bytes.Length) : bytes.Length;   // headers are where it hurts
            bytes[Some.Next(ref state) % (ulong)limit] = (byte)Some.Next(ref state);
        }

        return bytes;
    }

    private static string Outcome(Way way, byte[] bytes, int start, int want)
    {
        // The bytes stand at the very end of their memory, and the target between guards.
        var target = new float[want + 64];
        try
        {
            way.Crop(bytes, start, target.AsSpan(32, want));
        }
        catch (InvalidDataException e)
        {
            return $"!{e.Message}";
        }

        Assert.True(target.AsSpan(0, 32).IndexOfAnyExcept(0f) < 0 && target.AsSpan(32 + want).IndexOfAnyExcept(0f) < 0, $"{way.Name} wrote outside");
        return $"={string.Join(',', target)}";
    }

    private delegate void Decoding<TValue>(ReadOnlySpan<byte> bytes, int start, Span<TValue> target);

    private sealed record Way(string Name, Decoding<short> Whole, Decoding<float> Crop);
}
