using EcgData.Signals;
using EcgData.Sources.Wfdb;

namespace EcgData.Sources.WfdbFolder;

/// <summary>Any folder of WFDB records, with an optional CSV about them (<see cref="SourceOptions.Table"/>).</summary>
/// <remarks>
/// The catalogue reads headers and the CSV, no signals. A record's native id is its path without extension, its folder the one that holds
/// its header. The CSV is described at <see cref="WfdbFolderTable"/>. With a CSV a record without a row is turned away: it would have
/// no patient, and one patient's records could end up in training and in test.
/// </remarks>
public sealed class WfdbFolderSource : IEcgSource
{
    private const string HeaderExtension = ".hea";

    public SourceManifest Manifest { get; } = SourceManifest.Load("wfdb");

    public int ReaderVersion => 1;

    /// <summary>The records of each folder before those of its sub-folders, all in ordinal order; then the rows without a record.</summary>
    /// <exception cref="SourceException">No header at all, a folder that cannot be listed, or a table that is not one.</exception>
    public IEnumerable<CatalogueEntry> ReadCatalogue(SourceFolder folder, SourceOptions options, CancellationToken cancel)
    {
        if (options.SamplingFrequencyHz is { } hz)
            throw new SourceException(
                $"wfdb: samplingFrequencyHz is {hz}, but a folder of WFDB records has no choice of frequencies. Leave the option out.");
        var table = options.Table is { } path ? WfdbFolderTable.Read(folder, path, cancel) : null;
        return ReadCatalogue(folder, table, cancel);
    }

    public IRecordReader OpenReader(SourceFolder folder, SourceOptions options) => new WfdbRecordReader(folder);

    private static IEnumerable<CatalogueEntry> ReadCatalogue(SourceFolder folder, WfdbFolderTable? table, CancellationToken cancel)
    {
        var found = false;
        foreach (var headerPath in FindHeaders(folder))
        {
            cancel.ThrowIfCancellationRequested();
            found = true;
            var entry = ReadEntry(folder, headerPath);
            yield return table is null ? entry : table.Describe(entry);
        }

        if (!found)
            throw new SourceException(
                $"{folder.Path}: no file ending in {HeaderExtension}, here or below. Expected WFDB records; give the folder that holds them.");
        foreach (var entry in table?.RowsWithoutRecord() ?? []) yield return entry;
    }

    private static CatalogueEntry ReadEntry(SourceFolder folder, string headerPath)
    {
        var slash = headerPath.LastIndexOf('/');
        var entry = new CatalogueEntry
        {
            NativeId = headerPath[..^HeaderExtension.Length],
            Folder = slash < 0 ? "" : headerPath[..slash],
            Files = [new RecordFile(headerPath)],
        };
        try
        {
            WfdbHeader header;
            using (var text = folder.Read(new RecordFile(headerPath))) header = WfdbHeader.Parse(text.Span, headerPath);
            return entry with
            {
                Files = [.. FindSignalFiles(folder, headerPath[..(slash + 1)], header), new RecordFile(headerPath)],
                Recorded = header.StartDate is null ? null : header.RecordLineTail,
            };
        }
        catch (RecordException e)
        {
            return entry with { Rejection = new Rejection(e.Reason, e.Message) };
        }
    }

    /// <summary>Each signal file once, in the order of the signals. Layout headers, whose file is <c>~</c>, have none.</summary>
    private static List<RecordFile> FindSignalFiles(SourceFolder folder, string prefix, WfdbHeader header)
    {
        List<RecordFile> files = [];
        foreach (var signal in header.Signals)
        {
            if (signal.File == "~" || files.Exists(file => file.Path.AsSpan(prefix.Length).SequenceEqual(signal.File))) continue;
            folder.Resolve(signal.File);   // a rooted name must not hide behind the prefix
            files.Add(new RecordFile(prefix + signal.File));
        }

        return files;
    }

    private static IEnumerable<string> FindHeaders(SourceFolder folder)
    {
        var open = new Stack<string>([""]);   // relative folders, each ending in '/' save the root
        while (open.TryPop(out var prefix))
        {
            var (headers, folders) = List(folder, prefix);
            foreach (var header in headers) yield return prefix + header;
            for (var index = folders.Count - 1; index >= 0; index--) open.Push($"{prefix}{folders[index]}/");
        }
    }

    /// <summary>What a folder holds, in ordinal order. Linked folders are left out: they may form a ring.</summary>
    private static (List<string> Headers, List<string> Folders) List(SourceFolder folder, string prefix)
    {
        List<string> headers = [], folders = [];
        try
        {
            foreach (var item in new DirectoryInfo(Path.Join(folder.Path, prefix)).EnumerateFileSystemInfos())
            {
                if (item is not DirectoryInfo)
                {
                    if (item.Name.EndsWith(HeaderExtension, StringComparison.Ordinal)) headers.Add(item.Name);
                }
                else if (!item.Attributes.HasFlag(FileAttributes.ReparsePoint))
                {
                    folders.Add(item.Name);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"{Path.Join(folder.Path, prefix)}: cannot be listed, so its records would be lost: {e.Message}", e);
        }

        headers.Sort(string.CompareOrdinal);
        folders.Sort(string.CompareOrdinal);
        return (headers, folders);
    }
}
