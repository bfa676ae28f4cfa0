using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EcgData.Sources.Tables;
using EcgData.Tests;

namespace EcgData.Sources.Tests.Tables;

public sealed class PublishedChecksumsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Of_ListedFiles_AreFoundWhateverTheBlanksAndLineEnds()
    {
        var (a, b, c, d) = (new string('a', 64), new string('B', 64), new string('0', 64), new string('9', 64));
        Write($"{a} files/a.dat\n{b}\tfiles/b b.dat\r\n\n{c}  ./files/c.dat\n{d} *files/d.dat");
        using var checksums = PublishedChecksums.Read(new SourceFolder(_folder.Path));
        Assert.Equal(4, checksums.Count);
        Assert.Equal([a, b.ToLowerInvariant(), c, d], new[] { "files/a.dat", "files/b b.dat", "files/c.dat", "files/d.dat" }.Select(path => Of(checksums, path)));
        Assert.Null(Of(checksums, "files/e.dat"));
    }

    [Fact]
    public void Of_TenThousandFiles_GivesEachItsOwn()
    {
        // More than the buffer of lines holds; in the order of the list, backwards, and in none.
        string Hash(int i) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture))));
        Write(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{Hash(i)} files/p{i % 100}/{i}.dat\n")));
        using var some = PublishedChecksums.Read(new SourceFolder(_folder.Path), "files/p7/");
        Assert.Equal(100, some.Count);
        using var checksums = PublishedChecksums.Read(new SourceFolder(_folder.Path));
        Assert.All(Enumerable.Range(0, 10_000), i => Assert.Equal(Hash(i), Of(checksums, $"files/p{i % 100}/{i}.dat")));
        Assert.All(Enumerable.Range(0, 10_000).Reverse(), i => Assert.Equal(Hash(i), Of(checksums, $"files/p{i % 100}/{i}.dat")));
        Assert.All(Enumerable.Range(0, 10_000), i => Assert.Equal(Hash(i * 7919 % 10_000), Of(checksums, $"files/p{i * 7919 % 10_000 % 100}/{i * 7919 % 10_000}.dat")));
        Assert.Null(Of(checksums, "files/p1/10001.dat"));
    }

    [Fact]
    public void Of_LineLongerThanAFewLines_IsFoundInAnyOrder()
    {
        var (longPath, hash) = ($"files/{new string('x', 50_000)}.dat", new string('c', 64));
        Write($"{new string('a', 64)} files/a.dat\n{hash} {longPath}\n{new string('b', 64)} files/b.dat\n");
        using var checksums = PublishedChecksums.Read(new SourceFolder(_folder.Path));
        Assert.Equal(new string('b', 64), Of(checksums, "files/b.dat"));
        Assert.Equal(hash, Of(checksums, longPath));
        Assert.Equal(new string('a', 64), Of(checksums, "files/a.dat"));
        Assert.Equal(hash, Of(checksums, longPath));
    }

    [Fact]
    public void Read_NoList_HasNoChecksums()
    {
        using var checksums = PublishedChecksums.Read(new SourceFolder(_folder.Path));
        Assert.Equal((0, null), (checksums.Count, Of(checksums, "a")));
    }

    [Theory]
    [InlineData("no checksum at all")]
    [InlineData("abc files/a.dat")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaag a.dat")]
    [InlineData(" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a.dat")]
    public void Read_LineThatIsNone_NamesItsNumber(string line)
    {
        Write($"{new string('a', 64)} ok.dat\n\n{line}\n");
        Assert.StartsWith("SHA256SUMS.txt, line 3: ", Stopped(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LineWithoutEnd_IsNotReadIntoMemory()
    {
        Write($"{new string('a', 64)} ok.dat\n{new string('b', 1 << 20)}");
        Assert.StartsWith("SHA256SUMS.txt, line 2: longer than ", Stopped(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_TwoListsBelowOneAnother_FindsEachFileInEither()
    {
        // the same line twice is no contradiction, and upper case is none either
        var hash = new string('a', 64);
        Write($"{hash} a.dat\n{new string('b', 64)} b.dat\n{hash.ToUpperInvariant()} a.dat\n");
        using var checksums = PublishedChecksums.Read(new SourceFolder(_folder.Path));
        Assert.Equal([hash, new string('b', 64), hash], new[] { "a.dat", "b.dat", "a.dat" }.Select(path => Of(checksums, path)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 4999)]
    [InlineData(4998, 4999)]
    public void Read_PathWithTwoChecksumsAmongMany_NamesItAndBothAsTheyLie(int first, int second)
    {
        var lines = Enumerable.Range(0, 5000).Select(i => (Hash: $"{i * 7919 % 5000:x64}", Path: $"files/{i * 7919 % 5000}.dat")).ToArray();
        lines[second].Path = lines[first].Path;
        Write(string.Concat(lines.Select(line => $"{line.Hash} {line.Path}\n")));
        Assert.Equal(
            $"SHA256SUMS.txt: '{lines[first].Path}' is listed with two checksums, {lines[first].Hash} and {lines[second].Hash}. Download the file again.",
            Stopped());
    }

    [Fact]
    public void Read_PathWithTwoChecksums_StopsTheSource()
    {
        Write($"{new string('a', 64)} a.dat\n{new string('a', 64)} a.dat\n{new string('b', 64)} a.dat\n");
        Assert.Contains("two checksums", Stopped(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string? Of(PublishedChecksums checksums, string path) =>
        checksums.TryFind(Encoding.UTF8.GetBytes(path), out var digest) ? digest.ToString() : null;

    private string Stopped() =>
        Assert.Throws<SourceException>(() => PublishedChecksums.Read(new SourceFolder(_folder.Path))).Message;

    private void Write(string text) => File.WriteAllText(_folder["SHA256SUMS.txt"], text);
}
