using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>
/// All that a shard's bytes follow from, as one hash: the recipe, the versions of reader, processing and writer, each
/// record's whole catalogue entry and the content of its files. It names the shard job's receipt.
/// </summary>
internal sealed class InputDigest : IDisposable
{
    private const int HashedBytes = 1 << 15;   // at a time: a call of the library for each record would cost as much as hashing it
    private const int LongestMark = 64;        // a SHA-256 in hex

    /// <summary>What the digest covers of a file that is missing, besides its entry.</summary>
    public const string Missing = "-";

    /// <summary>What it covers of one that is, or is taken to be, what its source publishes.</summary>
    public const string AsPublished = "=";

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(HashedBytes);
    private int _count;

    public InputDigest(SourceCatalogue catalogue, BuildRecipe recipe)
        : this(HeadOf(catalogue, recipe))
    {
    }

    /// <param name="head"><see cref="HeadOf"/> the source and the recipe, made once for many shards.</param>
    public InputDigest(string head) => Append(Encoding.UTF8.GetBytes(head));

    /// <summary>What the digests of all shards of a source cover.</summary>
    public static string HeadOf(SourceCatalogue catalogue, BuildRecipe recipe)
    {
        var source = catalogue.Source;
        return $"ecgdata shard\n{VersionManifest.CurrentSchemaVersion}\n{Receipt.CurrentSchemaVersion}\n{ShardWriter.WriterVersion}\n{Conditioning.ProcessingVersion}\n" +
            string.Create(CultureInfo.InvariantCulture, $"{recipe.ConditioningHash()}\n{catalogue.Name}\n{catalogue.Release}\n{source.ReaderVersion}\n{source.ClipMillivolt:R}\n") +
            $"{recipe.OptionsOf(catalogue.Name)}\n";
    }

    /// <param name="contents">What is known of each of the entry's files.</param>
    public void Add(CatalogueEntry entry, ReadOnlySpan<FileContent> contents)
    {
        var bytes = new ArrayBufferWriter<byte>();
        EntryCodec.Write(bytes, entry);
        Append(bytes.WrittenSpan);
        for (var index = 0; index < contents.Length; index++) Mark(MarkOf(entry.Files[index], contents[index]));
    }

    /// <param name="entry">As <see cref="EntryCodec"/> writes it.</param>
    /// <param name="marks"><see cref="MarkOf"/> each of its files.</param>
    public void Add(ReadOnlySpan<byte> entry, ReadOnlySpan<string> marks)
    {
        Append(entry);
        foreach (var mark in marks) Mark(mark);
    }

    /// <summary>What the digest covers of a file besides its entry.</summary>
    public static string MarkOf(RecordFile file, FileContent content)
    {
        // a file that is what its source publishes adds nothing: reading it first must not change the digest
        var asPublished = content.Sha256 is { } found && found == file.Sha256;
        return content.State == FileState.Missing ? Missing : asPublished ? AsPublished : content.Sha256!;
    }

    public string Finish()
    {
        Hash();
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public void Dispose()
    {
        _hash.Dispose();
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    private void Mark(string mark)
    {
        if (mark.Length > LongestMark)
        {
            Append(Encoding.UTF8.GetBytes(mark));   // nobody's SHA-256, but a plan may have been written by anybody
            return;
        }

        Span<byte> bytes = stackalloc byte[3 * LongestMark];
        Append(bytes[..Encoding.UTF8.GetBytes(mark, bytes)]);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _bytes.Length - _count) Hash();
        if (bytes.Length > _bytes.Length)
        {
            _hash.AppendData(bytes);
            return;
        }

        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }

    private void Hash()
    {
        _hash.AppendData(_bytes, 0, _count);
        _count = 0;
    }
}
