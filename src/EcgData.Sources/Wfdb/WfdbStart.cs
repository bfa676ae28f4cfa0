using System.Globalization;

namespace EcgData.Sources.Wfdb;

/// <summary>When a recording began, from the end of a record line.</summary>
/// <remarks>
/// WFDB writes <c>time [date]</c> with a time of <c>HH:MM:SS[.fff]</c>, <c>MM:SS</c> or <c>SS</c> and a date of <c>DD/MM/YYYY</c>. The
/// Challenge collections write <c>05-Feb-2020 11:39:16</c>. Nothing here depends on either: what is neither is left out.
/// </remarks>
internal static class WfdbStart
{
    private static readonly string[] DateFormats = ["d/M/yyyy", "d-MMM-yyyy"];

    public static (TimeOnly? Time, DateOnly? Date) Parse(ReadOnlySpan<byte> tail)
    {
        if (tail.IsEmpty) return (null, null);
        Span<char> characters = stackalloc char[64];   // no start is longer
        if (tail.Length > characters.Length) return (null, null);
        for (var index = 0; index < tail.Length; index++) characters[index] = tail[index] == '\t' ? ' ' : (char)tail[index];
        var text = characters[..tail.Length];

        var split = text.IndexOf(' ');
        var first = split < 0 ? text : text[..split];
        var second = split < 0 ? [] : text[split..].Trim(' ');
        return TryTime(first, out var time) ? (time, TryDate(second, out var date) ? date : null)
            : TryDate(first, out date) ? (TryTime(second, out time) ? time : null, date)
            : (null, null);
    }

    private static bool TryDate(ReadOnlySpan<char> text, out DateOnly date) =>
        DateOnly.TryParseExact(text, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    /// <summary>The last part is seconds, those before it minutes and hours.</summary>
    private static bool TryTime(ReadOnlySpan<char> text, out TimeOnly time)
    {
        time = default;
        var seconds = text[(text.LastIndexOf(':') + 1)..];
        if (!double.TryParse(seconds, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var total) || total >= 60)
            return false;
        var unitSeconds = 60;
        var rest = text[..Math.Max(text.Length - seconds.Length - 1, 0)];
        while (!rest.IsEmpty)
        {
            var part = rest[(rest.LastIndexOf(':') + 1)..];
            var isNumber = int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
            if (!isNumber || value >= 60 || unitSeconds > 3600) return false;
            total += value * (double)unitSeconds;
            unitSeconds *= 60;
            rest = rest[..Math.Max(rest.Length - part.Length - 1, 0)];
        }

        var ticks = (long)Math.Round(total * 1000) * TimeSpan.TicksPerMillisecond;
        if (ticks >= TimeSpan.TicksPerDay) return false;
        time = new TimeOnly(ticks);
        return true;
    }
}
