namespace EcgData.Reports.Tests;

public sealed class StrokeFontTests
{
    [Fact]
    public void Glyphs_OfAllOfAscii_ArePresentDistinctAndInsideTheirCell()
    {
        var seen = new HashSet<string>();
        for (var character = ' '; character <= '~'; character++)
        {
            Assert.Equal($"{character}", StrokeFont.Printable($"{character}"));
            var lines = StrokeFont.Trace($"{character}", 0, 0, 14);
            var width = StrokeFont.Measure($"{character}", 14);
            Assert.True(seen.Add(string.Join('|', lines.Select(line => string.Join(' ', line)))), $"'{character}' looks like another");
            Assert.All(lines.SelectMany(line => line), point =>
            {
                Assert.InRange(point.X, -0.5, width + 0.5);
                Assert.InRange(point.Y, -16, 5);   // y grows downwards on the sheet
            });
        }
    }

    [Fact]
    public void Printable_OfControlsAndForeignLetters_LeavesBoxes() => Assert.Equal("ab□□", StrokeFont.Printable("a\0\n\u202Eb漢\U0001F600"));

    [Theory]
    [InlineData("short", 100, "short")]
    [InlineData("", 0, "")]
    [InlineData("anything", 0.1, "…")]
    public void Shorten_ToAWidth_KeepsWhatFits(string text, double width, string expected) =>
        Assert.Equal(expected, StrokeFont.Shorten(text, 2, width));

    [Fact]
    public void Shorten_ALongText_FillsTheWidthAndNoMore()
    {
        var text = string.Concat(Enumerable.Repeat("label, ", 100));
        var shortened = StrokeFont.Shorten(text, 2, 100);
        Assert.EndsWith("…", shortened, StringComparison.Ordinal);
        Assert.InRange(StrokeFont.Measure(shortened, 2), 94, 100);
    }
}
