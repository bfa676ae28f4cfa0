using System.Text;
using System.Text.Json;
using EcgData.Signals;
using EcgData.Sources.Wfdb;

namespace EcgData.Tests.Wfdb;

public sealed class WfdbHeaderTests
{
    private static WfdbHeader Parse(string text) => WfdbHeader.Parse(Encoding.UTF8.GetBytes(text), "a/r.hea");

    private static WfdbSignal ParseSignal(string line) => Parse($"r 1 500 10\n{line}\n").Signals.Single();

    [Fact]
    public void Parse_RecordLineWithEverything_ReadsEverything()
    {
        var header = Parse("r_1 0 360.5/3.6e2(-12.5) 650000 8:26:04.250 26/10/1994\n");
        Assert.Equal("r_1", header.RecordName);
        Assert.Equal(360.5, header.FrameFrequencyHz);
        Assert.Equal(360, header.CounterFrequencyHz);
        Assert.Equal(-12.5, header.BaseCounter);
        Assert.Equal(650_000, header.FrameCount);
        Assert.Equal(new TimeOnly(8, 26, 4, 250), header.StartTime);
        Assert.Equal(new DateOnly(1994, 10, 26), header.StartDate);
        Assert.Equal("8:26:04.250 26/10/1994", header.RecordLineTail);
        Assert.Empty(header.Signals);
    }

    [Theory]
    [InlineData("r 0", 250, null)]
    [InlineData("r 0 360.", 360, null)]
    [InlineData("r 0 3.6e2 0", 360, null)]
    [InlineData("r\t0\t 500  5000", 500, 5000L)]
    [InlineData("r.mat 0 500/500 5000", 500, 5000L)]
    [InlineData("\uFEFFr 0 257 7", 257, 7L)]
    public void Parse_RecordLine_HasItsDefaults(string line, double hz, long? frames)
    {
        var header = Parse(line);
        Assert.Equal((hz, frames), (header.FrameFrequencyHz, header.FrameCount));
    }

    [Theory]
    [InlineData("11:39:16", "11:39:16", null)]
    [InlineData("39:16", "00:39:16", null)]
    [InlineData("16", "00:00:16", null)]
    [InlineData("1:2:3.5  4/5/2101", "01:02:03.5", "2101-05-04")]
    [InlineData("05-Feb-2020 11:39:16", "11:39:16", "2020-02-05")]
    [InlineData("05-Feb-2020", null, "2020-02-05")]
    [InlineData("25:00:00", null, null)]
    [InlineData("1:2:3:4", null, null)]
    [InlineData("yesterday at noon", null, null)]
    [InlineData("an end of a record line that is longer than any time and date could ever be", null, null)]
    public void Parse_EndOfRecordLine_IsTimeAndDateOfBothDialects(string tail, string? time, string? date)
    {
        var header = Parse($"r 0 500 5000 {tail}\r\n");
        Assert.Equal(time is null ? null : TimeOnly.Parse(time), header.StartTime);
        Assert.Equal(date is null ? null : DateOnly.Parse(date), header.StartDate);
        Assert.Equal(tail, header.RecordLineTail);
    }

    [Fact]
    public void Parse_SignalLineWithEverything_ReadsEverything()
    {
        var signal = ParseSignal("d/r.dat 212x4:3+512 1.052e+04(-1605)/uV 11 1024 995 -22131 256 left  arm \t");
        Assert.Equal(
            new WfdbSignal
            {
                LineNumber = 2,
                File = "d/r.dat",
                Format = 212,
                SamplesPerFrame = 4,
                SkewFrames = 3,
                ByteOffset = 512,
                Gain = 10520,
                Baseline = -1605,
                Units = "uV",
                AdcBits = 11,
                AdcZero = 1024,
                InitialValue = 995,
                Checksum = -22131,
                BlockSize = 256,
                Description = "left  arm",
            },
            signal);
    }

    [Fact]
    public void Parse_SignalLineWithFileAndFormat_HasDefaults()
    {
        var signal = ParseSignal("r.dat 16");
        Assert.Equal(
            new WfdbSignal
            {
                LineNumber = 2,
                File = "r.dat",
                Format = 16,
                SamplesPerFrame = 1,
                SkewFrames = 0,
                ByteOffset = 0,
                Gain = 200,
                Baseline = 0,
                Units = "mV",
                AdcBits = 12,
                AdcZero = 0,
                InitialValue = 0,
                Checksum = null,
                BlockSize = 0,
                Description = "",
            },
            signal);
    }

    [Theory]
    [InlineData("16x1+24", 1, 0, 24L)]
    [InlineData("16+24", 1, 0, 24L)]
    [InlineData("16:7", 1, 7, 0L)]
    [InlineData("16x2", 2, 0, 0L)]
    [InlineData("16x2:1", 2, 1, 0L)]
    [InlineData("16:1+8", 1, 1, 8L)]
    public void Parse_Format_SplitsIntoItsParts(string format, int samplesPerFrame, int skew, long offset)
    {
        var signal = ParseSignal($"r.dat {format} 200");
        Assert.Equal((16, samplesPerFrame, skew, offset), (signal.Format, signal.SamplesPerFrame, signal.SkewFrames, signal.ByteOffset));
    }

    [Theory]
    [InlineData("1000", 1000, 1024, "mV")]                    // baseline: the ADC zero
    [InlineData("1000.0(0)/mV", 1000, 0, "mV")]
    [InlineData("54802.393207054214(8201)/mV", 54802.393207054214, 8201, "mV")]
    [InlineData("42444.15189873418(-13120)/mv", 42444.15189873418, -13120, "mv")]
    [InlineData("0/mV", 200, 1024, "mV")]                     // uncalibrated
    [InlineData("0(3)", 200, 3, "mV")]
    [InlineData("1(0)/\u00B5V", 1, 0, "\u00B5V")]
    public void Parse_Gain_SplitsIntoItsParts(string gain, double expected, int baseline, string units)
    {
        var signal = ParseSignal($"r.dat 16 {gain} 16 1024");
        Assert.Equal((expected, baseline, units, 1024), (signal.Gain, signal.Baseline, signal.Units, signal.InitialValue));
    }

    [Fact]
    public void Parse_EqualGainsWithOtherZeros_EachHasItsOwnBaseline()
    {
        var header = Parse("r 2 500 10\nr.dat 16 200 12 5 0 0 0 I\nr.dat 16 200 12 7 0 0 0 II\n");
        Assert.Equal([5, 7], header.Signals.Select(signal => signal.Baseline));
    }

    [Fact]
    public void Parse_CommentsAndBlankLinesAnywhere_CommentsAreKept()
    {
        var header = Parse("#first\r\n\r\nr 1 500 10\r\n# <age>: 65\n\t\n  #\t Dx: 1,2 \nr.dat 16 200 16 0 0 0 0 vx\r\n#\n# \u00E9\u7121");
        Assert.Equal(["first", "<age>: 65", "Dx: 1,2", "", "\u00E9\u7121"], header.Comments);
        Assert.Equal("vx", header.Signals.Single().Description);
        Assert.Equal(7, header.Signals.Single().LineNumber);
    }

    [Fact]
    public void Parse_MultiSegment_ListsTheSegments()
    {
        var header = Parse("s/3 2 125 54377 10:44:18.529\ns_layout 0\n~ 25740\ns_0001 28637\n");
        Assert.Equal("s", header.RecordName);
        Assert.Equal([new("s_layout", 0), new("~", 25740), new("s_0001", 28637)], header.Segments);
        Assert.Empty(header.Signals);
    }

    [Fact]
    public void Parse_LineOver255Characters_IsRead()
    {
        var name = new string('n', 3000);
        Assert.Equal(name, ParseSignal($"r.dat 16 200 16 0 0 0 0 {name}").Description);
    }

    [Theory]
    [InlineData("", "r.hea: no record line")]
    [InlineData("\n# only\n#comments\n", "no record line")]
    [InlineData("r", "line 1: number of signals is absent")]
    [InlineData("r x", "line 1: number of signals is 'x'")]
    [InlineData("r -1 500 10", "number of signals is '-1'")]
    [InlineData("r 2147483648 500 10", "number of signals is '2147483648'")]
    [InlineData("r 1000000000000000000 500 10", "number of signals")]
    [InlineData("r 1e3 500 10", "number of signals")]
    [InlineData("r 1 0 10", "sampling frequency is '0'")]
    [InlineData("r 1 -500 10", "sampling frequency is '-500'")]
    [InlineData("r 1 NaN 10", "sampling frequency is 'NaN'")]
    [InlineData("r 1 1e999 10", "sampling frequency is '1e999'")]
    [InlineData("r 1 Infinity 10", "sampling frequency")]
    [InlineData("r 1 500Hz 10", "sampling frequency is '500Hz'")]
    [InlineData("r 1 500/x 10", "counter frequency is 'x'")]
    [InlineData("r 1 500/5(x) 10", "base counter is 'x'")]
    [InlineData("r 1 500/5(1 10", "parenthesis")]
    [InlineData("r 1 500/5(1)z 10", "counter frequency")]
    [InlineData("r 1 500 -5", "number of samples is '-5'")]
    [InlineData("r 1 500 99999999999999999999", "number of samples")]
    [InlineData("r 1 500 10.5", "number of samples is '10.5'")]
    [InlineData("r/0 1 500 10", "number of segments is '0'")]
    [InlineData("r/x 1 500 10", "number of segments is 'x'")]
    [InlineData("r/2147483647 1 500 10\na 10\n", "1 segment lines; the record line announces 2147483647")]
    [InlineData("r/1 1 500 10\na\n", "line 2: number of samples is absent")]
    [InlineData("r/1 1 500 10\na 10 b\n", "segment line")]
    public void Parse_BadRecordLine_IsRejectedByLineAndField(string text, string expected) => AssertHeaderRejection(text, expected);

    [Theory]
    [InlineData("r.dat", "signal format is absent")]
    [InlineData("r.dat x2", "signal format is 'x2'")]
    [InlineData("r.dat 16x0", "samples per frame is '16x0'")]
    [InlineData("r.dat 16x", "samples per frame")]
    [InlineData("r.dat 16x-1", "samples per frame")]
    [InlineData("r.dat 16x2147483647", "samples per frame")]
    [InlineData("r.dat 16:-1", "skew is '16:-1'")]
    [InlineData("r.dat 16+-24", "byte offset is '16+-24'")]
    [InlineData("r.dat 16++24", "byte offset")]
    [InlineData("r.dat 16+9223372036854775808", "byte offset")]
    [InlineData("r.dat 16+24:3", "signal format is '16+24:3'")]
    [InlineData("r.dat 16 -200", "gain is '-200'")]
    [InlineData("r.dat 16 NaN/mV", "gain is 'NaN'")]
    [InlineData("r.dat 16 inf", "gain is 'inf'")]
    [InlineData("r.dat 16 Infinity", "gain is 'Infinity'")]
    [InlineData("r.dat 16 1e400", "gain is '1e400'")]
    [InlineData("r.dat 16 /mV", "gain is absent")]
    [InlineData("r.dat 16 200/", "units")]
    [InlineData("r.dat 16 200(x)", "baseline is 'x'")]
    [InlineData("r.dat 16 200(2147483648)", "baseline")]
    [InlineData("r.dat 16 200(1)2/mV", "gain is '200(1)2/mV'")]
    [InlineData("r.dat 16 200)1(", "parenthesis")]
    [InlineData("r.dat 16 200 -1", "ADC resolution is '-1'")]
    [InlineData("r.dat 16 200 16 x", "ADC zero is 'x'")]
    [InlineData("r.dat 16 200 16 0 1.5", "initial value is '1.5'")]
    [InlineData("r.dat 16 200 16 0 0 1e5", "checksum is '1e5'")]
    [InlineData("r.dat 16 200 16 0 0 0 -1", "block size is '-1'")]
    [InlineData("r.dat 16 200 I", "ADC resolution is 'I'")]
    public void Parse_BadSignalLine_IsRejectedByLineAndField(string line, string expected) =>
        AssertHeaderRejection($"r 1 500 10\n{line}", expected, "line 2");

    [Fact]
    public void Parse_LostLineBreakAfterRecordLine_IsRejected()   // as two records of ecg-arrhythmia are published
    {
        var lines = string.Concat(Enumerable.Range(0, 11).Select(lead => $"JS01052.mat 16+24 1000/mV 16 0 15 312 0 {Montage.Names[lead + 1]}\n"));
        AssertHeaderRejection($"JS01052 12 500 500000/mV 16 0 15 31255 0 I\n{lines}#Age: 59\n", "'500000/mV'", "line 1", "line break");
        AssertHeaderRejection($"JS01052 12 500 5000 16+24 1000/mV 16 0 15 31255 0 I\n{lines}", "11 signal lines; the record line announces 12");
    }

    [Fact]
    public void Parse_MoreLinesThanAnnounced_IsRejected() =>
        AssertHeaderRejection("r 1 500 10\nr.dat 16\nr.dat 16 200\n", "line 3: line is 'r.dat 16 200'");

    [Theory]
    [InlineData("r 1 500 10\0\nr.dat 16")]
    [InlineData("\0")]
    public void Parse_NulByte_IsRejected(string text) => AssertHeaderRejection(text, "is NUL");

    [Fact]
    public void Parse_ControlCharactersAndLongTokens_AreQuotedOnOneShortLine()
    {
        var message = AssertHeaderRejection("r " + new string('\u001B', 20) + new string('9', 5000), "number of signals");
        Assert.DoesNotContain(message, char.IsControl);
        Assert.InRange(message.Length, 1, 400);
    }

    [Fact]
    public void Parse_HugeFile_IsRejectedUnread()
    {
        var text = new byte[WfdbHeader.LongestBytes + 1];
        text.AsSpan().Fill((byte)'#');
        var thrown = Assert.Throws<RecordException>(() => WfdbHeader.Parse(text, "r.hea"));
        Assert.Equal(RejectionReason.Header, thrown.Reason);
    }

    [Fact]
    public void Parse_EveryGenuineSampleHeader_AgreesWithTheReferenceReader()
    {
        var folder = Genuine.Folder("data/real/wfdb-formats");
        using var golden = JsonDocument.Parse(File.ReadAllText(Genuine.Folder("golden/wfdb/catalogue.json")));
        var compared = 0;
        foreach (var record in golden.RootElement.GetProperty("records").EnumerateArray())
        {
            var path = Path.Join(folder, record.GetProperty("record").GetString() + ".hea");
            if (record.GetProperty("kind").GetString() != "single" || record.TryGetProperty("range", out _) || !File.Exists(path)) continue;
            var expected = record.GetProperty("header");
            var header = WfdbHeader.Parse(File.ReadAllBytes(path), path);
            Assert.Equal(expected.GetProperty("fs").GetDouble(), header.FrameFrequencyHz);
            Assert.Equal(expected.GetProperty("n_comments").GetInt32(), header.Comments.Count);
            if (!path.Contains("no-len", StringComparison.Ordinal)) Assert.Equal(expected.GetProperty("sig_len").GetInt64(), header.FrameCount);
            AssertColumn("file_name", header, signal => signal.File, value => value.GetString());
            AssertColumn("fmt", header, signal => signal.Format.ToString(), value => value.GetString());
            AssertColumn("samps_per_frame", header, signal => signal.SamplesPerFrame, value => value.GetInt32());
            AssertColumn("skew", header, signal => signal.SkewFrames, value => value.ValueKind == JsonValueKind.Null ? 0 : value.GetInt32());
            AssertColumn("byte_offset", header, signal => signal.ByteOffset, value => value.ValueKind == JsonValueKind.Null ? 0 : value.GetInt64());
            AssertColumn("adc_gain", header, signal => signal.Gain, value => value.GetDouble());
            AssertColumn("baseline", header, signal => signal.Baseline, value => value.GetInt32());
            AssertColumn("units", header, signal => signal.Units, value => value.GetString());
            AssertColumn("adc_res", header, signal => signal.AdcBits, value => value.GetInt32());
            AssertColumn("adc_zero", header, signal => signal.AdcZero, value => value.GetInt32());
            AssertColumn("init_value", header, signal => signal.InitialValue, value => value.GetInt32());
            AssertColumn("header_checksum", header, signal => signal.Checksum, value => (int?)value.GetInt32());
            AssertColumn("block_size", header, signal => signal.BlockSize, value => value.GetInt32());
            AssertColumn("sig_name", header, signal => signal.Description, value => value.GetString());
            compared++;

            void AssertColumn<T>(string name, WfdbHeader header, Func<WfdbSignal, T> actual, Func<JsonElement, T> read) =>
                Assert.Equal(expected.GetProperty(name).EnumerateArray().Select(read), header.Signals.Select(actual));
        }

        Assert.True(compared > 30, $"{compared} headers compared");
    }

    [Theory]
    [InlineData("data/real/ptb-xl")]
    [InlineData("data/real/challenge-2021")]
    [InlineData("data/real/challenge-2020-early")]
    [InlineData("data/real/ecg-arrhythmia")]
    [InlineData("data/real/mimic-iv-ecg")]
    [InlineData("data/real/ptbdb")]
    public void Parse_GenuineHeaders_HaveTwelveStandardLeads(string folder)
    {
        var paths = Directory.GetFiles(Genuine.Folder(folder), "*.hea", SearchOption.AllDirectories);
        Assert.NotEmpty(paths);
        foreach (var path in paths)
        {
            var header = WfdbHeader.Parse(File.ReadAllBytes(path), path);
            Assert.Equal(12, header.Signals.Count(signal => Montage.TryParse(signal.Description, out _)));
            Assert.NotNull(header.FrameCount);
        }
    }

    private static string AssertHeaderRejection(string text, params string[] expected)
    {
        var thrown = Assert.Throws<RecordException>(() => Parse(text));
        Assert.Equal(RejectionReason.Header, thrown.Reason);
        Assert.StartsWith("a/r.hea", thrown.Message, StringComparison.Ordinal);
        Assert.All(expected, part => Assert.Contains(part, thrown.Message, StringComparison.Ordinal));
        return thrown.Message;
    }
}
