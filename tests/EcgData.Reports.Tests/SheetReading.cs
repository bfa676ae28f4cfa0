using System.Globalization;
using System.Xml.Linq;

namespace EcgData.Reports.Tests;

/// <summary>What a stranger finds in the SVG of a sheet: marks by what they are, in millimetres.</summary>
internal sealed class SheetReading(string svg)
{
    public XElement Root { get; } = XDocument.Parse(svg).Root!;

    public List<XElement> All(string role) => [.. Root.Elements().Where(mark => (string?)mark.Attribute("class") == role)];

    public List<string> Says(string role) => [.. All(role).Select(mark => (string?)mark.Attribute("aria-label") ?? "")];

    /// <summary>The lead's traces, (x, y) by (x, y).</summary>
    public List<(double X, double Y)[]> Traces(string lead) =>
        [.. All("trace").Where(mark => (string?)mark.Attribute("aria-label") == lead).Select(Points)];

    public static (double X, double Y)[] Points(XElement path)
    {
        var numbers = ((string)path.Attribute("d")!).Split(['M', 'L', ' '], StringSplitOptions.RemoveEmptyEntries)
            .Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return [.. numbers.Chunk(2).Select(pair => (pair[0], pair[1]))];
    }

    public static double Number(XElement mark, string name) => double.Parse((string)mark.Attribute(name)!, CultureInfo.InvariantCulture);
}
