using System.Security.Cryptography;

namespace EcgData.Shards.Subsets;

/// <summary>Turns a subset manifest into the rows that readers get.</summary>
public static class SubsetSelection
{
    /// <summary>The rows of the subset, after checking that it belongs to this version and that nothing of it was changed.</summary>
    /// <param name="version">The version that the subset names.</param>
    /// <exception cref="CorpusException">It does not fit the version, or its selection file is missing, changed or damaged.</exception>
    public static async Task<RowSelection> LoadSelectionAsync(
        this SubsetManifest subset, CorpusStore corpus, VersionManifest version, CancellationToken cancel = default)
    {
        var where = subset.Path ?? $"Subset {subset.Name}";
        if (subset.Version != version.Id)
            throw new CorpusException(
                $"{where}: a subset of version {subset.Version}, but version {version.Id} is open. Open {subset.Version}, which 'ecgdata log' " +
                "lists, or make the subset again.");
        var rows = await GroupRows.ReadAsync(corpus, version, cancel);
        RowSelection selection;
        try
        {
            selection = subset.Selection is { } entry
                ? SelectionFile.Decode(await ReadFileAsync(where, entry, cancel), rows.Rows)
                : FromShardRows(subset.ShardRows!, rows);
        }
        catch (InvalidDataException e)
        {
            throw new CorpusException($"{where}: {e.Message}", e);
        }

        if (selection.Rows != subset.Segments)
            throw new CorpusException(
                $"{where}: it selects {selection.Rows} rows of the version, but states {subset.Segments} segments. Make the subset again.");
        return selection;
    }

    private static RowSelection FromShardRows(IReadOnlyList<int> shardRows, GroupRows groups)
    {
        if (shardRows.Count != groups.Shards)
            throw new InvalidDataException($"Rows of {shardRows.Count} shards are given; the version has {groups.Shards}. Make the subset again.");
        var builder = new RowSelection.Builder();
        var shard = -1;
        var left = 0;
        for (var group = 0; group < groups.Rows.Length; group++)
        {
            if (groups.FirstRows[group] == 0)
            {
                if (left > 0) throw TooMany(shard);
                left = shardRows[++shard];
                if (left < 0) throw new InvalidDataException($"{left} rows of shard {shard}; expected 0 or more. Make the subset again.");
            }

            var count = Math.Min(left, groups.Rows[group]);
            builder.AddPrefix(count);
            left -= count;
        }

        return left == 0 ? builder.Build() : throw TooMany(shard);

        static InvalidDataException TooMany(int shard) =>
            new($"More rows of shard {shard} are given than it has. Make the subset again.");
    }

    private static async Task<byte[]> ReadFileAsync(string where, SelectionFileEntry entry, CancellationToken cancel)
    {
        if (Path.GetFileName(entry.File) != entry.File || entry.File is "" or "." or "..")
            throw new CorpusException($"{where}: '{entry.File}' is no name of a selection file, which lies beside the manifest. Make the subset again.");
        var path = Path.Join(Path.GetDirectoryName(where), entry.File);
        try
        {
            await using var stream = File.OpenRead(path);
            if (stream.Length == entry.SizeBytes)
            {
                var content = new byte[stream.Length];
                await stream.ReadExactlyAsync(content, cancel);
                if (Convert.ToHexStringLower(SHA256.HashData(content)) == entry.Sha256) return content;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CorpusException($"{path}: the selection file of {where} cannot be read: {e.Message} It belongs beside the manifest.", e);
        }

        throw new CorpusException(
            $"{path}: not the selection file that {where} states, {entry.SizeBytes} bytes with SHA-256 {entry.Sha256}. Take the one that was " +
            "written with the manifest, or make the subset again.");
    }
}
