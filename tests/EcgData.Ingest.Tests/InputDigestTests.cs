using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

public class InputDigestTests
{
    public static TheoryData<string, Func<CatalogueEntry, CatalogueEntry>> Edits => new()
    {
        { "native id", entry => entry with { NativeId = "2" } },
        { "patient", entry => entry with { PatientId = null } },
        { "folder", entry => entry with { Folder = "g" } },
        { "neighbourhood", entry => entry with { Neighbourhood = "p1000" } },
        { "site", entry => entry with { Site = null } },
        { "recorded", entry => entry with { Recorded = "2000" } },
        { "age", entry => entry with { AgeYears = null } },
        { "sex", entry => entry with { Sex = "male" } },
        { "label", entry => entry with { Labels = [new Label("scp:NORM", 0.8f), new Label("scp:AFIB")] } },
        { "weight", entry => entry with { Labels = [new Label("scp:NORM", 0.9f), new Label("scp:SR")] } },
        { "fold", entry => entry with { Fold = null } },
        { "position", entry => entry with { Position = 6 } },
        { "path", entry => entry with { Files = [entry.Files[0] with { Path = "b" }, entry.Files[1]] } },
        { "published checksum", entry => entry with { Files = [entry.Files[0] with { Sha256 = null }, entry.Files[1]] } },
        { "container", entry => entry with { Files = [entry.Files[0] with { IsContainer = true }, entry.Files[1]] } },
        { "rejection", entry => entry with { Rejection = new Rejection(RejectionReason.Withdrawn, "gone") } },
    };

    private static readonly FileContent[] AsPublished =
        [new(FileState.Published, new string('a', 64), 9), new(FileState.Known, new string('b', 64), 9)];

    [Theory]
    [MemberData(nameof(Edits))]
    public void Codec_EveryField_ComesBackAndChangesTheDigest(string field, Func<CatalogueEntry, CatalogueEntry> edit)
    {
        var entry = edit(Some.Entry());
        var bytes = new ArrayBufferWriter<byte>();
        EntryCodec.Write(bytes, entry);
        var read = EntryCodec.Read(bytes.WrittenSpan);
        Assert.Equivalent(entry, read, strict: true);
        Assert.True(Digest(entry, AsPublished) != Digest(Some.Entry(), AsPublished), $"the digest does not cover the {field}");
    }

    /// <summary>Texts longer than what is usual, outside of ASCII, and more of them than the writer takes room for at a time.</summary>
    [Fact]
    public void Codec_LongEntry_ComesBack()
    {
        var entry = Some.Entry(new string('\u00e4', 3000)) with
        {
            Labels = [.. Enumerable.Range(0, 500).Select(label => new Label($"{new string('x', label)}\U0001F493{label}", label / 500f))],
            Recorded = new string('x', 5000),
            Position = long.MaxValue,
        };
        var bytes = new ArrayBufferWriter<byte>();
        EntryCodec.Write(bytes, entry);
        EntryCodec.Write(bytes, Some.Entry());
        Assert.Equivalent(entry, EntryCodec.Read(bytes.WrittenSpan), strict: true);
    }

    [Theory]
    [InlineData("ab", "cd", "a/1")]
    [InlineData("ab", null, "a/\u00e4")]
    [InlineData(null, "cd", "")]
    [InlineData(null, null, "a/1")]
    public void Codec_PairOfFiles_IsTheBytesOfTwoFiles(string? signal, string? header, string stem)
    {
        Sha256Digest? Digest(string? end) => Sha256Digest.TryParse(Encoding.UTF8.GetBytes($"{end}".PadLeft(64, '0')), out var digest) && end is not null ? digest : null;
        var pair = new WfdbFilePair(Encoding.UTF8.GetBytes(stem), Digest(signal), Digest(header));
        RecordFile[] files = [new(stem + ".dat", signal?.PadLeft(64, '0')), new(stem + ".hea", header?.PadLeft(64, '0'))];
        Assert.Equal<RecordFile>(files, pair);
        var (one, other) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        EntryCodec.Write(one, Some.Entry() with { Files = pair });
        EntryCodec.Write(other, Some.Entry() with { Files = files });
        Assert.Equal(other.WrittenSpan, one.WrittenSpan);
    }

    [Fact]
    public void Digest_FileReadAndFoundAsPublished_IsTheSame() => Assert.Equal(
        Digest(Some.Entry(), AsPublished),
        Digest(Some.Entry(), [AsPublished[0] with { State = FileState.Known }, AsPublished[1]]));

    [Fact]
    public void Digest_FileMissingOrOfOtherContent_IsAnother()
    {
        var usual = Digest(Some.Entry(), AsPublished);
        var missing = Digest(Some.Entry(), [new FileContent(FileState.Missing, null, 0), AsPublished[1]]);
        var changed = Digest(Some.Entry(), [new FileContent(FileState.Known, new string('c', 64), 9), AsPublished[1]]);
        Assert.Equal(3, new HashSet<string> { usual, missing, changed }.Count);
    }

    [Fact]
    public void Digest_RecipeOrVersionsChanged_IsAnother()
    {
        var digests = new HashSet<string>
        {
            Digest(Some.Entry(), AsPublished),
            Digest(Some.Entry(), AsPublished, recipe: new BuildRecipe { Conditioning = new ConditioningOptions { SegmentSeconds = 5 } }),
            Digest(Some.Entry(), AsPublished, recipe: new BuildRecipe
            {
                Sources = new Dictionary<string, SourceOptions> { ["bytes"] = new() { Table = "t.csv" } },
            }),
            Digest(Some.Entry(), AsPublished, source: new ByteSource("bytes", 1) { ReaderVersion = 2 }),
            Digest(Some.Entry(), AsPublished, name: "bytes#b"),
        };
        Assert.Equal(5, digests.Count);
    }

    [Fact]
    public void Digest_RowsPerShardChanged_IsTheSame() => Assert.Equal(
        Digest(Some.Entry(), AsPublished),
        Digest(Some.Entry(), AsPublished, recipe: new BuildRecipe { Shards = new ShardOptions { TargetRows = 100 } }));

    /// <summary>More than is hashed at a time, changed at either end and in between.</summary>
    [Fact]
    public void Digest_ManyEntries_CoversEachOfThem()
    {
        const int count = 2000;
        using var folder = new TemporaryFolder();
        using var catalogue = SourceCatalogue.Read("bytes", Some.Source(records: 1), new SourceFolder(folder.Path), new SourceOptions(), null, null, default);
        string Changed(int at)
        {
            using var digest = new InputDigest(catalogue, new BuildRecipe());
            for (var index = 0; index < count; index++) digest.Add(Some.Entry() with { NativeId = index == at ? "changed" : $"{index}" }, AsPublished);
            return digest.Finish();
        }

        int[] places = [-1, 0, 1, 120, 300, 777, count - 2, count - 1];
        Assert.Equal(places.Length, places.Select(Changed).Distinct().Count());
    }

    /// <summary>Whatever is hashed at a time: entries longer than that among short ones, and marks that are no SHA-256.</summary>
    [Fact]
    public void Digest_EntriesAndMarksOfAnyLength_IsTheHashOfAllBytes()
    {
        string[] marks = [InputDigest.AsPublished, new string('a', 64), new string('\u00e4', 65), new string('b', 100_000)];
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var digest = new InputDigest("head\n");
        expected.AppendData("head\n"u8);
        foreach (var length in (int[])[1, 40_000, 3, 32_767, 100_000, 1, 0, 12])
        {
            var entry = Enumerable.Range(length, length).Select(value => (byte)value).ToArray();
            digest.Add(entry, marks);
            expected.AppendData(entry);
            foreach (var mark in marks) expected.AppendData(Encoding.UTF8.GetBytes(mark));
        }

        Assert.Equal(Convert.ToHexStringLower(expected.GetHashAndReset()), digest.Finish());
    }

    private static string Digest(
        CatalogueEntry entry, FileContent[] contents, BuildRecipe? recipe = null, ByteSource? source = null, string name = "bytes")
    {
        using var folder = new TemporaryFolder();
        using var catalogue = SourceCatalogue.Read(
            name, source ?? Some.Source(records: 1), new SourceFolder(folder.Path), new SourceOptions(), null, null, default);
        using var digest = new InputDigest(catalogue, recipe ?? new BuildRecipe());
        digest.Add(entry, contents);
        return digest.Finish();
    }
}
