namespace EcgData.Shards;

/// <summary>A row of <c>catalogue.parquet</c>: one source record of a version, whatever became of it.</summary>
public sealed record CatalogueRow
{
    public required string RecordId { get; init; }

    public required string Source { get; init; }

    public required string NativeId { get; init; }

    public required string Patient { get; init; }

    public required bool PatientKnown { get; init; }

    public string? Site { get; init; }

    /// <summary>Time of the recording, as published.</summary>
    public string? Recorded { get; init; }

    /// <summary>Null where the record could not be read.</summary>
    public double? NativeSamplingFrequencyHz { get; init; }

    public int? NativeSamples { get; init; }

    public float? AgeYears { get; init; }

    public string? Sex { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    public IReadOnlyList<float> LabelWeights { get; init; } = [];

    public required int Fold { get; init; }

    public required string Licence { get; init; }

    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>One per file, SHA-256 in hex, "" where a missing file has none.</summary>
    public IReadOnlyList<string> Checksums { get; init; } = [];

    /// <summary><c>kept</c>, <c>kept with flags</c> or <c>rejected</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it was rejected, <c>missing-file: …</c>; else null.</summary>
    public string? Reason { get; init; }

    public required int Flags { get; init; }

    /// <summary>Path of the shard that holds it, or null.</summary>
    public string? Shard { get; init; }

    /// <summary>Its first row in the shard.</summary>
    public int? Row { get; init; }

    public required int Segments { get; init; }

    public string? DuplicateOf { get; init; }
}

/// <summary>Writes and reads <c>catalogue.parquet</c> in pieces: neither holds the table.</summary>
public sealed class CatalogueTableWriter : IAsyncDisposable
{
    /// <summary>Rows per row group.</summary>
    public const int RowGroupRows = 65_536;

    public static Task<CatalogueTableWriter> CreateAsync(Stream stream, CancellationToken cancel = default) => throw new NotSupportedException();

    public Task AddAsync(CatalogueRow row, CancellationToken cancel = default) => throw new NotSupportedException();

    /// <summary>Writes what is left, and the footer.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}

/// <inheritdoc cref="CatalogueTableWriter"/>
public static class CatalogueTableReader
{
    public static IAsyncEnumerable<CatalogueRow> ReadAsync(Stream stream, CancellationToken cancel = default) =>
        throw new NotSupportedException();
}
