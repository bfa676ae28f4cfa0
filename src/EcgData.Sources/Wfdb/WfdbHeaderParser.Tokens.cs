using System.Buffers.Text;
using System.Globalization;
using System.Text;
using EcgData.Signals;

namespace EcgData.Sources.Wfdb;

/// <summary>Lines, tokens, numbers, and how the parser says that one of them is wrong.</summary>
internal ref partial struct WfdbHeaderParser
{
    private const int LongestQuotedBytes = 60;
    private const string CorrectIt = "Correct the header, or leave the record out.";

    /// <summary>The next line that is neither blank nor a comment, without blanks around; comments on the way are kept.</summary>
    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        while (!_rest.IsEmpty)
        {
            var end = _rest.IndexOf((byte)'\n');
            line = Trim(end < 0 ? _rest : _rest[..end]);
            _rest = end < 0 ? default : _rest[(end + 1)..];
            _lineNumber++;
            if (line.IsEmpty) continue;
            if (line[0] != (byte)'#') return true;
            (_comments ??= []).Add(Encoding.UTF8.GetString(Trim(line[1..])));
        }

        line = default;
        return false;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> span) => span.Trim(" \t\r"u8);

    /// <summary>Takes the next token off a line; empty at the line's end.</summary>
    private static ReadOnlySpan<byte> Token(scoped ref ReadOnlySpan<byte> line)
    {
        var start = 0;
        while (start < line.Length && line[start] is (byte)' ' or (byte)'\t') start++;
        var end = start;
        while (end < line.Length && line[end] is not ((byte)' ' or (byte)'\t')) end++;
        var token = line[start..end];
        line = line[end..];
        return token;
    }

    private static bool TakeSign(ref ReadOnlySpan<byte> rest, char sign)
    {
        if (rest.IsEmpty || rest[0] != sign) return false;
        rest = rest[1..];
        return true;
    }

    /// <summary>Splits <c>head(inner)behind</c>.</summary>
    private readonly bool TakeParenthesis(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> inner, out ReadOnlySpan<byte> behind)
    {
        inner = behind = default;
        var open = text.IndexOf((byte)'(');
        if (open < 0) return false;
        var close = text.IndexOf((byte)')');
        if (close < open) throw Invalid("parenthesis", text, "a ')' for every '('");
        inner = text[(open + 1)..close];
        behind = text[(close + 1)..];
        text = text[..open];
        return true;
    }

    private static bool TryInteger(ReadOnlySpan<byte> token, out long value) =>
        Utf8Parser.TryParse(token, out value, out var used) && used == token.Length;

    private readonly long Integer(ReadOnlySpan<byte> token, string field, long least, long most) =>
        TryInteger(token, out var value) && value >= least && value <= most ? value : throw Invalid(field, token, Whole(least, most));

    private readonly long Optional(ReadOnlySpan<byte> token, string field, long least, long most, long absent) =>
        token.IsEmpty ? absent : Integer(token, field, least, most);

    /// <summary>Takes the number off the front of a compound token.</summary>
    private readonly long Leading(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> token, string field, long least, long most)
    {
        var starts = !rest.IsEmpty && rest[0] != (byte)'+';   // a sign belongs to the byte offset
        if (!starts || !Utf8Parser.TryParse(rest, out long value, out var used) || value < least || value > most)
            throw Invalid(field, token, Whole(least, most));
        rest = rest[used..];
        return value;
    }

    private readonly double Real(ReadOnlySpan<byte> token, string field)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(token, Style, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw Invalid(field, token, "a finite number");
    }

    private static string Whole(long least, long most) => most == long.MaxValue
        ? $"a whole number from {least} on"
        : $"a whole number from {least} to {most}";

    private readonly RecordException TooFewLines(string kind, int announced, int found) => Invalid(
        $"{found} {kind} lines; the record line announces {announced}. A line or a line break is lost: restore it, or leave the record out.");

    private readonly RecordException Invalid(string field, ReadOnlySpan<byte> found, string expected, string whatToDo = CorrectIt) =>
        Invalid($"{field} is {Quote(found)}; expected {expected}. {whatToDo}");

    private readonly RecordException Invalid(string message) =>
        new(RejectionReason.Header, _lineNumber == 0 ? $"{file}: {message}" : $"{file}, line {_lineNumber}: {message}");

    /// <summary>At most <see cref="LongestQuotedBytes"/> of it, on one line whatever the bytes are.</summary>
    private static string Quote(ReadOnlySpan<byte> found)
    {
        if (found.IsEmpty) return "absent";
        var quoted = new StringBuilder("'");
        foreach (var rune in Encoding.UTF8.GetString(found[..Math.Min(found.Length, LongestQuotedBytes)]).EnumerateRunes())
            quoted.Append(Rune.IsControl(rune) ? "\uFFFD" : rune.ToString());
        return quoted.Append(found.Length > LongestQuotedBytes ? "…'" : "'").ToString();
    }
}
