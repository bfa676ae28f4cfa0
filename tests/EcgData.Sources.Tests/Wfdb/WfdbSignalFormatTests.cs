using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using EcgData.Sources.Wfdb;

namespace EcgData.Tests.Wfdb;

public sealed class WfdbSignalFormatTests
{
    [Theory]
    [InlineData(16, 7, 14)]
    [InlineData(212, 1, 2)]
    [InlineData(212, 2, 3)]
    [InlineData(212, 3, 5)]
    [InlineData(212, 1_000_000_000_001, 1_500_000_000_002)]
    public void BytesFor_SamplesIn_AreTheManuals(int code, long samples, long bytes)
    {
        var format = WfdbSignalFormat.Find(code)!;
        Assert.Equal(bytes, format.BytesFor(samples));
        Assert.Equal(samples, format.SamplesIn(bytes));
        Assert.Equal(samples - 1, format.SamplesIn(bytes - 1));
    }

    [Fact]
    public void Unpack_EveryStoredValueOf212_ComesBackAtBothPlaces()
    {
        var values = Enumerable.Range(-2048, 4096).ToArray();
        var format = WfdbSignalFormat.Find(212)!;
        var actual = new int[values.Length];
        format.Unpack(WfdbTree.Packed212(values), 0, actual);
        Assert.Equal(values, actual);
        format.Unpack(WfdbTree.Packed212([0, .. values]), 1, actual);
        Assert.Equal(values, actual);
        Assert.Equal(-2048, format.MissingValue);
    }

    [Fact]
    public void Find_OtherCode_IsNull() => Assert.All([0, 8, 24, 32, 61, 80, 160, 310, 311, 508, 516, 524, 17], code => Assert.Null(WfdbSignalFormat.Find(code)));

    /// <summary>The reference reader's samples, frame by frame, as a SHA-256 over little-endian int32.</summary>
    [Theory]
    [InlineData("100")]
    [InlineData("100_3chan")]
    [InlineData("a103l")]
    [InlineData("a103l-no-len")]
    [InlineData("test01_00s")]
    [InlineData("v102s")]
    [InlineData("multi-segment/fixed1/v102s_1")]
    [InlineData("multi-segment/fixed1/v102s_3")]
    [InlineData("s0010_re")]
    public void Unpack_GenuineRecord_IsWhatTheReferenceReaderReads(string record)
    {
        var (header, folder, expected) = Open(record);
        var digital = expected.GetProperty("digital");
        var frames = digital.GetProperty("shape")[0].GetInt32();
        var signals = digital.GetProperty("shape")[1].GetInt32();
        var values = new int[frames * signals];
        foreach (var file in WfdbSignalFile.Of(header, record))
        {
            var stored = Unpack(file, header, folder, frames);
            for (var frame = 0; frame < frames; frame++)
                for (var signal = 0; signal < file.SignalCount; signal++)
                    values[frame * signals + file.FirstSignal + signal] = stored[frame * file.SignalCount + signal];
        }

        Assert.Equal(digital.GetProperty("sha256_int32_le_c_order").GetString(), Hash(values));
        Assert.Equal(expected.GetProperty("header").GetProperty("init_value").EnumerateArray().Select(v => v.GetInt32()), values[..signals]);
    }

    /// <summary>Several samples of a signal per frame: each signal's own samples in their order.</summary>
    [Theory]
    [InlineData("test01_00s_frame")]
    [InlineData("multi-segment/041s/041s01")]
    [InlineData("multi-segment/041s/041s02")]
    public void Unpack_GenuineRecordOfSeveralFrequencies_IsWhatTheReferenceReaderReads(string record)
    {
        var (header, folder, expected) = Open(record);
        var frames = expected.GetProperty("digital").GetProperty("shape")[0].GetInt32();
        var file = Assert.Single(WfdbSignalFile.Of(header, record));
        var stored = Unpack(file, header, folder, frames);
        var first = 0;
        for (var index = 0; index < header.Signals.Length; index++)
        {
            var perFrame = header.Signals[index].SamplesPerFrame;
            var signal = Enumerable.Range(0, frames)
                .SelectMany(frame => stored.Skip(frame * file.SamplesPerFrame + first).Take(perFrame)).ToArray();
            Assert.Equal(expected.GetProperty("expanded")[index].GetProperty("sha256_int32_le").GetString(), Hash(signal));
            first += perFrame;
        }
    }

    private static (WfdbHeader Header, string Folder, JsonElement Expected) Open(string record)
    {
        var root = Genuine.Folder(record == "s0010_re" ? "data/real/ptbdb/patient001" : "data/real/wfdb-formats");
        using var golden = JsonDocument.Parse(File.ReadAllText(Genuine.Folder("golden/wfdb/catalogue.json")));
        var expected = golden.RootElement.GetProperty("records").EnumerateArray()
            .First(entry => entry.GetProperty("record").GetString() == record && !entry.TryGetProperty("range", out _)).Clone();
        var path = Path.Join(root, record + ".hea");
        return (WfdbHeader.Parse(File.ReadAllBytes(path), path), Path.GetDirectoryName(path)!, expected);
    }

    private static int[] Unpack(WfdbSignalFile file, WfdbHeader header, string folder, int frames)
    {
        var bytes = File.ReadAllBytes(Path.Join(folder, file.Name));
        Assert.Equal(frames, file.CountFrames(bytes, header.FrameCount, file.Name));
        var values = new int[frames * file.SamplesPerFrame];
        file.Format.Unpack(bytes.AsSpan((int)file.ByteOffset), 0, values);
        return values;
    }

    private static string Hash(int[] values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(values)));
}
