namespace EcgData.Sources.Wfdb;

/// <summary>What a WFDB header says about its record; nothing has been compared with the signal files.</summary>
/// <remarks>WFDB header(5), manual pages of the WFDB software package.</remarks>
internal sealed class WfdbHeader
{
    /// <summary>Longest header that is read. Genuine ones are below 10 kB; a mistaken file must not fill the memory.</summary>
    public const int LongestBytes = 1 << 20;

    /// <summary>Most signals that a header may announce.</summary>
    public const int MostSignals = 1024;

    /// <summary>As written; some sources keep the extension of the signal file.</summary>
    public required string RecordName { get; init; }

    /// <summary>Frames per second, Hz. A signal has <see cref="WfdbSignal.SamplesPerFrame"/> samples in each.</summary>
    public required double FrameFrequencyHz { get; init; }

    public double? CounterFrequencyHz { get; init; }

    public double? BaseCounter { get; init; }

    /// <summary>Frames of the record, at least 1; null where the header leaves it to the size of the signal file.</summary>
    public long? FrameCount { get; init; }

    public TimeOnly? StartTime { get; init; }

    public DateOnly? StartDate { get; init; }

    /// <summary>What follows the number of samples on the record line, as written: start time and date in whichever dialect.</summary>
    public string? RecordLineTail { get; init; }

    /// <summary>In the order of their lines; empty where the record has segments.</summary>
    public required WfdbSignal[] Signals { get; init; }

    /// <summary>The pieces of a multi-segment record, else empty.</summary>
    public required IReadOnlyList<WfdbSegment> Segments { get; init; }

    /// <summary>Comment lines in their order, without the <c>#</c> and the blanks around.</summary>
    public required IReadOnlyList<string> Comments { get; init; }

    /// <param name="text">The header file: UTF-8 text with LF or CRLF.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <exception cref="EcgData.Signals.RecordException">The text does not follow the format (<c>Header</c>); names line and field.</exception>
    public static WfdbHeader Parse(ReadOnlySpan<byte> text, string file) => new WfdbHeaderParser(text, file).Parse();
}

/// <summary>A signal line of a header, defaults filled in.</summary>
internal readonly record struct WfdbSignal
{
    /// <summary>Line of the header, from 1, for messages.</summary>
    public required int LineNumber { get; init; }

    /// <summary>Relative to the header's folder; <c>~</c> where there are no samples.</summary>
    public required string File { get; init; }

    /// <summary>Code of the signal format.</summary>
    public required int Format { get; init; }

    public required int SamplesPerFrame { get; init; }

    /// <summary>Frames that this signal starts late in its file.</summary>
    public required int SkewFrames { get; init; }

    /// <summary>Bytes of the file before its first sample.</summary>
    public required long ByteOffset { get; init; }

    /// <summary>ADC units per physical unit, greater than 0; 200 where the header has 0 or none.</summary>
    public required double Gain { get; init; }

    /// <summary>ADC value at 0 physical units.</summary>
    public required int Baseline { get; init; }

    /// <summary>Physical unit, as written; <c>mV</c> where the header has none.</summary>
    public required string Units { get; init; }

    public required int AdcBits { get; init; }

    public required int AdcZero { get; init; }

    /// <summary>The first stored value. Not reliable where a frame holds several samples of the signal.</summary>
    public required int InitialValue { get; init; }

    /// <summary>Sum of all stored values, signed or unsigned: compare modulo 65,536. Null where the header has none.</summary>
    public required int? Checksum { get; init; }

    public required int BlockSize { get; init; }

    /// <summary>The lead name, "" where the header has none.</summary>
    public required string Description { get; init; }
}

/// <summary>A piece of a multi-segment record.</summary>
/// <param name="RecordName">The piece's own record; <c>~</c> is a gap.</param>
internal readonly record struct WfdbSegment(string RecordName, long FrameCount);
