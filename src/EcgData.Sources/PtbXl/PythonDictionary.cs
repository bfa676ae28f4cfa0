using System.Buffers;
using System.Globalization;
using System.Text;

namespace EcgData.Sources.PtbXl;

/// <summary>Reads a Python dict literal of strings to numbers, <c>{'NORM': 100.0, "SR": 0}</c>, as PTB-XL's scp_codes holds it.</summary>
/// <remarks>
/// The Python language reference, sections 2.4.1 (string literals) and 6.2.7 (dictionary displays), without prefixes,
/// triple quotes and adjacent literals. A key that comes twice is an error: no table has a use for it.
/// </remarks>
internal ref struct PythonDictionary
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789+-.eE");

    private readonly ReadOnlySpan<char> _text;
    private int _position;

    private PythonDictionary(ReadOnlySpan<char> text) => _text = text;

    /// <summary>The pairs in the order of the literal.</summary>
    /// <returns>False where the text is not such a literal.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out List<(string Key, double Value)> pairs) =>
        new PythonDictionary(text).TryParse(pairs = []);

    private bool TryParse(List<(string Key, double Value)> pairs)
    {
        if (!Take('{')) return false;
        HashSet<string>? keys = null;
        while (!Take('}'))
        {
            if (pairs.Count > 0 && !Take(',')) return false;
            if (pairs.Count > 0 && Take('}')) break;
            if (!TryString(out var key) || IsRepeated(key, pairs, ref keys) || !Take(':') || !TryNumber(out var value)) return false;
            pairs.Add((key, value));
        }

        SkipBlanks();
        return _position == _text.Length;
    }

    private static bool IsRepeated(string key, List<(string Key, double Value)> pairs, ref HashSet<string>? keys)
    {
        const int few = 16;   // are compared one by one
        if (keys is null && pairs.Count >= few) keys = new HashSet<string>(pairs.Select(pair => pair.Key), StringComparer.Ordinal);
        if (keys is not null) return !keys.Add(key);
        foreach (var pair in pairs)
            if (pair.Key == key) return true;
        return false;
    }

    private void SkipBlanks()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\n' or '\r' or '\f') _position++;
    }

    private bool Take(char expected)
    {
        SkipBlanks();
        if (_position == _text.Length || _text[_position] != expected) return false;
        _position++;
        return true;
    }

    private bool TryString(out string value)
    {
        value = "";
        var quote = Take('\'') ? '\'' : Take('"') ? '"' : '\0';
        if (quote == '\0') return false;
        var plain = _text[_position..].IndexOfAny(quote, '\\', '\n');
        if (plain >= 0 && _text[_position + plain] == quote)
        {
            value = _text.Slice(_position, plain).ToString();
            _position += plain + 1;
            return true;
        }

        var content = new StringBuilder();
        while (_position < _text.Length)
        {
            var character = _text[_position++];
            if (character == quote)
            {
                value = content.ToString();
                return true;
            }

            if (character == '\n' || (character == '\\' && !TryEscape(out character))) return false;
            content.Append(character);
        }

        return false;
    }

    private bool TryEscape(out char character)
    {
        character = '\0';
        if (_position == _text.Length) return false;
        var letter = _text[_position++];
        var digits = letter switch { 'x' => 2, 'u' => 4, _ => 0 };
        if (digits > 0)
        {
            if (_text.Length - _position < digits
                || !ushort.TryParse(_text.Slice(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
                return false;
            _position += digits;
            character = (char)code;
            return true;
        }

        character = letter switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '\\' or '\'' or '"' => letter, _ => '\0' };
        return character != '\0';
    }

    private bool TryNumber(out double value)
    {
        SkipBlanks();
        var rest = _text[_position..];
        var length = rest.IndexOfAnyExcept(NumberCharacters);
        if (length < 0) length = rest.Length;
        _position += length;
        return double.TryParse(rest[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }
}
