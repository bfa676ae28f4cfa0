using global::Parquet;

namespace EcgData.Shards;

/// <summary>Opens Parquet files of ours through Parquet.Net, and turns what it throws over damage into one exception.</summary>
internal static class ParquetFile
{
    // Magic, footer, its length, magic.
    private const int SmallestBytes = 12;

    /// <param name="what">"a shard", for messages.</param>
    /// <exception cref="InvalidDataException">Not a Parquet file, or its footer contradicts the bytes that are there.</exception>
    public static async Task<ParquetReader> OpenAsync(Stream stream, string what, CancellationToken cancel)
    {
        if (!stream.CanSeek) throw new ArgumentException($"The stream cannot seek; {what} is read from its end.", nameof(stream));
        await CheckFrameAsync(stream, what, cancel);
        return await GuardAsync("its footer", async () =>
        {
            var reader = await ParquetReader.CreateAsync(stream, new ParquetOptions(), leaveStreamOpen: true, cancel);
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

                // The densest encoding in use spends a byte on at most 32 values: delta blocks of width 0, six bytes for 128.
                var isInside = start >= 4 && column.TotalCompressedSize > 0 && column.TotalCompressedSize <= fileBytes - start;
                if (!isInside || column.NumValues < group.NumRows || column.NumValues / 32 > column.TotalUncompressedSize || group.NumRows < 0)
                {
                    throw new InvalidDataException(
                        $"Column '{string.Join('/', column.PathInSchema)}' of row group {index}: {column.NumValues} values of {group.NumRows} rows in " +
                        $"{column.TotalCompressedSize} bytes from offset {start}, in a file of {fileBytes} bytes. The file is damaged: build it again.");
                }
            }
        }
    }
}
