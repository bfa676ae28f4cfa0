using System.Runtime.InteropServices;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Tests;

namespace EcgData.Reports.Tests;

public sealed class EcgSheetTests
{
    private static readonly string[] TwelveNames = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"];

    [Theory]
    [InlineData(SheetLayout.ThreeByFour, 4)]
    [InlineData(SheetLayout.TwelveByOne, 12)]
    public void Calibration_OfEveryRow_IsOneMillivoltHighAndFiveMillimetresWide(SheetLayout layout, int rows)
    {
        var sheet = Read(Some.Sines(), layout);
        var pulses = sheet.All("calibration");
        Assert.Equal(rows, pulses.Count);
        foreach (var pulse in pulses)
        {
            var points = SheetReading.Points(pulse);
            var (baseline, top) = (points.Max(point => point.Y), points.Min(point => point.Y));
            var roof = points.Where(point => point.Y == top).Select(point => point.X).ToArray();
            Assert.Equal(10, baseline - top, 3);
            Assert.Equal(5, roof.Max() - roof.Min(), 3);
            Assert.True(points.Max(point => point.X) < 28.5, "the pulse stands before the trace");
        }
    }

    [Theory]
    [InlineData(SheetLayout.ThreeByFour)]
    [InlineData(SheetLayout.TwelveByOne)]
    public void Sheet_Size_IsPaperInTrueMillimetres(SheetLayout layout)
    {
        var root = Read(Some.Segment((_, time) => 300 * Math.Sin(2 * Math.PI * time)), layout).Root;
        Assert.Equal(("297mm", "210mm", "0 0 297 210"),
            ((string)root.Attribute("width")!, (string)root.Attribute("height")!, (string)root.Attribute("viewBox")!));
    }

    [Fact]
    public void Grid_Lines_AreEveryMillimetreAndStrongerEveryFive()
    {
        var sheet = Read(Some.Sines(), SheetLayout.ThreeByFour);
        var paper = Assert.Single(sheet.All("paper"));
        var (width, height) = (SheetReading.Number(paper, "width"), SheetReading.Number(paper, "height"));
        var left = SheetReading.Number(paper, "x");
        var major = SheetReading.Points(Assert.Single(sheet.All("grid-5mm")));
        var minor = SheetReading.Points(Assert.Single(sheet.All("grid-1mm")));
        Assert.Equal((width - 1 + height - 1) * 2, minor.Length + major.Length);   // two ends of a line at each inner millimetre
        Assert.All(major.Chunk(2).Where(line => line[0].X == line[1].X), line => Assert.Equal(0, (line[0].X - left) % 5, 3));
    }

    [Fact]
    public void Trace_ASineInTwelveRows_PeaksAtItsMillimetres()
    {
        var sheet = Read(Some.Sines(), SheetLayout.TwelveByOne);
        var pulses = sheet.All("calibration");
        for (var lead = 0; lead < 12; lead++)
        {
            var baseline = SheetReading.Points(pulses[lead])[0].Y;
            var trace = Assert.Single(sheet.Traces(TwelveNames[lead]));
            Assert.Equal(2400, trace.Length);
            foreach (var second in (int[])[0, 4, 9])
            {
                // 1 Hz has its crest a quarter of a second in, 25 mm are a second, and second 0 is 28.5 mm from the edge.
                var cycle = trace.Where(point => point.X >= 28.5 + 25 * second && point.X < 28.5 + 25 * (second + 1)).ToArray();
                var (crest, trough) = (cycle.Min(point => point.Y), cycle.Max(point => point.Y));
                Assert.Equal(28.5 + 25 * (second + 0.25), cycle.Where(point => point.Y == crest).Average(point => point.X), 2);
                Assert.Equal(28.5 + 25 * (second + 0.75), cycle.Where(point => point.Y == trough).Average(point => point.X), 2);
                Assert.Equal(10 * (1 - 0.02 * lead), baseline - crest, 2);
                Assert.Equal(10 * (1 - 0.02 * lead), trough - baseline, 2);
            }
        }
    }

    [Fact]
    public void Trace_InThreeByFour_ShowsConsecutiveQuartersAndLeadTwoAsAWhole()
    {
        // Each lead is a ramp through its ten seconds, so that every height tells the second that is shown.
        var sheet = Read(Some.Segment((_, time) => 100 * time), SheetLayout.ThreeByFour);
        for (var lead = 0; lead < 12; lead++)
        {
            var (column, row) = (lead / 3, lead % 3);
            var trace = sheet.Traces(TwelveNames[lead])[0];
            Assert.Equal(600, trace.Length);
            Assert.Equal(28.5 + 62.5 * column, trace[0].X, 2);
            var baseline = SheetReading.Points(sheet.All("calibration")[row])[0].Y;
            Assert.Equal(2.5 * column, baseline - trace[0].Y, 2);   // 100 microvolt, 1 mm, a second
        }

        var rhythm = sheet.Traces("II")[1];
        Assert.Equal(2400, rhythm.Length);
        Assert.Equal(28.5, rhythm[0].X, 3);
        Assert.Equal(9, sheet.All("separator").Count);
    }

    [Theory]
    [InlineData(SheetLayout.ThreeByFour, 13)]
    [InlineData(SheetLayout.TwelveByOne, 12)]
    public void Names_OfAllLeads_AreThere(SheetLayout layout, int count)
    {
        var names = Read(Some.Sines(), layout).Says("lead");
        Assert.Equal(count, names.Count);
        Assert.Equal(TwelveNames, names.Take(12));
    }

    [Fact]
    public void Header_SaysWhatIsKnown()
    {
        var segment = Some.Sines() with { Flags = RecordFlags.MissingSamples | RecordFlags.Clipped, Segment = 2, StartSeconds = 20 };
        var texts = string.Join('\n', Read(segment, SheetLayout.ThreeByFour).Says("text"));
        foreach (var expected in (string[])
            [
                "ptb-xl/00001 · segment 2", "ptb-xl@1.0.3", "56 years", "female", "Labels: NORM, SR", "25 mm/s · 10 mm/mV",
                "240 Hz, recorded at 500 Hz", "20.00–30.00 s", "Flags: missing samples, clipped",
            ])
            Assert.Contains(expected, texts, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"/><rect x='0'")]
    [InlineData("a\0b\u0001\u001F\u0085\uFFFE\uFFFF")]
    [InlineData("\uD800 alone \uDC00")]
    [InlineData("]]>&amp;&#0;")]
    [InlineData("ÄΩ漢 \U0001F600")]
    public void Svg_OfHostileText_IsWellFormedAndHasNothingButMarks(string text)
    {
        var segment = Some.Sines() with
        {
            RecordId = text,
            Source = text,
            Site = text,
            Sex = text,
            Patient = text,
            Licence = text,
            SourceFile = text,
            Labels = [text, text],
        };
        var sheet = Read(segment, SheetLayout.ThreeByFour);
        Assert.Equal(["desc", "path", "rect", "title"], sheet.Root.Elements().Select(mark => mark.Name.LocalName).Distinct().Order());
        Assert.Single(sheet.All("paper"));
        Assert.NotEmpty(EcgSheet.DrawPng(segment, SheetLayout.ThreeByFour));
    }

    [Fact]
    public void Labels_TooManyForTheLine_EndInAnEllipsisBeforeTheFlags()
    {
        var segment = Some.Sines() with { Labels = [.. Enumerable.Range(0, 500).Select(index => $"label {index}")] };
        var sheet = Read(segment, SheetLayout.ThreeByFour);
        var line = sheet.All("text").Single(mark => ((string)mark.Attribute("aria-label")!).StartsWith("Labels", StringComparison.Ordinal));
        var flags = sheet.All("text").Single(mark => (string)mark.Attribute("aria-label")! == "No flags");
        Assert.EndsWith("…", (string)line.Attribute("aria-label")!, StringComparison.Ordinal);
        Assert.True(SheetReading.Points(line).Max(point => point.X) < SheetReading.Points(flags).Min(point => point.X));
        Assert.Contains("label 499", sheet.Root.Elements().Single(mark => mark.Name.LocalName == "desc").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void AbsentAndDerivedLeads_AreToldApart()
    {
        var segment = Some.Sines().WithoutLead(Lead.V2, Lead.II) with { DerivedLeads = LeadSet.None.With(Lead.III).With(Lead.AVF) };
        var sheet = Read(segment, SheetLayout.ThreeByFour);
        Assert.Empty(sheet.Traces("V2"));
        Assert.Empty(sheet.Traces("II"));
        Assert.Equal(["II is absent", "V2 is absent", "II is absent"], sheet.Says("absent"));   // the rhythm strip too
        Assert.Equal(3, sheet.Says("note").Count(note => note == "not recorded"));
        Assert.Equal(2, sheet.Says("derived").Count);
        Assert.Contains("Not recorded: II V2 · Derived from other leads: III aVF", sheet.Says("text"));
    }

    [Fact]
    public void Sheet_WithoutAnyLead_IsStillDrawn()
    {
        var segment = Some.Sines().WithoutLead(Enum.GetValues<Lead>());
        Assert.Empty(Read(segment, SheetLayout.TwelveByOne).All("trace"));
        Assert.NotEmpty(EcgSheet.DrawPng(segment, SheetLayout.TwelveByOne));
    }

    [Fact]
    public void ShortSegment_EndsAtItsTrueMillimetre()
    {
        var sheet = Read(Some.Sines(seconds: 4), SheetLayout.ThreeByFour);
        Assert.Equal(600, sheet.Traces("I")[0].Length);
        Assert.Equal(360, sheet.Traces("aVR")[0].Length);   // 2.5 s to 4 s
        Assert.Empty(sheet.Traces("V1"));
        Assert.Equal(28.5 + 25 * (4 - 1 / 240.0), sheet.Traces("II")[1][^1].X, 2);
        Assert.All(sheet.All("end"), end => Assert.Equal(128.5, SheetReading.Points(end)[0].X, 3));
        Assert.Equal(4, sheet.All("end").Count);
        Assert.Equal(TwelveNames, sheet.Says("lead").Take(12));
    }

    [Fact]
    public void LongSegment_ShowsItsFirstTenSeconds()
    {
        var sheet = Read(Some.Sines(seconds: 30), SheetLayout.TwelveByOne);
        Assert.Equal(2400, sheet.Traces("V6")[0].Length);
        Assert.Contains("First 10 s of 30.00 s", sheet.Says("text"));
    }

    [Fact]
    public void Gaps_AreShadedWhereTheyAreShown()
    {
        // V1 is shown from 5 s to 7.5 s: of its gaps one is there, one is not, one is there in part. Lead II's is in both its strips.
        Gap[] gaps = [new(Lead.V1, 1320, 1440), new(Lead.V1, 0, 240), new(Lead.V1, 1680, 2400), new(Lead.II, 240, 480), new((Lead)77, 0, 9)];
        var areas = Read(Some.Sines() with { Gaps = gaps }, SheetLayout.ThreeByFour).All("gap");
        Assert.Equal(
            [(53.5, 25.0), (166, 12.5), (203.5, 12.5), (53.5, 25)],
            areas.Select(area => (SheetReading.Number(area, "x"), SheetReading.Number(area, "width"))));
    }

    [Fact]
    public void HighAmplitudes_InTwelveRows_GetATallerSheetAndStayWhole()
    {
        var segment = Some.Segment((_, time) => 1400 * Math.Sin(2 * Math.PI * time));
        var sheet = Read(segment, SheetLayout.TwelveByOne);
        Assert.Equal("0 0 297 420", (string)sheet.Root.Attribute("viewBox")!);
        Assert.Empty(sheet.All("cut"));
        foreach (var name in TwelveNames)
            Assert.Equal(28, sheet.Traces(name)[0].Max(point => point.Y) - sheet.Traces(name)[0].Min(point => point.Y), 2);
    }

    [Theory]
    [InlineData(SheetLayout.ThreeByFour)]
    [InlineData(SheetLayout.TwelveByOne)]
    public void ImpossibleAmplitudes_AreCutAtTheirBandUnderAnArrowhead(SheetLayout layout)
    {
        var sheet = Read(Some.Segment((_, time) => 8191 * Math.Sin(2 * Math.PI * time)), layout);
        var paper = Assert.Single(sheet.All("paper"));
        var (top, bottom) = (SheetReading.Number(paper, "y"), SheetReading.Number(paper, "y") + SheetReading.Number(paper, "height"));
        Assert.NotEmpty(sheet.All("cut"));
        Assert.All(sheet.All("trace").SelectMany(SheetReading.Points), point => Assert.InRange(point.Y, top, bottom));
        var ranges = TwelveNames.Take(3).Select(name => sheet.Traces(name)[0]).ToList();
        for (var row = 1; row < ranges.Count; row++)
            Assert.True(ranges[row - 1].Max(point => point.Y) < ranges[row].Min(point => point.Y), "rows keep to their bands");
        Assert.Contains(sheet.Says("text"), text => text.StartsWith("Beyond the band (arrowheads): I II III", StringComparison.Ordinal));
    }

    [Fact]
    public void Draw_Twice_GivesTheSameBytes()
    {
        var (first, second) = (Some.Sines(), Some.Sines());
        Assert.Equal(EcgSheet.DrawSvg(first, SheetLayout.ThreeByFour), EcgSheet.DrawSvg(second, SheetLayout.ThreeByFour));
        Assert.Equal(EcgSheet.DrawPng(first, SheetLayout.TwelveByOne), EcgSheet.DrawPng(second, SheetLayout.TwelveByOne));
    }

    [Fact]
    public void Draw_WhatIsNoSegment_SaysSo()
    {
        var eleven = Assert.Throws<ArgumentException>(
            () => EcgSheet.DrawSvg(Some.Sines() with { Leads = [.. Some.Sines().Leads.Take(11)] }, SheetLayout.ThreeByFour));
        Assert.Contains("11 leads, expected 12", eleven.Message, StringComparison.Ordinal);
        foreach (var frequency in (double[])[0, -1, double.NaN, double.PositiveInfinity])
            Assert.Throws<ArgumentException>(
                () => EcgSheet.DrawPng(Some.Sines() with { SamplingFrequencyHz = frequency }, SheetLayout.ThreeByFour));
    }

    [Theory]
    [InlineData("00001", "0 0 297 210")]
    [InlineData("00004", "0 0 297 420")]   // R waves of 3 mV over S waves of 2.7 mV
    public void Sheet_OfAGenuineRecord_IsWholeInBothLayouts(string record, string viewBox)
    {
        var file = Path.Join(Genuine.Folder("data/real/ptb-xl"), "records500/00000", $"{record}_hr.dat");
        var values = MemoryMarshal.Cast<byte, short>(File.ReadAllBytes(file)).ToArray();   // 1000 per mV: microvolt
        var segment = Some.Sines() with
        {
            SamplingFrequencyHz = 500,
            Samples = values.Length / 12,
            Leads = [.. Enumerable.Range(0, 12).Select(lead => values.Where((_, index) => index % 12 == lead).ToArray())],
        };
        var rows = Read(segment, SheetLayout.TwelveByOne);
        Assert.Equal(viewBox, (string)rows.Root.Attribute("viewBox")!);
        Assert.Empty(rows.All("cut"));
        for (var lead = 0; lead < 12; lead++)
        {
            var baseline = SheetReading.Points(rows.All("calibration")[lead])[0].Y;
            var trace = rows.Traces(TwelveNames[lead])[0];
            for (var index = 0; index < trace.Length; index += 97)
                Assert.Equal(values[index * 12 + lead] / 100.0, baseline - trace[index].Y, 2);
        }

        Assert.Empty(Read(segment, SheetLayout.ThreeByFour).All("cut"));
    }

    private static SheetReading Read(StoredSegment segment, SheetLayout layout) => new(EcgSheet.DrawSvg(segment, layout));
}
