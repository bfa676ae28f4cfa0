using System.Text;
using EcgData.Tests;

namespace EcgData.Ingest.Tests;

public sealed class FolderWalkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Neighbours, another way, back again, two slashes, what is missing, what is near the root: each is asked for by its whole path too.</summary>
    [Fact]
    public void Ask_OneAfterTheOther_AnswersAsForTheWholePath()
    {
        foreach (var name in new[] { "p1/a/s1", "p1/a/s2", "p1/b/s1", "p2/a/s1" }) Directory.CreateDirectory(_folder[name]);
        Directory.CreateSymbolicLink(_folder["p3"], _folder["p2"]);
        string[] paths =
        [
            _folder["p1/a/s1"], _folder["p1/a/s2"], _folder["p1/b/s1"], _folder["p2/a/s1"], _folder["p1/a/s1"], _folder["p3/a/s1"], _folder["p3"],
            _folder["p1/a"] + "//s1", _folder["p1"] + "//a/s1", _folder["p1/a/none"], _folder["none/a/s1"], _folder["p1/none/s1"], _folder["p1/a/s2"], "/", "/tmp",
        ];
        using var walk = new FolderWalk();
        Assert.All(paths, path => Assert.Equal(Answer(Statx.Ask, path), Answer(walk.Ask, path)));
    }

    private static (bool? Is, ulong Inode, long Change) Answer(Asking ask, string path)
    {
        var answer = new byte[Statx.AnswerBytes];
        var status = ask(Encoding.UTF8.GetBytes(path + "\0"), answer);
        var found = new Statx(answer);
        return status == true ? (status, found.Inode, found.ChangeTicks) : (status, 0, 0);
    }

    private delegate bool? Asking(ReadOnlySpan<byte> path, Span<byte> answer);
}
