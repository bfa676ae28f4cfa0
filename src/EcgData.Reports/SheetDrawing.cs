namespace EcgData.Reports;

/// <summary>A place on the sheet: millimetres from its left and upper edges.</summary>
internal readonly record struct PointMm(double X, double Y);

/// <summary>A colour, <c>0xRRGGBB</c>, and how much of it covers what lies below, 0-1.</summary>
internal readonly record struct Ink(uint Rgb, double Opacity = 1);

/// <summary>Something drawn. The role says what it is to a reader of the SVG; the label is what it says or shows.</summary>
internal abstract record Mark(string Role, Ink Ink, string? Label);

/// <summary>Lines with round ends and joints.</summary>
internal sealed record Lines(string Role, Ink Ink, double WidthMm, IReadOnlyList<PointMm[]> Points, string? Label = null)
    : Mark(Role, Ink, Label);

/// <summary>A filled rectangle.</summary>
internal sealed record Area(string Role, Ink Ink, double X, double Y, double WidthMm, double HeightMm, string? Label = null)
    : Mark(Role, Ink, Label);

/// <summary>A sheet before it is ink or pixels: what both back ends draw, first mark first.</summary>
internal sealed record SheetDrawing(double WidthMm, double HeightMm, string Title, string Description, IReadOnlyList<Mark> Marks);
