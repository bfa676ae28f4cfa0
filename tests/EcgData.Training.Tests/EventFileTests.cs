using System.Diagnostics;
using EcgData.Tests;
using EcgData.Training.TensorBoard;

namespace EcgData.Training.Tests;

public sealed class EventFileTests
{
    /// <summary>CRC-32C of "123456789" is e3069283; the mask is a turn by 15 bits and a constant.</summary>
    [Fact]
    public void MaskedChecksum_OfTheCheckString_IsKnown()
    {
        var turned = (0xe3069283 >> 15) | (0xe3069283 << 17);
        Assert.Equal(unchecked(turned + 0xa282ead8), EventFile.MaskedChecksum("123456789"u8));
    }

    /// <summary>Python takes the file apart by the formats' descriptions alone, checksums bit by bit.</summary>
    [Fact]
    public void Write_Scalars_AreReadBackByPython()
    {
        const string Script = """
            import struct, sys
            def crc(data):
                value = 0xffffffff
                for byte in data:
                    value ^= byte
                    for _ in range(8): value = (value >> 1) ^ (0x82f63b78 if value & 1 else 0)
                value ^= 0xffffffff
                return ((value >> 15 | value << 17) + 0xa282ead8) & 0xffffffff
            def fields(data):
                at, found = 0, []
                def varint():
                    nonlocal at
                    value = shift = 0
                    while True:
                        byte = data[at]; at += 1
                        value |= (byte & 127) << shift; shift += 7
                        if byte < 128: return value
                while at < len(data):
                    key = varint()
                    kind = key & 7
                    if kind == 0: value = varint()
                    elif kind == 1: value = struct.unpack_from('<d', data, at)[0]; at += 8
                    elif kind == 5: value = struct.unpack_from('<f', data, at)[0]; at += 4
                    else: size = varint(); value = data[at:at + size]; at += size
                    found.append((key >> 3, value))
                return found
            data, at = open(sys.argv[1], 'rb').read(), 0
            while at < len(data):
                length, check = struct.unpack_from('<QI', data, at)
                assert check == crc(data[at:at + 8])
                record = data[at + 12:at + 12 + length]
                assert struct.unpack_from('<I', data, at + 12 + length)[0] == crc(record)
                at += 16 + length
                event = dict(fields(record))
                line = [event[1], event[2]]
                if 3 in event: line.append(event[3].decode())
                if 7 in event: line.append(fields(event[7]))
                if 5 in event: line += [(dict(fields(v))[1].decode(), dict(fields(v))[2]) for _, v in fields(event[5])]
                print(*line)
            """;
        using var folder = new TemporaryFolder();
        using (var events = new EventFile(folder.Path, 3, 7, new Fixed()))
        {
            events.Write(300, [KeyValuePair.Create("loss/training", 0.5), KeyValuePair.Create("µ", -2.0)]);
        }

        var path = Assert.Single(Directory.EnumerateFiles(folder.Path));
        Assert.Contains("tfevents", path, StringComparison.Ordinal);   // by which TensorBoard finds it
        using var python = Process.Start(new ProcessStartInfo("python3")
        {
            RedirectStandardOutput = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
            Environment = { ["PYTHONIOENCODING"] = "utf-8" },
            ArgumentList = { "-c", Script, path },
        })!;
        var lines = python.StandardOutput.ReadToEnd().TrimEnd().Split('\n');
        python.WaitForExit();
        Assert.Equal(
            ["1700000000.25 0 brain.Event:2", "1700000000.25 7 [(1, 1)]", "1700000000.25 300 ('loss/training', 0.5) ('µ', -2.0)"], lines);
    }

    private sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);
    }
}
