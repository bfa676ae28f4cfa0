using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>
/// Catalogue entries as a plan carries them to the machines that build it, each with what the plan has found out about the content of
/// its files: a part lists no source and hashes nothing before it reads.
/// </summary>
internal static class PlanEntries
{
    /// <summary>No entry is longer: labels and file names of a record.</summary>
    private const int LargestEntryBytes = 16 << 20;

    /// <returns>Bytes written.</returns>
    public static long Write(Stream output, SourceCatalogue catalogue, int first, int count, Func<CatalogueEntry, FileContent[]> contentsOf)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        Span<byte> length = stackalloc byte[sizeof(int)];
        long written = 0;
        for (var index = first; index < first + count; index++)
        {
            bytes.ResetWrittenCount();
            var entry = catalogue[index];
            EntryCodec.Write(bytes, entry);
            var entryBytes = bytes.WrittenCount;
            foreach (var content in contentsOf(entry)) WriteContent(bytes, content);
            BinaryPrimitives.WriteInt32LittleEndian(length, entryBytes);
            output.Write(length);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.WrittenCount - entryBytes);
            output.Write(length);
            output.Write(bytes.WrittenSpan);
            written += 2 * sizeof(int) + bytes.WrittenCount;
        }

        return written;
    }

    /// <param name="input">At the first entry of a shard.</param>
    /// <exception cref="InvalidDataException">The entries are cut off or damaged.</exception>
    public static IEnumerable<(CatalogueEntry Entry, FileContent[] Contents)> Read(Stream input, int count)
    {
        var lengths = new byte[2 * sizeof(int)];
        for (var index = 0; index < count; index++)
        {
            if (input.ReadAtLeast(lengths, lengths.Length, throwOnEndOfStream: false) < lengths.Length) throw Damaged(index, "they end early");
            var (entryBytes, contentBytes) = (BinaryPrimitives.ReadInt32LittleEndian(lengths), BinaryPrimitives.ReadInt32LittleEndian(lengths.AsSpan(sizeof(int))));
            if (entryBytes is < 1 or > LargestEntryBytes || contentBytes is < 0 or > LargestEntryBytes) throw Damaged(index, $"an entry of {entryBytes} bytes");
            var bytes = new byte[entryBytes + contentBytes];
            if (input.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Damaged(index, "they end early");
            var entry = EntryCodec.Read(bytes.AsSpan(0, entryBytes));
            if (contentBytes != entry.Files.Count * ContentBytes) throw Damaged(index, $"{contentBytes} bytes for {entry.Files.Count} files");
            var contents = new FileContent[entry.Files.Count];
            for (var file = 0; file < contents.Length; file++) contents[file] = ReadContent(bytes.AsSpan(entryBytes + file * ContentBytes, ContentBytes));
            yield return (entry, contents);
        }
    }

    /// <summary>SHA-256 over every entry of a catalogue in the order of the plan.</summary>
    public static string Hash(SourceCatalogue catalogue, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = new ArrayBufferWriter<byte>(1024);
        for (var index = 0; index < catalogue.Count; index++)
        {
            cancel.ThrowIfCancellationRequested();
            bytes.ResetWrittenCount();
            EntryCodec.Write(bytes, catalogue[index]);
            hash.AppendData(bytes.WrittenSpan);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private const int ContentBytes = 1 + sizeof(long) + SHA256.HashSizeInBytes;

    private static void WriteContent(ArrayBufferWriter<byte> output, FileContent content)
    {
        var bytes = output.GetSpan(ContentBytes)[..ContentBytes];
        bytes.Clear();
        bytes[0] = (byte)content.State;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[1..], content.SizeBytes);
        if (content.Sha256 is { } sha256) Convert.FromHexString(sha256, bytes[(1 + sizeof(long))..], out _, out _);
        output.Advance(ContentBytes);
    }

    private static FileContent ReadContent(ReadOnlySpan<byte> bytes)
    {
        var state = (FileState)bytes[0];
        return new FileContent(
            state, state is FileState.Known or FileState.Published ? Convert.ToHexStringLower(bytes[(1 + sizeof(long))..]) : null,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[1..]));
    }

    private static InvalidDataException Damaged(int index, string found) => new(
        $"The entries of a plan are damaged at record {index + 1}: {found}. Write the plan again with 'ecgdata build --plan'; what is built is reused.");
}
