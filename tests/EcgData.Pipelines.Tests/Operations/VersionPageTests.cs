using EcgData.Tests;
using SkiaSharp;

namespace EcgData.Pipelines.Tests.Operations;

/// <summary>A version as a page: what it says is what the version holds.</summary>
public sealed class VersionPageTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Report_OfAVersion_HoldsItsCountsAndOpensInABrowser()
    {
        synthetic.Program.Run("report", synthetic.Corpus.Path, "--out", _folder["page.html"]).EndsWith(0);
        var page = File.ReadAllText(_folder["page.html"]);
        var source = synthetic.Corpus.Manifest.Sources[0];
        foreach (var (what, count) in source.Rejections) Assert.Contains($"<td>rejected: {what}</td><td class=\"n\">{count}</td>", page, StringComparison.Ordinal);
        foreach (var (what, count) in source.Flags) Assert.Contains($"<td>flagged: {what}</td><td class=\"n\">{count}</td>", page, StringComparison.Ordinal);
        foreach (var text in (string[])["PTB-XL", source.Licence, "<td>v6</td>", "<td>ptb-xl</td><td>scp:NORM</td>", "<svg ", "aria-label=\"V1\""])
            Assert.Contains(text, page, StringComparison.Ordinal);
        foreach (var elsewhere in (string[])["src=", "href=", "<script", "@import", "url("]) Assert.DoesNotContain(elsewhere, page, StringComparison.Ordinal);

        await Browser.PhotographAsync(_folder["page.html"], _folder["page.png"], _folder.Path, 1000, 1000);
        using var picture = SKBitmap.Decode(_folder["page.png"]);
        Assert.True(picture.Pixels.Count(pixel => pixel.Red < 90 && pixel.Green < 90 && pixel.Blue < 90) > 2000);
    }

    [Fact]
    public void Report_Twice_WritesTheSameBytes()
    {
        synthetic.Program.Run("report", synthetic.Corpus.Path, "--out", _folder["one.html"]).EndsWith(0);
        synthetic.Program.Run("report", synthetic.Corpus.Path, "--out", _folder["two.html"]).EndsWith(0);
        Assert.Equal(File.ReadAllBytes(_folder["one.html"]), File.ReadAllBytes(_folder["two.html"]));
    }

    [Fact]
    public void Report_OtherKindOfFile_EndsWith2() => Assert.Contains(
        "ending in .html", synthetic.Program.Run("report", synthetic.Corpus.Path, "--out", _folder["page.pdf"]).EndsWith(2).Complaint, StringComparison.Ordinal);
}
