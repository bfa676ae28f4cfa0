using EcgData.Signals;
using SkiaSharp;

namespace EcgData.Reports.Tests;

public sealed class PngSheetTests
{
    [Fact]
    public void Png_Decoded_HasTheSheetsSizeAtTenPixelsPerMillimetre()
    {
        var png = EcgSheet.DrawPng(Some.Sines(), SheetLayout.ThreeByFour);
        using var image = SKBitmap.Decode(png);
        Assert.Equal((2970, 2100), (image.Width, image.Height));

        // The chunk that says 10,000 pixels per metre, with the CRC that zlib gives it.
        Assert.Equal("000000097048597300002710000027100194695119", Convert.ToHexStringLower(png.AsSpan(33, 21)));
    }

    [Fact]
    public void Png_Grid_IsPinkOnItsLinesAndPaleBetween()
    {
        var blank = Some.Sines().WithoutLead(Enum.GetValues<Lead>());
        using var image = SKBitmap.Decode(EcgSheet.DrawPng(blank, SheetLayout.ThreeByFour));
        const int Y = 273;   // between the lines of 27 mm and 28 mm, where nothing else is drawn
        for (var mm = 272; mm < 287; mm++)   // right of the traces
        {
            var line = image.GetPixel(mm * 10 + 5, Y);   // the grid begins 8.5 mm from the edge
            var between = image.GetPixel(mm * 10, Y);
            Assert.True(line.Green < between.Green && line.Blue < between.Blue, $"{mm}.5 mm: {line} on the line, {between} beside it");
            Assert.True(line.Red > line.Green, $"{mm}.5 mm: {line} is not pink");
        }

        Assert.True(image.GetPixel(2785, Y).Green < image.GetPixel(2775, Y).Green, "the line of a box is stronger: 278.5 is 54 boxes in");
    }

    [Theory]
    [InlineData(SheetLayout.ThreeByFour)]
    [InlineData(SheetLayout.TwelveByOne)]
    public void Png_Traces_AreWhereTheSvgHasThem(SheetLayout layout)
    {
        var segment = Some.Sines();
        using var image = SKBitmap.Decode(EcgSheet.DrawPng(segment, layout));
        var sheet = new SheetReading(EcgSheet.DrawSvg(segment, layout));
        foreach (var trace in sheet.All("trace"))
        {
            var points = SheetReading.Points(trace);
            for (var index = 200; index < points.Length; index += 53)   // behind the name
            {
                var (x, y) = ((int)(points[index].X * 10), (int)(points[index].Y * 10));
                Assert.True(IsDark(image.GetPixel(x, y)), $"{(string?)trace.Attribute("aria-label")}: no ink at {points[index]}");
            }
        }

        // At a crest there is ink, and none 1 mm above it.
        var first = SheetReading.Points(sheet.All("trace")[0]);
        var crest = first.Skip(240).Take(240).MinBy(point => point.Y);
        Assert.True(IsDark(image.GetPixel((int)(crest.X * 10), (int)(crest.Y * 10))));
        Assert.False(IsDark(image.GetPixel((int)(crest.X * 10), (int)(crest.Y * 10) - 10)));
    }

    [Fact]
    public void Png_Text_IsDrawnWithoutSystemFonts()
    {
        using var image = SKBitmap.Decode(EcgSheet.DrawPng(Some.Sines(), SheetLayout.ThreeByFour));
        var inked = 0;
        for (var y = 55; y < 95; y++)
            for (var x = 85; x < 500; x++)
                if (IsDark(image.GetPixel(x, y))) inked++;
        Assert.InRange(inked, 500, 8000);   // the record id: letters, not a black bar
    }

    private static bool IsDark(SKColor color) => color.Red < 110 && color.Green < 110 && color.Blue < 110;
}
