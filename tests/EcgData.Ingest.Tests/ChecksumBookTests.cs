using System.Security.Cryptography;
using EcgData.Sources;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

public sealed class ChecksumBookTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SourceFolder _source;
    private readonly RecordFile _file = new("1.dat");

    public ChecksumBookTests()
    {
        Directory.CreateDirectory(_folder["source"]);
        File.WriteAllText(_folder["source/1.dat"], "first");
        _source = new SourceFolder(_folder["source"]);
    }

    public void Dispose() => _folder.Dispose();

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Find_NothingPublishedNothingRead_IsUnread()
    {
        using var book = new ChecksumBook(null, rehash: false);
        Assert.Equal(FileState.Unread, book.Find(_source, _file).State);
        Assert.Equal(new FileContent(FileState.Published, "x", 5), book.Find(_source, _file with { Sha256 = "x" }));
        Assert.Equal(FileState.Missing, book.Find(_source, new RecordFile("2.dat", "x")).State);
        Assert.Equal(FileState.Missing, book.Find(_source, new RecordFile("../1.dat")).State);
    }

    [Fact]
    public void Read_File_IsRememberedByTheNextBook()
    {
        using (var book = new ChecksumBook(_folder["cache/hints"], rehash: false))
            Assert.Equal(Sha256("first"), book.Read(_source, _file, default).Sha256);
        using var next = new ChecksumBook(_folder["cache/hints"], rehash: false);
        Assert.Equal(new FileContent(FileState.Known, Sha256("first"), 5), next.Find(_source, _file));
    }

    [Fact]
    public void Find_FileChangedSince_IsUnreadAgain()
    {
        using var book = new ChecksumBook(_folder["hints"], rehash: false);
        book.Read(_source, _file, default);
        File.WriteAllText(_folder["source/1.dat"], "second");
        Assert.Equal(FileState.Unread, book.Find(_source, _file).State);
    }

    [Fact]
    public void Find_AfterRehash_KnowsNothing()
    {
        using (var book = new ChecksumBook(_folder["hints"], rehash: false)) book.Read(_source, _file, default);
        using var next = new ChecksumBook(_folder["hints"], rehash: true);
        Assert.Equal(FileState.Unread, next.Find(_source, _file).State);
    }

    [Fact]
    public void Create_HintFileCutOff_KeepsTheWholeHints()
    {
        using (var book = new ChecksumBook(_folder["hints"], rehash: false)) book.Read(_source, _file, default);
        using (var stream = File.OpenWrite(_folder["hints"])) stream.SetLength(stream.Length + 17);
        using var next = new ChecksumBook(_folder["hints"], rehash: false);
        Assert.Equal(Sha256("first"), next.Find(_source, _file).Sha256);
        File.WriteAllText(_folder["source/2.dat"], "other");
        next.Read(_source, new RecordFile("2.dat"), default);
        using var last = new ChecksumBook(_folder["hints"], rehash: false);
        Assert.Equal(Sha256("other"), last.Find(_source, new RecordFile("2.dat")).Sha256);
    }

    [Fact]
    public void Glance_PlainFile_SaysWhatFindSays()
    {
        using var book = new ChecksumBook(null, rehash: false);
        Assert.Equal(FileState.Published, book.Glance(_source, "1.dat"u8, isPublished: true));
        Assert.Equal(FileState.Missing, book.Glance(_source, "2.dat"u8, isPublished: true));
        Assert.Equal(FileState.Missing, book.Glance(_source, "none/2.dat"u8, isPublished: false));
        Assert.Equal(FileState.Missing, book.Glance(_source, "1.dat/2.dat"u8, isPublished: true));
        File.Delete(_folder["source/1.dat"]);
        Assert.Equal(FileState.Missing, book.Glance(_source, "1.dat"u8, isPublished: true));
    }

    [Fact]
    public void Glance_WhereFindHasToLook_SaysNothing()
    {
        using var book = new ChecksumBook(null, rehash: false);
        Directory.CreateDirectory(_folder["source/folder"]);
        File.CreateSymbolicLink(_folder["source/link"], _folder["source/1.dat"]);
        Assert.Null(book.Glance(_source, "1.dat"u8, isPublished: false));
        foreach (var path in new[] { "folder", "link", "../1.dat", "/1.dat", "", "1.dat/", "a\\b", new string('x', 2000) })
            Assert.Null(book.Glance(_source, System.Text.Encoding.UTF8.GetBytes(path), isPublished: true));
    }

    [Fact]
    public void Glance_FileWhoseContentIsRemembered_SaysNothingUntilItChanges()
    {
        using var book = new ChecksumBook(_folder["hints"], rehash: false);
        File.WriteAllText(_folder["source/2.dat"], "never read");
        book.Read(_source, _file, default);
        Assert.Null(book.Glance(_source, "1.dat"u8, isPublished: true));
        Assert.Equal(FileState.Published, book.Glance(_source, "2.dat"u8, isPublished: true));
        File.WriteAllText(_folder["source/1.dat"], "second");
        Assert.Equal(FileState.Published, book.Glance(_source, "1.dat"u8, isPublished: true));
    }
}
