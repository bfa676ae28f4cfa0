using System.Globalization;
using global::Parquet;

namespace EcgData.Shards.Reading;

public sealed partial class RowGroupIndex
{
    /// <summary>Reads the row-group table of a version, a column at a time: nothing is made per row.</summary>
    /// <exception cref="InvalidDataException">The table is damaged or does not fit the manifest.</exception>
    public static async Task<RowGroupIndex> LoadAsync(CorpusStore corpus, VersionManifest version, CancellationToken cancel = default)
    {
        await using var stream = await corpus.Objects.OpenReadAsync(CorpusPaths.RowGroups(version.Id), cancel);
        return await LoadAsync(stream, version, cancel);
    }

    /// <param name="stream">A <c>rowgroups.parquet</c>; seekable.</param>
    /// <param name="version">The version that it belongs to.</param>
    internal static async Task<RowGroupIndex> LoadAsync(Stream stream, VersionManifest version, CancellationToken cancel)
    {
        var shards = version.Shards.Where(shard => shard.Path is not null).ToArray();
        var builder = new Builder(version.Recipe.SamplingFrequencyHz);
        var next = 0;
        await using var reader = await ParquetFile.OpenAsync(stream, "a row-group table", cancel);
        ParquetFile.CheckColumns(reader, RowGroupTable.Columns, "row-group table");
        for (var index = 0; index < reader.RowGroupCount; index++)
        {
            var group = index;
            var columns = await ParquetFile.GuardAsync($"row group {index}", () => TableColumns.ReadAsync(reader, group, cancel));
            for (var row = 0; row < columns.Rows.Length; row++)
            {
                if (columns.Indices[row] == 0)
                {
                    CheckShardEnd(builder, shards, next);
                    var path = next < shards.Length && columns.Shards[row].Span.SequenceEqual(shards[next].Path) ? shards[next].Path! : throw new InvalidDataException(
                        $"Version {version.Id}: the row-group table goes on with {columns.Shards[row]}, the manifest with " +
                        $"{(next < shards.Length ? shards[next].Path : "no other shard")}. One of them is damaged: build the version again.");
                    builder.BeginShard(path, shards[next++].Source);
                }

                columns.AddTo(builder, row);
            }
        }

        CheckShardEnd(builder, shards, next);
        if (next == shards.Length) return builder.Build();
        throw new InvalidDataException(
            $"Version {version.Id}: the row-group table ends before {shards[next].Path}. It is damaged: build the version again.");
    }

    private static void CheckShardEnd(Builder builder, ManifestShard[] shards, int next)
    {
        if (next == 0 || builder.ShardRows == shards[next - 1].Rows) return;
        throw new InvalidDataException(
            $"{shards[next - 1].Path}: its row groups have {builder.ShardRows} rows, the manifest says {shards[next - 1].Rows}. Build the version again.");
    }

    /// <summary>The columns that are kept, of up to 65,536 row groups.</summary>
    private sealed record TableColumns(
        ReadOnlyMemory<char>[] Shards, int[] Indices, int[] FirstRows, int[] Rows, long[] Offsets, long[] Sizes, ReadOnlyMemory<char>[] Digests,
        FlatLists<int> Samples, FlatLists<int> Segments, FlatLists<int> RecordSegments)
    {
        public static async Task<TableColumns> ReadAsync(ParquetReader reader, int index, CancellationToken cancel)
        {
            var columns = new RowGroupColumns(reader, index, cancel);
            return new TableColumns(
                await columns.NumbersAsync<ReadOnlyMemory<char>>("shard"),
                await columns.NumbersAsync<int>("index"),
                await columns.NumbersAsync<int>("first_row"),
                await columns.NumbersAsync<int>("rows"),
                await columns.NumbersAsync<long>("offset_bytes"),
                await columns.NumbersAsync<long>("size_bytes"),
                await columns.NumbersAsync<ReadOnlyMemory<char>>("digest"),
                await columns.FlatListsAsync<int>("row_samples/list/element"),
                await columns.FlatListsAsync<int>("row_segments/list/element"),
                await columns.FlatListsAsync<int>("record_segments/list/element"));
        }

        public void AddTo(Builder builder, int row)
        {
            if (FirstRows[row] != builder.ShardRows || Sizes[row] > int.MaxValue ||
                !UInt128.TryParse(Digests[row].Span, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digest))
            {
                throw new InvalidDataException(
                    $"{Shards[row]}, row group {Indices[row]}: first row {FirstRows[row]} after {builder.ShardRows} rows, {Sizes[row]} bytes, digest " +
                    $"'{Digests[row]}'. Row groups follow each other, have less than 2 GiB and 32 hexadecimal digits. Build the version again.");
            }

            builder.Add(Rows[row], Offsets[row], (int)Sizes[row], digest, Samples[row], Segments[row], RecordSegments[row]);
        }
    }
}
