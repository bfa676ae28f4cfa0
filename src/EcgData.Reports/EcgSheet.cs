using EcgData.Shards;

namespace EcgData.Reports;

/// <summary>How an ECG sheet is laid out.</summary>
public enum SheetLayout
{
    /// <summary>Three rows of four leads, 2.5 s each, and a rhythm strip of lead II. A4, landscape.</summary>
    ThreeByFour,

    /// <summary>Twelve rows of 10 s. A4, landscape; where the amplitudes need more height, A3, upright.</summary>
    TwelveByOne,
}

/// <summary>Draws a record as the sheet that a cardiologist reads: 25 mm/s, 10 mm/mV.</summary>
/// <remarks>The columns of <see cref="SheetLayout.ThreeByFour"/> follow one another in time. Of a longer segment the first 10 s are drawn.</remarks>
public static class EcgSheet
{
    /// <summary>The sheet as an SVG document in true millimetres. The same segment gives the same bytes.</summary>
    /// <exception cref="ArgumentException">The segment is not one: other than twelve leads, no sampling frequency.</exception>
    public static string DrawSvg(StoredSegment segment, SheetLayout layout) => SvgSheet.Write(new SheetComposition(segment, layout).Draw());

    /// <summary>The same sheet as a PNG file, 10 pixels per mm.</summary>
    /// <exception cref="ArgumentException">The segment is not one: other than twelve leads, no sampling frequency.</exception>
    public static byte[] DrawPng(StoredSegment segment, SheetLayout layout) => PngSheet.Write(new SheetComposition(segment, layout).Draw());
}
