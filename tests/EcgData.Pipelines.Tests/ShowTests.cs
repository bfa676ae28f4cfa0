using EcgData.Tests;
using SkiaSharp;

namespace EcgData.Pipelines.Tests;

public sealed class ShowTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("3x4")]
    [InlineData("12x1")]
    public async Task Svg_OpenedInABrowser_ShowsTraces(string layout)
    {
        Show(synthetic.KeptRecord, "sheet.svg", "--layout", layout).EndsWith(0);
        await Browser.PhotographAsync(_folder["sheet.svg"], _folder["browser.png"], _folder.Path, 1300, 1000);
        AssertTraces(_folder["browser.png"]);
    }

    [Fact]
    public void Png_Drawn_ShowsTraces()
    {
        Show(synthetic.KeptRecord, "sheet.png").EndsWith(0);
        AssertTraces(_folder["sheet.png"]);
    }

    [Fact]
    public void Show_Twice_WritesTheSameBytes()
    {
        Show(synthetic.KeptRecord, "one.svg").EndsWith(0);
        Show(synthetic.KeptRecord, "two.svg").EndsWith(0);
        Assert.Equal(File.ReadAllBytes(_folder["one.svg"]), File.ReadAllBytes(_folder["two.svg"]));
    }

    [Theory]
    [InlineData("sheet.gif")]
    [InlineData("sheet")]
    public void Show_OtherKindOfFile_EndsWith2(string file) =>
        Assert.Contains("ending in .svg or .png", Show(synthetic.KeptRecord, file).EndsWith(2).Complaint, StringComparison.Ordinal);

    [Fact]
    public void Show_ShardThatIsCutShort_IsNamed()
    {
        var corpus = synthetic.Corpus.CopyTo(_folder["corpus"]);
        foreach (var shard in Directory.EnumerateFiles(Path.Join(corpus.Path, "shards"), "*.parquet", SearchOption.AllDirectories))
        {
            using var file = File.OpenWrite(shard);
            file.SetLength(file.Length / 2);
        }

        var outcome = synthetic.Program.Run("show", corpus.Path, synthetic.KeptRecord, "--out", _folder["sheet.svg"]).EndsWith(3);
        Assert.Contains(": shards/", outcome.Complaint, StringComparison.Ordinal);
        Assert.Contains("build --check", outcome.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_FolderThatIsNotThere_EndsWith3() =>
        Assert.Contains(_folder["none"], Show(synthetic.KeptRecord, "none/sheet.svg").EndsWith(3).Complaint, StringComparison.Ordinal);

    [Fact]
    public void Show_UnknownRecord_NamesTheNearest() => Assert.Contains(
        $"Did you mean '{synthetic.KeptRecord}'?",
        Show(synthetic.KeptRecord.Replace("ptb-xl/", "ptbxl/", StringComparison.Ordinal), "sheet.svg").EndsWith(2).Complaint,
        StringComparison.Ordinal);

    [Fact]
    public void Show_RejectedRecord_TellsTheReason()
    {
        var complaint = Show(synthetic.RejectedRecord, "sheet.svg").EndsWith(2).Complaint;
        Assert.Contains("it was rejected, truncated: ", complaint, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["sheet.svg"]));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("-1")]
    public void Show_SegmentOutOfRange_TellsHowManyThereAre(string segment) => Assert.Contains(
        "has 1 segments, numbered from 0",
        Show(synthetic.KeptRecord, "sheet.svg", "--segment", segment).EndsWith(2).Complaint, StringComparison.Ordinal);

    [Fact]
    public void Show_UnknownLayout_NamesTheKnown() => Assert.Contains(
        "'12x1'", Show(synthetic.KeptRecord, "sheet.svg", "--layout", "6x2").EndsWith(2).Complaint, StringComparison.Ordinal);

    private Outcome Show(string record, string file, params string[] more) =>
        synthetic.Program.Run(["show", synthetic.Corpus.Path, record, "--out", _folder[file], .. more]);

    /// <summary>Twelve leads on paper: many dark pixels, spread over the whole sheet, on a ground that is not dark.</summary>
    private static void AssertTraces(string picture)
    {
        using var bitmap = SKBitmap.Decode(picture);
        Assert.NotNull(bitmap);
        const int tiles = 4;
        var dark = new int[tiles, tiles];
        for (var y = 0; y < bitmap.Height; y++)
        {
            for (var x = 0; x < bitmap.Width; x++)
            {
                var pixel = bitmap.GetPixel(x, y);
                if (Math.Max(pixel.Red, Math.Max(pixel.Green, pixel.Blue)) < 90) dark[y * tiles / bitmap.Height, x * tiles / bitmap.Width]++;
            }
        }

        var all = dark.Cast<int>().ToList();
        Assert.InRange(all.Sum(), bitmap.Width * bitmap.Height / 500, bitmap.Width * bitmap.Height / 10);
        Assert.True(all.Count(count => count > 40) >= tiles * tiles - tiles, $"dark pixels by tile: {string.Join(' ', all)}");
    }
}
