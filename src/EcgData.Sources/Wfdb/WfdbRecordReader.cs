using EcgData.Signals;

namespace EcgData.Sources.Wfdb;

/// <summary>Reads the records of a source that publishes WFDB headers with their signal files.</summary>
public sealed class WfdbRecordReader(SourceFolder folder) : IRecordReader
{
    /// <summary>Most samples per lead that <see cref="Frames"/> holds.</summary>
    private const int MostSamples = int.MaxValue / Frames.Lanes / sizeof(float);

    /// <summary>Reads the entry's header (the file ending in <c>.hea</c>) and the signal files beside it.</summary>
    /// <remarks>
    /// WFDB header(5) and signal(5). Header checksums are verified where the header also has the number of samples; what they say is left
    /// to screening. A skewed signal ends with missing samples, as many as it starts late.
    /// </remarks>
    /// <exception cref="RecordException">
    /// <c>Header</c>, <c>UnsupportedFormat</c>, <c>Truncated</c>, <c>UnknownLead</c>, <c>NoSignal</c>, or a reason of
    /// <see cref="SourceFolder"/>.
    /// </exception>
    public EcgRecord Read(string recordId, CatalogueEntry entry)
    {
        var headerFile = FindHeader(recordId, entry);
        WfdbHeader header;
        using (var text = folder.Read(headerFile)) header = WfdbHeader.Parse(text.Span, headerFile.Path);
        if (header.Segments.Count > 0)
            throw new RecordException(
                RejectionReason.UnsupportedFormat,
                $"{headerFile.Path}: a record of {header.Segments.Count} segments; expected one with signals of its own. " +
                "Take in the segments as records, or leave this one out.");

        var montage = new WfdbMontage(header, headerFile.Path);
        var files = WfdbSignalFile.Of(header, headerFile.Path);
        var contents = new FileBytes?[files.Length];
        try
        {
            var frameCount = header.FrameCount;
            for (var index = 0; index < files.Length; index++)
            {
                var file = FindSignalFile(entry, headerFile.Path, files[index].Name);
                var bytes = contents[index] = folder.Read(file);
                var frames = files[index].CountFrames(bytes.Span, header.FrameCount, file.Path);
                if (frameCount is { } others && frames != others)
                    throw new RecordException(
                        RejectionReason.Truncated,
                        $"{file.Path}: {frames} frames; the record's first file has {others}. Download the files again.");
                frameCount = frames;
            }

            return Decode(recordId, header, headerFile.Path, montage, files, contents!, frameCount!.Value);
        }
        finally
        {
            foreach (var bytes in contents) bytes?.Dispose();
        }
    }

    public void Dispose()
    {
    }

    private static EcgRecord Decode(
        string recordId, WfdbHeader header, string headerPath, WfdbMontage montage,
        WfdbSignalFile[] files, FileBytes[] contents, long frameCount)
    {
        if (frameCount > MostSamples / montage.SamplesPerFrame)
            throw new RecordException(
                RejectionReason.UnsupportedFormat,
                $"{headerPath}: {frameCount} frames of {montage.SamplesPerFrame} samples per lead; at most {MostSamples} are read. " +
                "Cut the record into pieces, or leave it out.");

        Span<int> sums = stackalloc int[Frames.Lanes];
        sums.Clear();
        var frames = Frames.Rent((int)frameCount * montage.SamplesPerFrame);
        try
        {
            var interleaved = Array.FindIndex(files, file => WfdbSignals.IsInterleaved16(file, montage));
            if (interleaved >= 0)
            {
                var samples = contents[interleaved].Padded[(int)files[interleaved].ByteOffset..];
                WfdbSignals.DecodeInterleaved16(files[interleaved], montage, samples, frames.Values, sums);
            }
            else
            {
                frames.Values.Clear();
                for (var index = 0; index < files.Length; index++)
                {
                    var samples = contents[index].Span[(int)files[index].ByteOffset..];
                    WfdbSignals.Decode(files[index], header, montage, samples, (int)frameCount, frames.Values, sums);
                }
            }

            return new EcgRecord
            {
                RecordId = recordId,
                Frames = frames,
                SamplingFrequencyHz = header.FrameFrequencyHz * montage.SamplesPerFrame,
                Leads = montage.Leads,
                UnstoredLeads = montage.UnstoredLeads,
                HeaderChecksumMismatches = FindMismatches(header, montage, sums),
            };
        }
        catch
        {
            frames.Dispose();
            throw;
        }
    }

    private static LeadSet FindMismatches(WfdbHeader header, WfdbMontage montage, ReadOnlySpan<int> sums)
    {
        var mismatches = LeadSet.None;
        if (header.FrameCount is null) return mismatches;   // the sums are over samples that the header did not count
        for (var index = 0; index < header.Signals.Length; index++)
        {
            if (montage.LaneOf(index) is not (var lane and >= 0) || header.Signals[index].Checksum is not { } checksum) continue;
            if ((ushort)checksum != (ushort)sums[lane]) mismatches = mismatches.With((Lead)lane);
        }

        return mismatches;
    }

    private static RecordFile FindHeader(string recordId, CatalogueEntry entry)
    {
        foreach (var file in entry.Files)
            if (file.Path.EndsWith(".hea", StringComparison.Ordinal)) return file;
        throw new RecordException(
            RejectionReason.MissingFile, $"{recordId}: no header among its {entry.Files.Count} files; expected one ending in .hea.");
    }

    /// <summary>The entry's file that a header calls <paramref name="name"/>: only what the source lists is read.</summary>
    private RecordFile FindSignalFile(CatalogueEntry entry, string headerPath, string name)
    {
        var folderLength = headerPath.LastIndexOf('/') + 1;
        foreach (var file in entry.Files)
        {
            if (file.Path.Length == folderLength + name.Length && file.Path.EndsWith(name, StringComparison.Ordinal)
                && file.Path.AsSpan().StartsWith(headerPath.AsSpan(0, folderLength), StringComparison.Ordinal))
                return file;
        }

        folder.Resolve(name);   // a name that leads out of the folder has a reason of its own
        throw new RecordException(
            RejectionReason.Header,
            $"{headerPath}: signal file '{name}' is not one that the source lists for this record; " +
            $"listed are {string.Join(", ", entry.Files.Select(file => file.Path))}. Correct the header, or leave the record out.");
    }
}
