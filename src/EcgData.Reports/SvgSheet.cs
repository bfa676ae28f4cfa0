using System.Globalization;
using System.Text;

namespace EcgData.Reports;

/// <summary>A sheet as an SVG document in true millimetres.</summary>
internal static class SvgSheet
{
    public static string Write(SheetDrawing drawing)
    {
        var svg = new StringBuilder(1 << 16);
        var (width, height) = (Number(drawing.WidthMm), Number(drawing.HeightMm));
        svg.Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\" ");
        svg.Append("role=\"img\" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n");
        svg.Append($"<title>{Escape(drawing.Title)}</title>\n<desc>{Escape(drawing.Description)}</desc>\n");
        foreach (var mark in drawing.Marks)
        {
            if (mark is Area area)
                svg.Append($"<rect class=\"{mark.Role}\"{Label(mark)} x=\"{Number(area.X)}\" y=\"{Number(area.Y)}\" ")
                    .Append($"width=\"{Number(area.WidthMm)}\" height=\"{Number(area.HeightMm)}\" fill=\"#{mark.Ink.Rgb:x6}\"")
                    .Append(mark.Ink.Opacity < 1 ? $" fill-opacity=\"{Number(mark.Ink.Opacity)}\"/>\n" : "/>\n");
            else if (mark is Lines lines)
                AppendLines(svg, lines);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void AppendLines(StringBuilder svg, Lines lines)
    {
        svg.Append($"<path class=\"{lines.Role}\"{Label(lines)} stroke=\"#{lines.Ink.Rgb:x6}\" stroke-width=\"{Number(lines.WidthMm)}\"");
        if (lines.Ink.Opacity < 1) svg.Append($" stroke-opacity=\"{Number(lines.Ink.Opacity)}\"");
        svg.Append(" d=\"");
        foreach (var line in lines.Points)
        {
            for (var index = 0; index < line.Length; index++)
            {
                svg.Append(index switch { 0 => 'M', 1 => 'L', _ => ' ' });
                AppendNumber(svg, line[index].X);
                svg.Append(' ');
                AppendNumber(svg, line[index].Y);
            }
        }

        svg.Append("\"/>\n");
    }

    private static string Label(Mark mark) => mark.Label is null ? "" : $" aria-label=\"{Escape(mark.Label)}\"";

    /// <summary>A thousandth of a millimetre is a hundredth of the thinnest line.</summary>
    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static void AppendNumber(StringBuilder svg, double value)
    {
        Span<char> digits = stackalloc char[32];
        value.TryFormat(digits, out var length, "0.###", CultureInfo.InvariantCulture);
        svg.Append(digits[..length]);
    }

    /// <summary>Text for XML 1.0: the five escapes, and without the characters that no escape makes legal (section 2.2, Char).</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&': escaped.Append("&amp;"); break;
                case '<': escaped.Append("&lt;"); break;
                case '>': escaped.Append("&gt;"); break;
                case '"': escaped.Append("&quot;"); break;
                case '\'': escaped.Append("&#39;"); break;
                case < 0x20 or 0xFFFE or 0xFFFF or (>= 0x7F and <= 0x9F): break;
                default: escaped.Append(rune.ToString()); break;
            }
        }

        return escaped.ToString();
    }
}
