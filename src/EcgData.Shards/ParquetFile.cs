using EcgData.Shards.Parquet;
using global::Parquet;
using global::Parquet.Schema;

namespace EcgData.Shards;

/// <summary>Opens Parquet files of ours through Parquet.Net, and turns what it throws over damage into one exception.</summary>
internal static class ParquetFile
{
    // Magic, footer, its length, magic.
    private const int SmallestBytes = 12;

    private const int LargestGroupRows = 1 << 20;   // we write at most 65,536
    private const long LargestRatio = 1000;         // of small columns under Zstandard; shards are not compressed

    /// <param name="what">"a shard", for messages.</param>
    /// <exception cref="InvalidDataException">Not a Parquet file, or its footer contradicts the bytes that are there.</exception>
    public static async Task<ParquetReader> OpenAsync(Stream stream, string what, CancellationToken cancel)
    {
        if (!stream.CanSeek) throw new ArgumentException($"The stream cannot seek; {what} is read from its end.", nameof(stream));
        await CheckFrameAsync(stream, what, cancel);
        return await GuardAsync("its footer", async () =>
        {
            var reader = await ParquetReader.CreateAsync(new StrictStream(stream), new ParquetOptions(), leaveStreamOpen: true, cancel);
            CheckExtents(reader, stream.Length);
            return reader;
        });
    }

    /// <summary>Runs <paramref name="read"/>; whatever a damaged file makes Parquet.Net throw becomes <see cref="InvalidDataException"/>.</summary>
    public static async Task<T> GuardAsync<T>(string where, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception e) when (e is not (InvalidDataException or OperationCanceledException or ObjectDisposedException))
        {
            throw new InvalidDataException(
                $"The Parquet file cannot be read at {where}: {e.Message} The file is damaged, or the storage below it failed. " +
                "Verify its checksum, and build it again if it differs.", e);
        }
    }

    /// <summary>Holds the columns, their order, types and nullability against what they should be.</summary>
    /// <param name="expected">A line per leaf column: <c>path Type</c>, with <c>?</c> where it or its list may be null, <c>[]</c> for a list.</param>
    /// <param name="what">"catalogue", for messages.</param>
    /// <exception cref="InvalidDataException">They differ; the message names the first that does.</exception>
    public static void CheckColumns(ParquetReader reader, IReadOnlyList<string> expected, string what)
    {
        var found = reader.Schema.GetDataFields().Select(Describe).ToArray();
        for (var column = 0; column < Math.Max(found.Length, expected.Count); column++)
        {
            var (a, b) = (found.ElementAtOrDefault(column) ?? "nothing", expected.ElementAtOrDefault(column) ?? "nothing");
            if (a == b) continue;
            throw new InvalidDataException(
                $"Column {column} is '{a}'; a {what} has '{b}' there. Read the file with the release that wrote it, or build it again.");
        }
    }

    private static string Describe(DataField field)
    {
        var lists = field.MaxRepetitionLevel;
        var type = field.ClrType == typeof(ReadOnlyMemory<char>) ? nameof(String) : field.ClrType.Name;
        return $"{string.Join('/', field.Path.ToList())} {type}{(field.MaxDefinitionLevel > lists ? "?" : "")}{(lists > 0 ? "[]" : "")}";
    }

    private static async Task CheckFrameAsync(Stream stream, string what, CancellationToken cancel)
    {
        var tail = new byte[8];
        if (stream.Length >= SmallestBytes)
        {
            stream.Seek(-tail.Length, SeekOrigin.End);
            await stream.ReadExactlyAsync(tail, cancel);
        }

        if (stream.Length < SmallestBytes || !tail.AsSpan(4).SequenceEqual("PAR1"u8))
        {
            throw new InvalidDataException(
                $"{stream.Length} bytes that do not end in 'PAR1'; {what} is a Parquet file. The file was cut short or is something else: verify its checksum.");
        }

        var footerBytes = BitConverter.ToUInt32(tail);
        if (footerBytes > stream.Length - SmallestBytes)
            throw new InvalidDataException($"The footer is said to have {footerBytes} bytes; the file has {stream.Length}. Verify its checksum, and build it again if it differs.");
        var footer = new byte[footerBytes];
        stream.Seek(-tail.Length - footer.Length, SeekOrigin.End);
        await stream.ReadExactlyAsync(footer, cancel);
        ThriftCompactReader.CheckWhole(footer, "The footer");   // Parquet.Net does not always stop at the end of a damaged one
        stream.Position = 0;
    }

    /// <summary>Holds the footer's numbers against the bytes that are there, before anything is allocated for them.</summary>
    private static void CheckExtents(ParquetReader reader, long fileBytes)
    {
        var metadata = reader.Metadata ?? throw new InvalidDataException("The Parquet file has no metadata.");
        var leaves = reader.Schema.GetDataFields().Length;
        for (var index = 0; index < metadata.RowGroups.Count; index++)
        {
            var group = metadata.RowGroups[index];
            if (group.Columns.Count != leaves)
                throw new InvalidDataException($"Row group {index} has {group.Columns.Count} columns; the schema has {leaves}. The file is damaged: build it again.");
            foreach (var chunk in group.Columns)
            {
                var column = chunk.MetaData ?? throw new InvalidDataException($"A column of row group {index} has no metadata. The file is damaged: build it again.");
                var start = Math.Min(column.DataPageOffset, column.DictionaryPageOffset ?? long.MaxValue);

                // The densest encoding of list elements, delta blocks of width 0, spends a byte on at most 32.
                var isInside = start >= 4 && column.TotalCompressedSize > 0 && column.TotalCompressedSize <= fileBytes - start;
                var isPossible = group.NumRows is >= 0 and <= LargestGroupRows && column.NumValues >= group.NumRows &&
                    column.NumValues - group.NumRows <= 32 * Math.Min(column.TotalUncompressedSize, LargestRatio * column.TotalCompressedSize);
                if (!isInside || !isPossible)
                {
                    throw new InvalidDataException(
                        $"Column '{string.Join('/', column.PathInSchema)}' of row group {index}: {column.NumValues} values of {group.NumRows} rows in " +
                        $"{column.TotalCompressedSize} bytes from offset {start}, in a file of {fileBytes} bytes. The file is damaged: build it again.");
                }
            }
        }
    }
}
