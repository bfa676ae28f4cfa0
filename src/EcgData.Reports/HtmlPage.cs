using System.Globalization;
using System.Text;

namespace EcgData.Reports;

/// <summary>
/// A page in one file: no script, no picture, no font and no style from elsewhere, which its own content security policy holds it to.
/// Light or dark as the reader's system is; tables of a width that a phone does not have scroll by themselves.
/// </summary>
internal sealed class HtmlPage
{
    private const string Style = """
        :root { color-scheme: light dark; --ground: #fff; --card: #f5f6f8; --ink: #1b1f24; --faint: #5d6673; --line: #d9dde3;
          --good: #1a7f4b; --warn: #a45c00; --bad: #b3261e; --a: #2b6cb0; --b: #7fb2e5; --c: #8a63b5; }
        @media (prefers-color-scheme: dark) { :root { --ground: #14171a; --card: #1f2429; --ink: #e6e8eb; --faint: #9aa3ae; --line: #353c44;
          --good: #5ac88f; --warn: #f0b35a; --bad: #ff8a80; --a: #6aa8e8; --b: #3b6590; --c: #b796e0; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 68rem; padding: 1rem; background: var(--ground); color: var(--ink);
          font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.35rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 1.8rem 0 .5rem; }
        p { margin: .3rem 0; } .faint { color: var(--faint); } code { font-size: .9em; }
        .state { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; border: 1px solid; font-size: .85rem; font-weight: 600; margin-right: .3rem; }
        .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; margin: 1rem 0; }
        .card { background: var(--card); border-radius: .5rem; padding: .6rem .75rem; } .card b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
        .card span { font-size: .8rem; color: var(--faint); }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
        th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: normal; }
        th { color: var(--faint); font-weight: 500; } .n { text-align: right; white-space: nowrap; } .wide { min-width: 14rem; }
        .bar { display: flex; height: .7rem; border-radius: .35rem; overflow: hidden; background: var(--line); min-width: 6rem; margin-top: .3rem; }
        .bar i { display: block; height: 100%; } .a { background: var(--a); } .b { background: var(--b); } .c { background: var(--c); } .r { background: var(--bad); }
        .key i { display: inline-block; width: .7rem; height: .7rem; border-radius: .15rem; margin: 0 .3rem 0 .8rem; } .key i:first-child { margin-left: 0; }
        .sheet { margin: 1rem 0; background: #fff; border-radius: .5rem; overflow: hidden; } .sheet svg { width: 100%; height: auto; display: block; }
        .sheet figcaption { background: var(--card); padding: .4rem .75rem; font-size: .85rem; }
        details { margin: .4rem 0; } summary { cursor: pointer; color: var(--faint); }
        """;

    private readonly StringBuilder _html = new(1 << 14);

    public HtmlPage(string title)
    {
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
        Text(title);
        _html.Append("</title>\n<style>\n").Append(Style).Append("\n</style>\n</head>\n<body>\n");
    }

    /// <summary>Text, with what means something to HTML escaped and what no document may hold left out.</summary>
    public HtmlPage Text(string text)
    {
        foreach (var letter in text)
        {
            switch (letter)
            {
                case '&': _html.Append("&amp;"); break;
                case '<': _html.Append("&lt;"); break;
                case '>': _html.Append("&gt;"); break;
                case '"': _html.Append("&quot;"); break;
                case '\'': _html.Append("&#39;"); break;
                case < ' ' and not '\n' and not '\t': break;
                default: _html.Append(letter); break;
            }
        }

        return this;
    }

    /// <summary>Markup as it is: never anything that a source, a path or a person has written.</summary>
    public HtmlPage Raw(string markup)
    {
        _html.Append(markup);
        return this;
    }

    public HtmlPage Heading(string text) => Raw("<h2>").Text(text).Raw("</h2>\n");

    public HtmlPage Card(string value, string what) => Raw("<div class=\"card\"><b>").Text(value).Raw("</b><span>").Text(what).Raw("</span></div>\n");

    /// <param name="heads">Heads of the columns; <c>#</c> before one puts its column to the right, as numbers are.</param>
    public HtmlPage TableStart(params ReadOnlySpan<string> heads)
    {
        Raw("<div class=\"scroll\"><table><thead><tr>");
        foreach (var head in heads)
        {
            if (head.StartsWith('#')) Raw("<th class=\"n\">").Text(head[1..]).Raw("</th>");
            else Raw("<th>").Text(head).Raw("</th>");
        }

        return Raw("</tr></thead><tbody>\n");
    }

    public HtmlPage TableEnd() => Raw("</tbody></table></div>\n");

    public HtmlPage Cell(string text) => Raw("<td>").Text(text).Raw("</td>");

    public HtmlPage Number(string text) => Raw("<td class=\"n\">").Text(text).Raw("</td>");

    /// <summary>A bar of parts; each has a class and a share of the whole.</summary>
    public HtmlPage Bar(params ReadOnlySpan<(string Class, double Share)> parts)
    {
        Raw("<div class=\"bar\">");
        foreach (var (name, share) in parts)
            Raw($"<i class=\"{name}\" style=\"width:{(100 * Math.Clamp(share, 0, 1)).ToString("0.##", CultureInfo.InvariantCulture)}%\"></i>");
        return Raw("</div>");
    }

    public string Finish() => _html.Append("</body>\n</html>\n").ToString();
}
