using EcgData.Shards;

namespace EcgData.Reports;

/// <summary>How an ECG sheet is laid out.</summary>
public enum SheetLayout
{
    /// <summary>Three rows of four leads, 2.5 s each, and a rhythm strip of lead II.</summary>
    ThreeByFour,

    /// <summary>Twelve rows of 10 s.</summary>
    TwelveByOne,
}

/// <summary>Draws a record as the sheet that a cardiologist reads: 25 mm/s, 10 mm/mV.</summary>
public static class EcgSheet
{
    /// <summary>The sheet as an SVG document.</summary>
    public static string DrawSvg(StoredSegment segment, SheetLayout layout) => throw new NotSupportedException();

    /// <summary>The same sheet as a PNG file.</summary>
    public static byte[] DrawPng(StoredSegment segment, SheetLayout layout) => throw new NotSupportedException();
}
