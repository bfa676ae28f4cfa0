using EcgData.Signals;

namespace EcgData.Sources;

/// <summary>A published source: how its metadata lists its records and how their signals are read.</summary>
public interface IEcgSource
{
    SourceManifest Manifest { get; }

    /// <summary>Version of this reader; part of every input digest. Raise it when the same files may give another record.</summary>
    int ReaderVersion { get; }

    /// <summary>Clipping bound, millivolt.</summary>
    double ClipMillivolt => ConditioningOptions.StorageBoundMillivolt;

    /// <summary>Mean number of neighbours per shard: less than the corpus's own where a record of this source fills many segments.</summary>
    int SegmentsPerRecord => 1;

    /// <summary>
    /// Lists the records from the metadata alone. A bad row becomes an entry with a rejection; each native id comes once.
    /// </summary>
    /// <exception cref="SourceException">The folder is not this source, or a table lacks a column.</exception>
    IEnumerable<CatalogueEntry> ReadCatalogue(SourceFolder folder, SourceOptions options, CancellationToken cancel);

    /// <summary>A reader of signals, safe for many threads at a time.</summary>
    IRecordReader OpenReader(SourceFolder folder, SourceOptions options);
}

/// <summary>Reads the signals of a source's records. Safe for many threads at a time.</summary>
public interface IRecordReader : IDisposable
{
    /// <param name="recordId">The record's id in the corpus, for the record and for messages.</param>
    /// <exception cref="RecordException">The record cannot be read; with the reason.</exception>
    EcgRecord Read(string recordId, CatalogueEntry entry);
}

/// <summary>What a recipe may set for one source.</summary>
public sealed record SourceOptions
{
    /// <summary>Which of the published sampling frequencies to take, Hz; null = the source's default (PTB-XL: 500; 100 is there too).</summary>
    public int? SamplingFrequencyHz { get; init; }

    /// <summary>For <c>wfdb</c>: a CSV beside the records, relative to the source's folder, with columns named in its documentation.</summary>
    public string? Table { get; init; }
}

/// <summary>A source as a whole cannot be used: wrong folder, missing table, missing column. It stops a build before any work.</summary>
public sealed class SourceException(string message, Exception? cause = null) : Exception(message, cause);
