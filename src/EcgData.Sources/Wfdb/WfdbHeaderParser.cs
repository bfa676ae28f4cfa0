using System.Text;

namespace EcgData.Sources.Wfdb;

/// <summary>One pass over the text of a header. Allocates the header, its names and its comments, nothing else.</summary>
internal ref partial struct WfdbHeaderParser(ReadOnlySpan<byte> text, string file)
{
    private const double DefaultFrequencyHz = 250;
    private const double DefaultGain = 200;
    private const int DefaultAdcBits = 12;
    private const int MostSamplesPerFrame = 1 << 16;
    private const int LargestBaseline = 1 << 30;   // leaves room for a stored value's difference from it in an int

    private readonly ReadOnlySpan<byte> _text = text;
    private ReadOnlySpan<byte> _rest;
    private int _lineNumber;
    private List<string>? _comments;

    // The twelve signals of a record mostly share these; the texts are compared before they are read again.
    private ReadOnlySpan<byte> _lastFile;
    private ReadOnlySpan<byte> _lastGain;
    private string _lastFileName = "";
    private (double Gain, int? Baseline, string Units) _lastCalibration;

    public WfdbHeader Parse()
    {
        if (_text.Length > WfdbHeader.LongestBytes)
            throw Invalid($"{_text.Length} bytes; a header has at most {WfdbHeader.LongestBytes}. Is this a header?");
        if (_text.IndexOf((byte)0) is var nul and >= 0)
            throw Invalid($"byte {nul} is NUL; a header is UTF-8 text. Download the file again.");
        _rest = _text.StartsWith("\uFEFF"u8) ? _text[3..] : _text;

        if (!TryReadLine(out var line))
            throw Invalid("no record line; expected 'name signals frequency samples'. Download the file again.");
        var name = ReadName(Token(ref line), out var segmentCount);
        var signalCount = (int)Integer(Token(ref line), "number of signals", 0, WfdbHeader.MostSignals);
        var (frequencyHz, counterFrequencyHz, baseCounter) = ReadFrequency(Token(ref line));
        var frameCount = ReadFrameCount(ref line);
        var tail = Trim(line);
        var (time, date) = WfdbStart.Parse(tail);

        var signals = segmentCount is null ? ReadSignals(signalCount) : [];
        var segments = segmentCount is { } count ? ReadSegments(count) : [];
        if (TryReadLine(out line))
            throw Invalid("line", line, $"the end, after the {signals.Length + segments.Length} lines that the record line announces");
        return new WfdbHeader
        {
            RecordName = name,
            FrameFrequencyHz = frequencyHz,
            CounterFrequencyHz = counterFrequencyHz,
            BaseCounter = baseCounter,
            FrameCount = frameCount,
            StartTime = time,
            StartDate = date,
            RecordLineTail = tail.IsEmpty ? null : Encoding.UTF8.GetString(tail),
            Signals = signals,
            Segments = segments,
            Comments = _comments ?? (IReadOnlyList<string>)[],
        };
    }

    private readonly string ReadName(ReadOnlySpan<byte> token, out int? segmentCount)
    {
        segmentCount = null;
        var slash = token.LastIndexOf((byte)'/');
        if (slash >= 0) segmentCount = (int)Integer(token[(slash + 1)..], "number of segments", 1, int.MaxValue);
        return Encoding.UTF8.GetString(slash >= 0 ? token[..slash] : token);
    }

    private readonly (double Hz, double? CounterHz, double? BaseCounter) ReadFrequency(ReadOnlySpan<byte> token)
    {
        if (token.IsEmpty) return (DefaultFrequencyHz, null, null);
        double? counterHz = null, baseCounter = null;
        var slash = token.IndexOf((byte)'/');
        var own = slash >= 0 ? token[..slash] : token;
        if (slash >= 0)
        {
            var counter = token[(slash + 1)..];
            if (TakeParenthesis(ref counter, out var inner, out var behind))
            {
                if (!behind.IsEmpty) throw Invalid("counter frequency", token, "nothing behind the base counter");
                baseCounter = Real(inner, "base counter");
            }

            counterHz = Real(counter, "counter frequency");
        }

        var hz = Real(own, "sampling frequency");
        return hz > 0 ? (hz, counterHz, baseCounter) : throw Invalid("sampling frequency", own, "a number of Hz above 0");
    }

    private readonly long? ReadFrameCount(ref ReadOnlySpan<byte> line)
    {
        var token = Token(ref line);
        if (token.IsEmpty) return null;
        if (!TryInteger(token, out var count) && !Trim(line).IsEmpty)
            throw Invalid(
                "number of samples", token, "a whole number",
                "The line break between the record line and the first signal line seems to be lost. Restore it, or leave the record out.");
        count = Integer(token, "number of samples", 0, long.MaxValue);
        return count == 0 ? null : count;
    }

    private WfdbSegment[] ReadSegments(int announced)
    {
        List<WfdbSegment> segments = [];   // grows with the lines that are there, whatever is announced
        while (segments.Count < announced && TryReadLine(out var line))
        {
            var name = Encoding.UTF8.GetString(Token(ref line));
            segments.Add(new WfdbSegment(name, Integer(Token(ref line), "number of samples", 0, long.MaxValue)));
            if (!Trim(line).IsEmpty) throw Invalid("segment line", line, "'name samples' and no more");
        }

        return segments.Count == announced ? [.. segments] : throw TooFewLines("segment", announced, segments.Count);
    }

    private WfdbSignal[] ReadSignals(int announced)
    {
        var signals = new WfdbSignal[announced];   // at most MostSignals
        for (var index = 0; index < announced; index++)
        {
            if (!TryReadLine(out var line)) throw TooFewLines("signal", announced, index);
            signals[index] = ReadSignal(line);
        }

        return signals;
    }

    private WfdbSignal ReadSignal(ReadOnlySpan<byte> line)
    {
        var fileName = ReadFileName(Token(ref line));
        var (format, samplesPerFrame, skew, byteOffset) = ReadFormat(Token(ref line));
        var (gain, baseline, units) = ReadCalibration(Token(ref line));
        var adcBits = (int)Optional(Token(ref line), "ADC resolution", 0, 64, DefaultAdcBits);
        var adcZero = (int)Optional(Token(ref line), "ADC zero", -LargestBaseline, LargestBaseline, 0);
        var initial = (int)Optional(Token(ref line), "initial value", int.MinValue, int.MaxValue, adcZero);
        var checksum = Token(ref line);
        return new WfdbSignal
        {
            LineNumber = _lineNumber,
            File = fileName,
            Format = format,
            SamplesPerFrame = samplesPerFrame,
            SkewFrames = skew,
            ByteOffset = byteOffset,
            Gain = gain,
            Baseline = baseline ?? adcZero,
            Units = units,
            AdcBits = adcBits,
            AdcZero = adcZero,
            InitialValue = initial,
            Checksum = checksum.IsEmpty ? null : (int)Integer(checksum, "checksum", int.MinValue, int.MaxValue),
            BlockSize = (int)Optional(Token(ref line), "block size", 0, int.MaxValue, 0),
            Description = Encoding.UTF8.GetString(Trim(line)),
        };
    }

    private string ReadFileName(ReadOnlySpan<byte> token)
    {
        if (_lastFile.SequenceEqual(token)) return _lastFileName;
        if (token.IsEmpty) throw Invalid("file name", token, "a name relative to the header's folder");
        _lastFile = token;
        return _lastFileName = Encoding.UTF8.GetString(token);
    }

    /// <summary><c>format[xSamplesPerFrame][:skew][+byteOffset]</c></summary>
    private readonly (int Format, int SamplesPerFrame, int Skew, long ByteOffset) ReadFormat(ReadOnlySpan<byte> token)
    {
        var rest = token;
        var format = (int)Leading(ref rest, token, "signal format", 0, int.MaxValue);
        var samplesPerFrame = 1;
        var skew = 0;
        var byteOffset = 0L;
        if (TakeSign(ref rest, 'x')) samplesPerFrame = (int)Leading(ref rest, token, "samples per frame", 1, MostSamplesPerFrame);
        if (TakeSign(ref rest, ':')) skew = (int)Leading(ref rest, token, "skew", 0, int.MaxValue);
        if (TakeSign(ref rest, '+')) byteOffset = Leading(ref rest, token, "byte offset", 0, long.MaxValue);
        return rest.IsEmpty
            ? (format, samplesPerFrame, skew, byteOffset)
            : throw Invalid("signal format", token, "a form such as 16, 16x2, 16:3 or 16+24");
    }

    /// <summary><c>gain[(baseline)][/units]</c></summary>
    private (double Gain, int? Baseline, string Units) ReadCalibration(ReadOnlySpan<byte> token)
    {
        if (token.IsEmpty) return (DefaultGain, null, "mV");
        if (token.SequenceEqual(_lastGain)) return _lastCalibration;
        var slash = token.IndexOf((byte)'/');
        var units = slash >= 0 ? token[(slash + 1)..] : "mV"u8;
        var calibration = slash >= 0 ? token[..slash] : token;
        int? baseline = null;
        if (TakeParenthesis(ref calibration, out var inner, out var behind))
        {
            if (!behind.IsEmpty) throw Invalid("gain", token, "a form such as 200, 200(1024) or 200(1024)/mV");
            baseline = (int)Integer(inner, "baseline", -LargestBaseline, LargestBaseline);
        }

        var gain = Real(calibration, "gain");
        if (gain < 0) throw Invalid("gain", calibration, "a number of ADC units per physical unit, 0 for unknown");
        if (units.IsEmpty) throw Invalid("units", token, "a unit behind the '/'");
        _lastGain = token;
        var unitsText = units.SequenceEqual("mV"u8) ? "mV" : Encoding.UTF8.GetString(units);
        return _lastCalibration = (gain == 0 ? DefaultGain : gain, baseline, unitsText);
    }
}
