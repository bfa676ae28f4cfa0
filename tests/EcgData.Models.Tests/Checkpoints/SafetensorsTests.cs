using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using EcgData.Models.Checkpoints;
using EcgData.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<ScalarType> Types =>
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16,
        ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void Read_WhatWasWritten_IsEqual(ScalarType type)
    {
        using var values = arange(24).reshape(2, 3, 4).to(type);
        using var slanted = values.transpose(0, 2);   // not contiguous
        using var scalar = tensor(1).to(type);
        using var none = empty([3, 0, 2], type);
        var path = _folder["a.safetensors"];
        SafetensorsWriter.Write(path, [("values", values), ("slanted", slanted), ("scalar", scalar), ("none", none)], Metadata());

        using var file = SafetensorsFile.Open(path);
        foreach (var (name, expected) in new[] { ("values", values), ("slanted", slanted), ("scalar", scalar), ("none", none) })
        {
            using var actual = file.Read(name);
            Assert.Equal(expected.shape, actual.shape);
            Assert.Equal(type, actual.dtype);
            Assert.True(actual.equal(expected).all().item<bool>(), name);
        }

        Assert.Equal(Metadata(), file.Metadata.ToDictionary());
    }

    [Fact]
    public void Write_AnyOrder_IsTheSameBytesAndAligned()
    {
        using var bytes = tensor(new byte[] { 1, 2, 3 });
        using var floats = tensor(new float[] { 1, 2, 3 });
        using var longs = tensor(new long[] { 1, 2 });
        var one = Bytes([("bytes", bytes), ("floats", floats), ("longs", longs)]);
        Assert.Equal(one, Bytes([("longs", longs), ("bytes", bytes), ("floats", floats)]));

        var header = SafetensorsHeader.Read(new MemoryStream(one), "memory");
        Assert.Equal(0, header.DataBegin % 8);
        Assert.Equal(["longs", "floats", "bytes"], header.Entries.Select(entry => entry.Name));
        Assert.Equal([2, 3, 3L], header.Entries.Select(entry => entry.Count));
    }

    /// <summary>Python's standard library takes the file apart by the format's description alone.</summary>
    [Fact]
    public void Write_ForPython_IsWhatTheFormatSays()
    {
        using var values = tensor(new float[] { 1.5f, -2, 3.25f, 0, 5, 6 }, [2, 3]);
        using var counts = tensor(new long[] { -7 });
        var path = _folder["python.safetensors"];
        SafetensorsWriter.Write(path, [("weights.α", values), ("n", counts)], new Dictionary<string, string> { ["note"] = "ä \" \\ \n" });
        const string Script = """
            import json, struct, sys
            data = open(sys.argv[1], 'rb').read()
            length, = struct.unpack('<Q', data[:8])
            header = json.loads(data[8:8 + length])
            print(header.pop('__metadata__')['note'].encode('utf-8'))
            for name in sorted(header):
                begin, end = header[name]['data_offsets']
                raw = data[8 + length + begin:8 + length + end]
                kind = {'F32': 'f', 'I64': 'q'}[header[name]['dtype']]
                print(ascii(name), header[name]['shape'], list(struct.unpack('<%d%s' % (len(raw) // struct.calcsize(kind), kind), raw)))
            """;
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true, ArgumentList = { "-c", Script, path } };
        using var python = Process.Start(start)!;
        var lines = python.StandardOutput.ReadToEnd().TrimEnd().Split('\n');
        python.WaitForExit();

        Assert.Equal(
            [@"b'\xc3\xa4 "" \\ \n'", "'n' [1] [-7]", @"'weights.\u03b1' [2, 3] [1.5, -2.0, 3.25, 0.0, 5.0, 6.0]"], lines);
    }

    [Theory]
    [InlineData("", "it has 0 bytes")]
    [InlineData("\u0001", "claims")]
    [InlineData("[]", "not the JSON")]
    [InlineData("{}x", "not the JSON")]
    [InlineData("{\"a\":1}", "not the JSON")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "lacks a key")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", "not the JSON")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}", "none of dtype")]
    [InlineData("{\"a\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]}}", "type 'C64'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "has 4 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "has 4 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4294967296,4],\"data_offsets\":[0,4]}}", "has 4 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[0,9223372036854775807,9],\"data_offsets\":[0,0]}}", "has 0 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", "lies from byte 4 to 0")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", "lies from byte -4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "begins at byte 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1000000000000],\"data_offsets\":[0,4000000000000]}}", "ends at byte 4000000000000")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "begins at byte 0")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "twice")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "end at byte 4")]   // eight bytes follow
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", "more than 16")]
    public void Read_HostileHeader_SaysWhatIsWrong(string header, string complaint)
    {
        var data = header switch
        {
            "" => [],
            "\u0001" => [.. BitConverter.GetBytes(ulong.MaxValue), .. "{}"u8],
            _ => (byte[])[.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[8]],
        };
        var error = Assert.Throws<InvalidDataException>(() => SafetensorsHeader.Read(new MemoryStream(data), "hostile"));
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("hostile", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever happens to the bytes: a header that is read names only bytes that are there, and reading allocates no more than them.</summary>
    [Fact]
    public void Read_MutatedFiles_FailWithReasonOrStayWithinTheFile()
    {
        using var values = arange(8).to(float32);
        var whole = Bytes([("a", values), ("b.c", values)]);
        var random = new KeyedRandom(11);
        var (read, refused) = (0, 0);
        for (var round = 0; round < 20_000; round++)
        {
            var mutated = (byte[])whole.Clone();
            for (var change = 0; change <= random.NextIndex(4); change++)
            {
                // Mostly the header; digits turn into digits half of the time, so that sizes are what goes wrong.
                var at = random.NextIndex(10) == 0 ? random.NextIndex(mutated.Length) : 8 + random.NextIndex(120);
                mutated[at] = char.IsAsciiDigit((char)mutated[at]) && random.NextIndex(2) == 0 ? (byte)('0' + random.NextIndex(10)) : (byte)random.NextIndex(256);
            }

            if (random.NextIndex(4) == 0) mutated = mutated[..random.NextIndex(mutated.Length + 1)];
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var header = SafetensorsHeader.Read(new MemoryStream(mutated), "mutated");
                Assert.All(header.Entries, entry => Assert.InRange(entry.Begin + entry.Bytes, 0, mutated.Length - header.DataBegin));
                read++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
        }

        Assert.True(read > 100 && refused > 10_000, $"{read} read, {refused} refused");
    }

    [Fact]
    public void ReadInto_AnotherShape_NamesTheTensor()
    {
        using var values = zeros(2, 3);
        var path = _folder["shape.safetensors"];
        SafetensorsWriter.Write(path, [("w", values)], Metadata());
        using var file = SafetensorsFile.Open(path);
        using var other = zeros(3, 2);
        Assert.Contains("'w'", Assert.Throws<InvalidDataException>(() => file.ReadInto("w", other)).Message, StringComparison.Ordinal);
        Assert.Contains("'x'", Assert.Throws<InvalidDataException>(() => file.Read("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileCutShort_IsRefused()
    {
        using var values = zeros(2, 3);
        var path = _folder["short.safetensors"];
        SafetensorsWriter.Write(path, [("w", values)], Metadata());
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path));
    }

    private static Dictionary<string, string> Metadata() => new() { ["b"] = "2", ["a"] = "{\"x\":1}" };

    private static byte[] Bytes(IEnumerable<(string, Tensor)> tensors)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors, Metadata());
        return stream.ToArray();
    }
}
