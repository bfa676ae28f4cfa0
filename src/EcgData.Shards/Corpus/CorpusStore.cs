using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EcgData.Storage;

namespace EcgData.Shards;

/// <summary>A corpus in a store: its head, versions, receipts and history.</summary>
public sealed class CorpusStore(IObjectStore store)
{
    public IObjectStore Objects => store;

    /// <summary>The current version's id, or null where nothing has been built yet.</summary>
    public async Task<string?> ReadHeadAsync(CancellationToken cancel = default) =>
        await ReadTextAsync(CorpusPaths.Head, cancel) is { } text ? CheckId(text.Trim()) : null;

    /// <summary>The manifest of a version, or of the current one, to read the version by.</summary>
    /// <exception cref="CorpusException">There is no such version, its manifest is damaged, or it was withdrawn.</exception>
    public async Task<VersionManifest> ReadManifestAsync(string? versionId = null, CancellationToken cancel = default)
    {
        var manifest = await ReadAnyManifestAsync(versionId, cancel);
        if ((await ReadErasuresAsync(cancel)).List?.Withdrawn.Contains(manifest.Id, StringComparer.Ordinal) != true) return manifest;
        throw new CorpusException(
            $"{store.Address}: version {manifest.Id} is withdrawn: it holds a patient who was erased. " + (manifest.Id == await ReadHeadAsync(cancel)
                ? $"Build again: 'ecgdata build' with --source for {string.Join(", ", manifest.Sources.Select(source => source.Name))} makes a version without."
                : "Read the current version, and make subsets of it."));
    }

    /// <summary>The manifest of a version, withdrawn or not: for what builds on it, compares it or clears it away, and reads no signal.</summary>
    /// <exception cref="CorpusException">There is no such version, or its manifest is damaged.</exception>
    public async Task<VersionManifest> ReadAnyManifestAsync(string? versionId, CancellationToken cancel = default)
    {
        var id = versionId is null
            ? await ReadHeadAsync(cancel) ?? throw new CorpusException(
                $"{store.Address}: no HEAD, so no version has been built here. Expected the folder of a corpus; run 'ecgdata build'.")
            : CheckId(versionId);
        var name = CorpusPaths.Manifest(id);
        return await ReadJsonAsync<VersionManifest>(name, cancel) ?? throw new CorpusException(
            $"{store.Address}: {name} is missing, though version {id} is asked for. 'ecgdata log' lists the versions.");
    }

    /// <summary>Ids of the versions whose manifests are there, in ordinal order.</summary>
    public async IAsyncEnumerable<string> ListVersionsAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var stored in store.ListAsync(CorpusPaths.Versions, cancel))
        {
            if (stored.Name.Split('/') is [_, var id, "manifest.json"]) yield return id;
        }
    }

    /// <summary>The erased patients and withdrawn versions, with the tag that the list can be replaced by; nulls where nobody was ever erased.</summary>
    /// <exception cref="CorpusException">The list is damaged.</exception>
    public async Task<(ErasureList? List, string? Tag)> ReadErasuresAsync(CancellationToken cancel = default)
    {
        // what is read may be newer than its tag, never older: replacing it by the tag then fails, and nothing is lost
        if (await store.FindAsync(CorpusPaths.Erasures, cancel) is not { } stored) return (null, null);
        return (await ReadJsonAsync<ErasureList>(CorpusPaths.Erasures, cancel), stored.Tag);
    }

    /// <returns>false where somebody else has replaced it since it was read.</returns>
    public Task<bool> TryReplaceErasuresAsync(ErasureList list, string? expectedTag, CancellationToken cancel = default) => store.TryReplaceAsync(
        CorpusPaths.Erasures, JsonSerializer.SerializeToUtf8Bytes(list, CorpusJson.Readable.For<ErasureList>()), expectedTag, cancel);

    /// <summary>What a job with this input digest left, or null.</summary>
    public Task<Receipt?> ReadReceiptAsync(string inputDigest, CancellationToken cancel = default) =>
        ReadJsonAsync<Receipt>(CorpusPaths.Receipt(inputDigest), cancel);

    public Task WriteReceiptAsync(Receipt receipt, CancellationToken cancel = default) =>
        WriteJsonAsync(CorpusPaths.Receipt(receipt.InputDigest), receipt, CorpusJson.Compact, cancel);

    public async Task WriteManifestAsync(VersionManifest manifest, CancellationToken cancel = default) =>
        await WriteJsonAsync(CorpusPaths.Manifest(manifest.Id), manifest, CorpusJson.Readable, cancel);

    /// <summary>Makes a version the current one: the last step of a build.</summary>
    /// <exception cref="CorpusException">Another build has moved HEAD since it was read.</exception>
    public async Task MoveHeadAsync(string versionId, string? expectedTag, CancellationToken cancel = default)
    {
        if (!await store.TryReplaceAsync(CorpusPaths.Head, Encoding.UTF8.GetBytes(versionId + "\n"), expectedTag, cancel))
            throw new CorpusException(
                $"{store.Address}: another build finished first and moved HEAD. Nothing is lost: build again, and what both have " +
                "made is reused.");
    }

    /// <summary>The catalogue of a version: every source record, by source and in the order of the plan.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public IAsyncEnumerable<CatalogueRow> ReadCatalogueAsync(VersionManifest version, CancellationToken cancel = default) =>
        ReadCatalogueAsync(version, _ => true, null, cancel);

    /// <inheritdoc cref="ReadCatalogueAsync(VersionManifest, CancellationToken)"/>
    /// <param name="isWanted">Which row groups to read, from 0.</param>
    /// <param name="isShardWanted">Of which shards to read the rows, null for records in none; all where it is not given.</param>
    public async IAsyncEnumerable<CatalogueRow> ReadCatalogueAsync(
        VersionManifest version, Func<int, bool> isWanted, Func<string?, bool>? isShardWanted = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var name = CorpusPaths.Catalogue(version.Id);
        await using var stream = await store.OpenReadAsync(name, cancel);
        await using var rows = CatalogueTableReader.ReadAsync(stream, isWanted, isShardWanted, cancel).GetAsyncEnumerator(cancel);
        while (await NextAsync()) yield return rows.Current;

        async ValueTask<bool> NextAsync()
        {
            try
            {
                return await rows.MoveNextAsync();
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"{store.Address}: {name}: {e.Message}", e);
            }
        }
    }

    /// <summary>The catalogue of a version by its row groups, or null where an older program wrote it, or where it is damaged or missing.</summary>
    public async Task<StoredCatalogue?> OpenCatalogueAsync(VersionManifest version, CancellationToken cancel = default)
    {
        if (version.CatalogueVersion != CatalogueTableWriter.Version) return null;
        try
        {
            return await StoredCatalogue.OpenAsync(await store.OpenReadAsync(CorpusPaths.Catalogue(version.Id), cancel), cancel);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Every segment of a version in stored order: shard by shard as the manifest lists them, by rank within a shard.</summary>
    public async IAsyncEnumerable<StoredSegment> ReadSegmentsAsync(
        VersionManifest version, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        foreach (var shard in version.Shards.Where(shard => shard.Path is not null))
        {
            await using var stream = await store.OpenReadAsync(shard.Path!, cancel);
            await foreach (var segment in ShardReader.ReadAsync(stream, cancel: cancel)) yield return segment;
        }
    }

    /// <summary>One segment of a record.</summary>
    /// <param name="row">The record's row of the version's catalogue; not a rejected one.</param>
    /// <exception cref="CorpusException">The shard does not hold what the catalogue says.</exception>
    public async Task<StoredSegment> ReadSegmentAsync(
        VersionManifest version, CatalogueRow row, int segmentIndex, CancellationToken cancel = default)
    {
        var rowIndex = row.Row!.Value + segmentIndex;
        await using var table = await store.OpenReadAsync(CorpusPaths.RowGroups(version.Id), cancel);
        var group = (await RowGroupTable.ReadAsync(table, cancel).FirstOrDefaultAsync(
            candidate => candidate.Shard == row.Shard && rowIndex >= candidate.RowGroup.FirstRow
                && rowIndex < candidate.RowGroup.FirstRow + candidate.RowGroup.Rows, cancel))?.RowGroup;
        if (group is not null)
        {
            var segment = await ReadRowAsync(row.Shard!, group, rowIndex, cancel);
            if (segment?.RecordId == row.RecordId && segment.Segment == segmentIndex) return segment;
        }

        throw new CorpusException(
            $"{store.Address}: {row.Shard} does not hold {row.RecordId}, segment {segmentIndex}, at row {rowIndex}, where the catalogue " +
            "puts it. 'ecgdata verify --deep' tells what is damaged.");
    }

    private async Task<StoredSegment?> ReadRowAsync(string shard, RowGroupEntry group, int row, CancellationToken cancel)
    {
        await using var stream = await store.OpenReadAsync(shard, cancel);
        try
        {
            return await ShardReader.ReadAsync(stream, group.Index, cancel).Skip(row - group.FirstRow).FirstOrDefaultAsync(cancel);
        }
        catch (InvalidDataException e)
        {
            throw new CorpusException($"{store.Address}: {shard}: {e.Message} 'ecgdata build --check' with the same sources makes it again.", e);
        }
    }

    /// <summary>Makes a version stay, whatever is cleared away.</summary>
    /// <exception cref="CorpusException">There is no such version.</exception>
    public async Task PinAsync(string versionId, CancellationToken cancel = default)
    {
        await ReadManifestAsync(versionId, cancel);
        await using var writer = store.Create();
        await writer.CommitAsync(CorpusPaths.Pin(versionId), cancel);
    }

    /// <exception cref="CorpusException">The version is not pinned.</exception>
    public async Task UnpinAsync(string versionId, CancellationToken cancel = default)
    {
        if (await store.FindAsync(CorpusPaths.Pin(CheckId(versionId)), cancel) is null)
            throw new CorpusException($"{store.Address}: version {versionId} is not pinned. Nothing to do.");
        await store.DeleteAsync(CorpusPaths.Pin(versionId), cancel);
    }

    /// <summary>Name and size in bytes of the objects whose names begin with <paramref name="prefix"/>: one request for thousands, where each would cost one.</summary>
    public async Task<IReadOnlyDictionary<string, long>> ListSizesAsync(string prefix, CancellationToken cancel = default)
    {
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var stored in store.ListAsync(prefix, cancel)) sizes[stored.Name] = stored.SizeBytes;
        return sizes;
    }

    /// <summary>SHA-256 of an object's bytes, lower-case hex.</summary>
    /// <exception cref="FileNotFoundException">There is no object of that name.</exception>
    public async Task<string> HashAsync(string name, CancellationToken cancel = default)
    {
        await using var stream = await store.OpenReadAsync(name, cancel);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
    }

    /// <summary>The builds, oldest first.</summary>
    public async IAsyncEnumerable<HistoryEntry> ReadHistoryAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var stored in store.ListAsync(CorpusPaths.History, cancel))
        {
            if (CorpusPaths.IsHistoryEntry(stored.Name) && await ReadJsonAsync<HistoryEntry>(stored.Name, cancel) is { } entry) yield return entry;
        }
    }

    /// <summary>Adds a build to the history under the next free number.</summary>
    /// <returns>The number.</returns>
    public async Task<int> AddHistoryAsync(Func<int, HistoryEntry> create, CancellationToken cancel = default)
    {
        var number = 1;
        await foreach (var stored in store.ListAsync(CorpusPaths.History, cancel))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(stored.Name), out var last)) number = Math.Max(number, last + 1);
        }

        while (!await store.TryReplaceAsync(
            CorpusPaths.HistoryEntry(number), JsonSerializer.SerializeToUtf8Bytes(create(number), CorpusJson.Readable.For<HistoryEntry>()), null, cancel))
            number++;
        return number;
    }

    /// <summary>Puts a build's report beside its entry in the history, for machines and for people.</summary>
    /// <param name="page">The page, HTML in UTF-8.</param>
    public async Task WriteRunReportAsync(RunReport report, ReadOnlyMemory<byte> page, CancellationToken cancel = default)
    {
        var number = report.Number ?? throw new ArgumentException("A build that committed nothing has no number in the history.", nameof(report));
        // at the same time: what takes long is waiting for the disk, twice
        await Task.WhenAll(WriteJsonAsync(CorpusPaths.RunReport(number), report, CorpusJson.Readable, cancel), WritePageAsync());

        async Task WritePageAsync()
        {
            await using var writer = store.Create();
            await writer.Stream.WriteAsync(page, cancel);
            await writer.CommitAsync(CorpusPaths.RunPage(number), cancel);
        }
    }

    /// <summary>The report of a build, or null where there is none.</summary>
    public Task<RunReport?> ReadRunReportAsync(int number, CancellationToken cancel = default) =>
        ReadJsonAsync<RunReport>(CorpusPaths.RunReport(number), cancel);

    private async Task<string?> ReadTextAsync(string name, CancellationToken cancel)
    {
        if (await store.FindAsync(name, cancel) is null) return null;
        using var reader = new StreamReader(await store.OpenReadAsync(name, cancel), Encoding.UTF8);
        return await reader.ReadToEndAsync(cancel);
    }

    private async Task<T?> ReadJsonAsync<T>(string name, CancellationToken cancel)
        where T : class
    {
        if (await store.FindAsync(name, cancel) is null) return null;
        await using var stream = await store.OpenReadAsync(name, cancel);
        try
        {
            return await JsonSerializer.DeserializeAsync(stream, CorpusJson.Readable.For<T>(), cancel);
        }
        catch (JsonException e)
        {
            throw new CorpusException($"{store.Address}: {name} is damaged: {e.Message} 'ecgdata verify' tells what else is.", e);
        }
    }

    private async Task WriteJsonAsync<T>(string name, T value, JsonSerializerOptions options, CancellationToken cancel)
    {
        await using var writer = store.Create();
        await JsonSerializer.SerializeAsync(writer.Stream, value, options.For<T>(), cancel);
        await writer.CommitAsync(name, cancel);
    }

    private string CheckId(string id) => id.Length is > 0 and <= 64 && id.All(char.IsAsciiLetterOrDigit)
        ? id
        : throw new CorpusException($"{store.Address}: '{id}' is no version id. Expected 20 hexadecimal digits, as HEAD and 'ecgdata log' show.");
}

/// <summary>A corpus is not what its documents say, or not there.</summary>
public sealed class CorpusException(string message, Exception? cause = null) : Exception(message, cause);
