using EcgData.Signals;

namespace EcgData.Sources.Tables;

/// <summary>The two files of a WFDB record that a table names without extension.</summary>
internal static class WfdbFiles
{
    /// <param name="path">Relative to the source's folder, without extension: <c>records500/00000/00001_hr</c>.</param>
    /// <returns>The signal file, then the header.</returns>
    /// <exception cref="RecordException">The path leads out of the folder.</exception>
    public static IReadOnlyList<RecordFile> Of(string path, PublishedChecksums checksums)
    {
        SourceFolder.RefuseOutside(path);
        var (signal, header) = (path + ".dat", path + ".hea");
        return [new RecordFile(signal, checksums.Of(signal)), new RecordFile(header, checksums.Of(header))];
    }
}
