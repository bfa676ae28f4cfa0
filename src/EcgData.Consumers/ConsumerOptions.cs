using System.Globalization;

namespace EcgData.Consumers;

/// <summary>
/// Options of a consumer, <c>--option key=value</c>. Reading one marks it as known; <see cref="RefuseOthers"/> then turns a misspelt
/// one into an error, which is better than a default that nobody asked for.
/// </summary>
public sealed class ConsumerOptions
{
    private readonly Dictionary<string, string> _values;
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Options by name.</summary>
    public ConsumerOptions(IEnumerable<KeyValuePair<string, string>> values) => _values = new(values, StringComparer.Ordinal);

    /// <summary>No options.</summary>
    public static ConsumerOptions None => new([]);

    /// <summary>A text, or null where it is not given.</summary>
    public string? Text(string name)
    {
        _known.Add(name);
        return _values.GetValueOrDefault(name);
    }

    /// <summary>A whole number in [<paramref name="minimum"/>, <paramref name="maximum"/>], or the default.</summary>
    /// <exception cref="ConsumerException">Something else is given.</exception>
    public long Integer(string name, long otherwise, long minimum = long.MinValue, long maximum = long.MaxValue)
    {
        if (Text(name) is not { } text) return otherwise;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : throw Refuse(name, text, $"a whole number from {minimum} to {maximum}");
    }

    /// <summary>A finite number in [<paramref name="minimum"/>, <paramref name="maximum"/>], or the default.</summary>
    /// <exception cref="ConsumerException">Something else is given.</exception>
    public double Number(string name, double otherwise, double minimum = double.MinValue, double maximum = double.MaxValue)
    {
        if (Text(name) is not { } text) return otherwise;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : throw Refuse(name, text, $"a number from {minimum} to {maximum}");
    }

    /// <summary>true or false, or the default.</summary>
    /// <exception cref="ConsumerException">Something else is given.</exception>
    public bool Switch(string name, bool otherwise)
    {
        if (Text(name) is not { } text) return otherwise;
        return bool.TryParse(text, out var value) ? value : throw Refuse(name, text, "true or false");
    }

    /// <summary>To be called once all options have been read.</summary>
    /// <exception cref="ConsumerException">An option is given that was not read.</exception>
    public void RefuseOthers()
    {
        if (_values.Keys.FirstOrDefault(name => !_known.Contains(name)) is not { } stranger) return;
        throw new ConsumerException(
            $"Option '{stranger}'", "is not known here", _known.Count == 0 ? "no options" : $"one of {string.Join(", ", _known)}",
            "Correct its name or leave it out.");
    }

    private static ConsumerException Refuse(string name, string text, string expected) =>
        new($"Option '{name}'", $"is '{text}'", expected, $"Give --option {name}=VALUE with such a value.");
}
