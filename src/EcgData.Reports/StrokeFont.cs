using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace EcgData.Reports;

/// <summary>Letters made of lines, so that a sheet looks the same with every viewer and on machines without fonts.</summary>
/// <remarks>
/// A glyph is its width and a path on a grid where capitals are 14 high, small letters 9.8, y up: <c>M x y</c> lifts the pen, <c>L x y</c>
/// draws, <c>O cx cy rx ry from to</c> draws an arc of an ellipse, in degrees, counter-clockwise where <c>to</c> is greater.
/// </remarks>
internal static class StrokeFont
{
    public const char Ellipsis = '…';

    private const double CapitalHeight = 14;
    private const double Tracking = 0.9;
    private const int DegreesPerStep = 15;

    private static readonly FrozenDictionary<char, Glyph> Glyphs = Parse(
        """
          6
        ! 4 M2 14 L2 4.6 M2 0.3 L2 0.2
        " 6.6 M2 14 L2 10.4 M4.6 14 L4.6 10.4
        # 11.6 M4.6 13 L3 1 M8.8 13 L7.2 1 M1.4 9.4 L10.6 9.4 M1 4.6 L10.2 4.6
        $ 10.6 O5.4 9.9 3.7 3 30 270 O5.4 3.9 4 3 90 -150 M5.4 15 L5.4 -1
        % 13 M10.6 14 L2.4 0 M5.3 11 O3.3 11 2 3 0 360 M11.7 3 O9.7 3 2 3 0 360
        & 12 M11 0 L3.2 9.6 O5.2 11.3 2.6 2.6 220 -45 L3 6.1 O5 3.5 3.6 3.5 135 325 L10.8 7
        ' 4 M2 14 L2 10.4
        ( 5.4 O8 6 6 10 122 238
        ) 5.4 O-2.6 6 6 10 58 -58
        * 8 M4 13.4 L4 7.4 M1.4 11.9 L6.6 8.9 M6.6 11.9 L1.4 8.9
        + 10.4 M5.2 10.6 L5.2 1.8 M0.9 6.2 L9.5 6.2
        , 4 M2.2 0.4 L1.2 -2.6
        - 7 M1.2 5.4 L5.8 5.4
        . 4 M2 0.3 L2 0.2
        / 7.4 M0.8 -1.6 L6.6 15
        0 11 M9.7 7 O5.5 7 4.2 7 0 360
        1 11 M2.7 11.2 L6.2 14 L6.2 0
        2 11 O5.5 9.9 4 4.1 165 -30 L1.5 0 L9.7 0
        3 11 O5.2 10.6 3.6 3.4 150 -90 O5.2 3.6 4.2 3.6 90 -150
        4 11 M7.6 0 L7.6 14 L1 4.2 L10.2 4.2
        5 11 M9 14 L2.8 14 L2.1 7.4 O5.3 4.5 4.3 4.5 140 -150
        6 11 O8 4.4 6.7 9.5 80 180 O5.5 4.4 4.2 4.4 180 540
        7 11 M1.4 14 L9.6 14 L4.2 0
        8 11 O5.5 10.6 3.6 3.4 -90 270 O5.5 3.6 4.3 3.6 90 450
        9 11 O3 9.6 6.7 9.5 260 360 O5.5 9.6 4.2 4.4 0 360
        : 4 M2 8.6 L2 8.5 M2 0.3 L2 0.2
        ; 4 M2 8.6 L2 8.5 M2.2 0.4 L1.2 -2.6
        < 10.4 M9 11 L1.4 6.2 L9 1.4
        = 10.4 M1 8.2 L9.4 8.2 M1 4.2 L9.4 4.2
        > 10.4 M1.4 11 L9 6.2 L1.4 1.4
        ? 9.4 O4.7 10.5 3.6 3.5 165 -60 L4.7 4.6 M4.7 0.3 L4.7 0.2
        @ 15 M10 6.4 O7.4 6.4 2.6 3.2 0 360 M10 9.6 L10 5.6 O11.7 5.6 1.7 2.2 180 360 O7.4 6.4 6 7 0 305
        A 11 M0.7 0 L5.5 14 L10.3 0 M2.4 4.8 L8.6 4.8
        B 11 M1.6 7.4 L5.6 7.4 O5.6 10.7 3.3 3.3 -90 90 L1.6 14 L1.6 0 L5.9 0 O5.9 3.7 3.8 3.7 -90 90
        C 11.8 O6.3 7 5.2 7 48 312
        D 12.2 M1.6 0 L1.6 14 L5 14 O5 7 5.8 7 90 -90 L1.6 0
        E 10 M9 14 L1.6 14 L1.6 0 L9.2 0 M1.6 7.3 L8.2 7.3
        F 9.6 M9 14 L1.6 14 L1.6 0 M1.6 7.2 L8 7.2
        G 12.6 O6.4 7 5.3 7 48 354 L7.4 6.3
        H 11.8 M1.6 0 L1.6 14 M10.2 0 L10.2 14 M1.6 7.3 L10.2 7.3
        I 4 M2 0 L2 14
        J 8.8 M7.2 14 L7.2 4 O4 4 3.2 4 0 -160
        K 10.8 M1.6 0 L1.6 14 M9.8 14 L1.6 5.2 M4.6 8.4 L10.2 0
        L 9.2 M1.6 14 L1.6 0 L8.8 0
        M 13.4 M1.6 0 L1.6 14 L6.7 3.4 L11.8 14 L11.8 0
        N 12 M1.6 0 L1.6 14 L10.4 0 L10.4 14
        O 13 M11.9 7 O6.5 7 5.4 7 0 360
        P 10.6 M1.6 0 L1.6 14 L5.8 14 O5.8 10.2 3.8 3.8 90 -90 L1.6 6.4
        Q 13 M11.9 7 O6.5 7 5.4 7 0 360 M7.8 3.4 L11.6 -0.8
        R 11 M1.6 0 L1.6 14 L5.8 14 O5.8 10.2 3.8 3.8 90 -90 L1.6 6.4 M5.6 6.4 L10.2 0
        S 10.6 O5.3 10.5 3.8 3.5 30 270 O5.3 3.5 4.1 3.5 90 -150
        T 10.4 M0.6 14 L9.8 14 M5.2 14 L5.2 0
        U 11.6 M1.5 14 L1.5 4.6 O5.8 4.6 4.3 4.6 180 360 L10.1 14
        V 11 M0.7 14 L5.5 0 L10.3 14
        W 15 M0.7 14 L4.1 0 L7.5 12.6 L10.9 0 L14.3 14
        X 11 M1 14 L10 0 M10 14 L1 0
        Y 10.6 M0.6 14 L5.3 6.8 L10 14 M5.3 6.8 L5.3 0
        Z 10.6 M1.2 14 L9.5 14 L1 0 L9.7 0
        [ 5.6 M4.6 15.4 L1.8 15.4 L1.8 -2.6 L4.6 -2.6
        \ 7.4 M0.8 15 L6.6 -1.6
        ] 5.6 M1 15.4 L3.8 15.4 L3.8 -2.6 L1 -2.6
        ^ 9 M1.2 8.4 L4.5 14 L7.8 8.4
        _ 9 M0.4 -2 L8.6 -2
        ` 5 M1.6 14.4 L3.6 11.6
        a 10.2 M8.6 4.9 O4.9 4.9 3.7 4.9 0 360 M8.6 9.8 L8.6 0
        b 10.2 M1.6 14 L1.6 0 M1.6 4.9 O5.3 4.9 3.7 4.9 180 540
        c 9 O5.2 4.9 3.9 4.9 48 312
        d 10.2 M8.6 14 L8.6 0 M8.6 4.9 O4.9 4.9 3.7 4.9 0 360
        e 10 M1.3 5.1 L8.9 5.1 O5.1 4.9 3.8 4.9 3 318
        f 6.4 O5.6 11.2 2.8 2.8 75 180 L2.8 0 M0.6 9.6 L5.8 9.6
        g 10.2 M8.6 4.9 O4.9 4.9 3.7 4.9 0 360 M8.6 9.8 L8.6 -0.4 O4.9 -0.4 3.7 3.6 0 -150
        h 10 M1.6 14 L1.6 0 M1.6 5.6 O5 5.6 3.4 4.2 180 0 L8.4 0
        i 4 M2 9.8 L2 0 M2 13.4 L2 13.3
        j 4.4 M2.6 9.8 L2.6 -1.2 O0.4 -1.2 2.2 2.8 0 -80 M2.6 13.4 L2.6 13.3
        k 9.2 M1.6 14 L1.6 0 M8 9.8 L1.6 3.8 M4.1 6.2 L8.4 0
        l 4 M2 14 L2 0
        m 15 M1.6 9.8 L1.6 0 M1.6 6.4 O4.55 6.4 2.95 3.4 180 0 L7.5 0 M7.5 6.4 O10.45 6.4 2.95 3.4 180 0 L13.4 0
        n 10 M1.6 9.8 L1.6 0 M1.6 5.6 O5 5.6 3.4 4.2 180 0 L8.4 0
        o 10.2 M8.9 4.9 O5.1 4.9 3.8 4.9 0 360
        p 10.2 M1.6 9.8 L1.6 -4 M1.6 4.9 O5.3 4.9 3.7 4.9 180 540
        q 10.2 M8.6 9.8 L8.6 -4 M8.6 4.9 O4.9 4.9 3.7 4.9 0 360
        r 6.8 M1.6 9.8 L1.6 0 M1.6 5.4 O5.4 5.4 3.8 4.3 180 75
        s 8.6 O4.3 7.35 2.9 2.45 30 270 O4.3 2.45 3.2 2.45 90 -150
        t 6.6 M2.8 13 L2.8 2.8 O5.5 2.8 2.7 2.8 180 285 M0.6 9.6 L5.9 9.6
        u 10 M1.6 9.8 L1.6 4.2 O5 4.2 3.4 4.2 180 360 M8.4 9.8 L8.4 0
        v 8.8 M0.7 9.8 L4.4 0 L8.1 9.8
        w 13 M0.7 9.8 L3.7 0 L6.5 8.6 L9.3 0 L12.3 9.8
        x 8.8 M0.9 9.8 L7.9 0 M7.9 9.8 L0.9 0
        y 8.8 M0.7 9.8 L4.5 0 M8.1 9.8 L3.4 -2.4 O1.6 -1.8 2 2 -18 -90
        z 8.6 M1 9.8 L7.6 9.8 L0.9 0 L7.8 0
        { 6.4 M5.4 15.4 L4.2 15.4 L3.2 14.2 L3.2 8 L1.4 6.4 L3.2 4.8 L3.2 -1.4 L4.2 -2.6 L5.4 -2.6
        | 4 M2 15.4 L2 -2.6
        } 6.4 M1 15.4 L2.2 15.4 L3.2 14.2 L3.2 8 L5 6.4 L3.2 4.8 L3.2 -1.4 L2.2 -2.6 L1 -2.6
        ~ 10.4 O3 6 2.1 1.8 180 30 O7.4 6.4 2.6 1.8 210 360
        · 6 M3 5.6 L3 5.5
        – 9 M0.6 5.4 L8.4 5.4
        … 12 M2 0.3 L2 0.2 M6 0.3 L6 0.2 M10 0.3 L10 0.2
        □ 9 M1.4 0.6 L1.4 12.6 L7.6 12.6 L7.6 0.6 L1.4 0.6
        """);

    /// <summary>The text without control characters; what the font does not have becomes a box.</summary>
    public static string Printable(string text)
    {
        var printable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format) continue;
            var character = rune.IsBmp ? (char)rune.Value : '□';
            printable.Append(Glyphs.ContainsKey(character) ? character : '□');
        }

        return printable.ToString();
    }

    /// <summary>Width in the unit of <paramref name="height"/>, the height of capitals.</summary>
    public static double Measure(string text, double height) =>
        text.Length == 0 ? 0 : (text.Sum(character => Find(character).Width + Tracking) - Tracking) * height / CapitalHeight;

    /// <summary>The text, its end replaced by an ellipsis where it is wider than <paramref name="width"/>.</summary>
    public static string Shorten(string text, double height, double width)
    {
        if (Measure(text, height) <= width) return text;
        var room = width - Measure($"{Ellipsis}", height);
        var kept = 0;
        for (var used = 0.0; kept < text.Length; kept++)
        {
            used += (Find(text[kept]).Width + Tracking) * height / CapitalHeight;
            if (used > room) break;
        }

        return text[..kept].TrimEnd(' ', ',', '·') + Ellipsis;
    }

    /// <summary>The lines of a text whose baseline begins at a point.</summary>
    public static List<PointMm[]> Trace(string text, double x, double y, double height)
    {
        var scale = height / CapitalHeight;
        var lines = new List<PointMm[]>();
        foreach (var character in text)
        {
            var glyph = Find(character);
            foreach (var line in glyph.Lines)
                lines.Add([.. line.Select(point => new PointMm(x + point.X * scale, y - point.Y * scale))]);
            x += (glyph.Width + Tracking) * scale;
        }

        return lines;
    }

    private static Glyph Find(char character) => Glyphs.TryGetValue(character, out var glyph) ? glyph : Glyphs['□'];

    private static FrozenDictionary<char, Glyph> Parse(string table)
    {
        var glyphs = new Dictionary<char, Glyph>();
        foreach (var row in table.Split('\n'))
        {
            var words = row[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            glyphs.Add(row[0], new Glyph(Number(words[0]), ParsePath(words.AsSpan(1))));
        }

        return glyphs.ToFrozenDictionary();
    }

    private static List<PointMm[]> ParsePath(ReadOnlySpan<string> words)
    {
        var lines = new List<PointMm[]>();
        var pen = new List<PointMm>();
        for (var index = 0; index < words.Length;)
        {
            var command = words[index][0];
            var first = Number(words[index][1..]);
            var second = Number(words[index + 1]);
            if (command == 'M' && pen.Count > 0)
            {
                lines.Add([.. pen]);
                pen.Clear();
            }

            if (command == 'O')
            {
                var (rx, ry, from, to) = (Number(words[index + 2]), Number(words[index + 3]), Number(words[index + 4]), Number(words[index + 5]));
                var steps = (int)Math.Ceiling(Math.Abs(to - from) / DegreesPerStep);
                for (var step = 0; step <= steps; step++)
                {
                    var (sine, cosine) = Math.SinCos((from + (to - from) * step / steps) * Math.PI / 180);
                    pen.Add(new PointMm(first + rx * cosine, second + ry * sine));
                }
            }
            else
            {
                pen.Add(new PointMm(first, second));
            }

            index += command == 'O' ? 6 : 2;
        }

        if (pen.Count > 0) lines.Add([.. pen]);
        return lines;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Glyph(double Width, List<PointMm[]> Lines);
}
