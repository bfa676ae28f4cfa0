using EcgData.Signals;

namespace EcgData.Sources.Wfdb;

/// <summary>A signal file as its header describes it: which signals it interleaves, and how.</summary>
/// <param name="Name">Relative to the header's folder.</param>
/// <param name="ByteOffset">Bytes before the first sample.</param>
/// <param name="FirstSignal">Index of its first signal in the header.</param>
/// <param name="SamplesPerFrame">Of all its signals together.</param>
/// <param name="IsPlain">One sample of each signal per frame, none of them skewed.</param>
internal readonly record struct WfdbSignalFile(
    string Name, WfdbSignalFormat Format, long ByteOffset, int FirstSignal, int SignalCount, int SamplesPerFrame, bool IsPlain)
{
    /// <summary>The files of a header, in the order of their signals.</summary>
    /// <param name="headerFile">Path of the header, for messages.</param>
    /// <exception cref="RecordException">
    /// <c>UnsupportedFormat</c>: a format that is not read; <c>Header</c>: the lines of one file contradict each other.
    /// </exception>
    public static WfdbSignalFile[] Of(WfdbHeader header, string headerFile)
    {
        var signals = header.Signals;
        var files = new WfdbSignalFile[CountRuns(signals)];
        var first = 0;
        for (var index = 0; index < files.Length; index++)
        {
            var line = signals[first];
            var format = WfdbSignalFormat.Find(line.Format) ?? throw new RecordException(
                RejectionReason.UnsupportedFormat,
                $"{headerFile}, line {line.LineNumber}: signal format {line.Format}; readable are {WfdbSignalFormat.Readable}. " +
                "Leave the record out, or teach WfdbSignalFormat the format.");
            var samplesPerFrame = 0;
            var isPlain = true;
            var end = first;
            for (; end < signals.Length && signals[end].File == line.File; end++)
            {
                if (signals[end].Format != line.Format || signals[end].ByteOffset != line.ByteOffset)
                    throw Contradiction(
                        headerFile, signals[end].LineNumber,
                        $"format {signals[end].Format} at byte {signals[end].ByteOffset} of {line.File}; " +
                        $"expected {line.Format} at byte {line.ByteOffset} as on line {line.LineNumber}");
                samplesPerFrame += signals[end].SamplesPerFrame;
                isPlain &= signals[end].SamplesPerFrame == 1 && signals[end].SkewFrames == 0;
            }

            foreach (var earlier in files.AsSpan(0, index))
                if (earlier.Name == line.File)
                    throw Contradiction(
                        headerFile, line.LineNumber, $"another signal of {line.File}; expected all signals of a file on consecutive lines");
            files[index] = new WfdbSignalFile(line.File, format, line.ByteOffset, first, end - first, samplesPerFrame, isPlain);
            first = end;
        }

        return files;
    }

    /// <summary>Frames that the file holds.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="announced">Frames that the header promises; null = take what is there.</param>
    /// <param name="path">For messages.</param>
    /// <returns><paramref name="announced"/>, or all frames of the file.</returns>
    /// <remarks>
    /// Bytes behind the announced frames are ignored: pieces of a longer file and padding up to a block are valid WFDB. Where nothing is
    /// announced the file must end with a frame, save one byte by which some writers fill up the last pair of format 212.
    /// </remarks>
    /// <exception cref="RecordException">
    /// <c>Truncated</c>: fewer bytes than promised; <c>Header</c>: a matrix of other dimensions.
    /// </exception>
    public long CountFrames(ReadOnlySpan<byte> bytes, long? announced, string path)
    {
        if (MatlabMatrix.IsNamed(Name))
        {
            var columns = MatlabMatrix.ReadColumns(bytes, SamplesPerFrame, Format.Code, ByteOffset, path);
            if (announced is { } expected && expected != columns)
                throw new RecordException(
                    RejectionReason.Header,
                    $"{path}: {columns} columns; the WFDB header announces {expected} samples per signal. Download the record again.");
            announced = columns;
        }

        var available = bytes.Length - ByteOffset;
        var frames = available <= 0 ? 0 : Format.SamplesIn(available) / SamplesPerFrame;
        if (frames == 0 || frames < announced)
            throw new RecordException(
                RejectionReason.Truncated,
                $"{path}: {bytes.Length} bytes hold {frames} frames of {SamplesPerFrame} samples in format {Format.Code} from byte " +
                $"{ByteOffset} on; expected {announced?.ToString() ?? "at least 1"}. Download the file again.");
        if (announced is null && available - Format.BytesFor(frames * SamplesPerFrame) > (Format.Code == 212 ? 1 : 0))
            throw new RecordException(
                RejectionReason.Truncated,
                $"{path}: {bytes.Length} bytes end inside frame {frames + 1}, and the header announces no number of samples. " +
                "Expected whole frames. Download the file again.");
        return announced ?? frames;
    }

    private static int CountRuns(ReadOnlySpan<WfdbSignal> signals)
    {
        var runs = 0;
        for (var index = 0; index < signals.Length; index++)
            if (index == 0 || signals[index].File != signals[index - 1].File) runs++;
        return runs;
    }

    private static RecordException Contradiction(string headerFile, int line, string message) =>
        new(RejectionReason.Header, $"{headerFile}, line {line}: {message}. Correct the header, or leave the record out.");
}
