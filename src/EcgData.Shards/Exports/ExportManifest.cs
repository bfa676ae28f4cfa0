using System.Security.Cryptography;
using System.Text.Json;

namespace EcgData.Shards.Exports;

/// <summary>A file of an export.</summary>
/// <param name="Path">Relative to the export's folder, with forward slashes.</param>
/// <param name="Sha256">Hex.</param>
public sealed record ExportedFile(string Path, string Sha256, long SizeBytes, long Rows);

/// <summary>What an export holds, and of what it is one: <c>export.json</c>, schema in <c>schemas/</c>. Written last.</summary>
public sealed record ExportManifest
{
    public const int CurrentSchemaVersion = 1;

    /// <summary>Its name in the export's folder.</summary>
    public const string FileName = "export.json";

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>Id of the version that the rows come from.</summary>
    public required string Version { get; init; }

    /// <summary>Digest of the subset; null for the whole version.</summary>
    public string? Subset { get; init; }

    /// <summary><c>parquet</c>, or <c>npy</c>.</summary>
    public required string Format { get; init; }

    /// <summary>Of the arrays, <c>int16 microvolt</c>; null for Parquet.</summary>
    public string? Values { get; init; }

    /// <summary>Length of the arrays; null for Parquet.</summary>
    public int? Samples { get; init; }

    public required long Rows { get; init; }

    /// <summary>Terms under which the records may be used, a line per source.</summary>
    public required IReadOnlyList<string> Attribution { get; init; }

    public required IReadOnlyList<ExportedFile> Files { get; init; }

    /// <summary>Reads the files of an export again and holds them to their checksums, then writes the manifest beside them.</summary>
    /// <exception cref="CorpusException">A file is not what was written: a bad disk.</exception>
    public async Task WriteAsync(string folder, CancellationToken cancel)
    {
        if (Files.Max(file => file.Rows) > Rows || (Format == "parquet" && Files.Sum(file => file.Rows) != Rows))
            throw new InvalidOperationException($"The books do not balance: {Rows} rows are selected, the files hold others. Nothing is exported.");
        foreach (var file in Files)
        {
            var path = Path.Join(folder, file.Path);
            await using var stream = File.OpenRead(path);
            var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
            if (found != file.Sha256)
                throw new CorpusException($"{path}: read back with SHA-256 {found}, written with {file.Sha256}. Export to another disk, and check this one.");
        }

        await File.WriteAllBytesAsync(Path.Join(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, CorpusJson.Readable), cancel);
    }
}
