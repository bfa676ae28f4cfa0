namespace EcgData.Shards.Subsets;

/// <summary>How the rows of a version lie in row groups: two columns of the row-group table.</summary>
/// <param name="FirstRows">int[groups]: first row of the group in its shard; 0 begins a shard.</param>
/// <param name="Rows">int[groups]: rows of the group.</param>
/// <param name="Shards">Shards with rows, in the order of the version manifest.</param>
internal sealed record GroupRows(int[] FirstRows, int[] Rows, int Shards)
{
    /// <exception cref="CorpusException">The table does not fit the version manifest.</exception>
    public static async Task<GroupRows> ReadAsync(CorpusStore corpus, VersionManifest version, CancellationToken cancel)
    {
        var (firstRows, rows) = (new List<int>(), new List<int>());
        var name = CorpusPaths.RowGroups(version.Id);
        try
        {
            await using var stream = await corpus.Objects.OpenReadAsync(name, cancel);
            await using var reader = await ParquetFile.OpenAsync(stream, "a row-group table", cancel);
            for (var index = 0; index < reader.RowGroupCount; index++)
            {
                var columns = new RowGroupColumns(reader, index, cancel);
                firstRows.AddRange(await ParquetFile.GuardAsync($"row group {index}", () => columns.NumbersAsync<int>("first_row")));
                rows.AddRange(await ParquetFile.GuardAsync($"row group {index}", () => columns.NumbersAsync<int>("rows")));
            }
        }
        catch (InvalidDataException e)
        {
            throw new CorpusException($"{corpus.Objects.Address}: {name}: {e.Message}", e);
        }

        return new GroupRows([.. firstRows], [.. rows], Count(corpus, version, firstRows, rows));
    }

    private static int Count(CorpusStore corpus, VersionManifest version, List<int> firstRows, List<int> rows)
    {
        var group = 0;
        var shards = 0;
        foreach (var shard in version.Shards)
        {
            if (shard.Path is null) continue;
            var next = 0;
            while (group < rows.Count && next < shard.Rows && firstRows[group] == next && rows[group] > 0) next += rows[group++];
            if (next != shard.Rows)
                throw new CorpusException(
                    $"{corpus.Objects.Address}: the row-group table of version {version.Id} does not fit its manifest at shard {shard.Path}, " +
                    $"which has {shard.Rows} rows. 'ecgdata verify' tells what is damaged.");
            shards++;
        }

        return group == rows.Count ? shards : throw new CorpusException(
            $"{corpus.Objects.Address}: the row-group table of version {version.Id} has {rows.Count} row groups, its manifest knows shards for " +
            $"{group}. 'ecgdata verify' tells what is damaged.");
    }
}
