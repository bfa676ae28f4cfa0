using System.Globalization;
using System.Text.RegularExpressions;

namespace EcgData.Shards;

/// <summary>
/// A condition on a catalogue's rows: <c>field operator value</c>, such as <c>source=ptb-xl</c>, <c>labels=scp:AFIB</c>,
/// <c>age_years>=65</c>, <c>reason~checksum</c>.
/// </summary>
/// <remarks>
/// Operators: = != &lt; &lt;= &gt; &gt;= and ~ (contains). On a list, = means that one element equals, != that none does. Null equals the
/// word null. <c>A|B</c> behind = or != stands for either. <c>year</c> is the year of <c>recorded</c>, else the one that ends <c>site</c>.
/// </remarks>
public sealed partial class CataloguePredicate
{
    private static readonly Dictionary<string, Func<CatalogueRow, object?>> Fields = new(StringComparer.Ordinal)
    {
        ["record_id"] = row => row.RecordId,
        ["source"] = row => row.Source,
        ["native_id"] = row => row.NativeId,
        ["patient"] = row => row.Patient,
        ["patient_known"] = row => row.PatientKnown ? "true" : "false",
        ["site"] = row => row.Site,
        ["recorded"] = row => row.Recorded,
        ["year"] = row => Year(row.Recorded, row.Site),
        ["native_sampling_frequency_hz"] = row => row.NativeSamplingFrequencyHz,
        ["native_samples"] = row => (double?)row.NativeSamples,
        ["age_years"] = row => (double?)row.AgeYears,
        ["sex"] = row => row.Sex,
        ["labels"] = row => row.Labels,
        ["fold"] = row => (double)row.Fold,
        ["licence"] = row => row.Licence,
        ["files"] = row => row.Files,
        ["checksums"] = row => row.Checksums,
        ["state"] = row => row.State,
        ["reason"] = row => row.Reason,
        ["flags"] = row => (double)row.Flags,
        ["shard"] = row => row.Shard,
        ["row"] = row => (double?)row.Row,
        ["segments"] = row => (double)row.Segments,
        ["duplicate_of"] = row => row.DuplicateOf,
    };

    private readonly Func<CatalogueRow, object?> _field;
    private readonly string _operator;
    private readonly string _value;
    private readonly double? _number;
    private readonly string[] _alternatives;

    private CataloguePredicate(string name, string @operator, string value)
    {
        (Field, _operator, _value, _field) = (name, @operator, value, Fields[name]);
        _number = Number(value);
        _alternatives = value.Contains('|', StringComparison.Ordinal) ? [value, .. value.Split('|', StringSplitOptions.TrimEntries)] : [value];
    }

    /// <summary>The column that it speaks of, or <c>year</c>.</summary>
    public string Field { get; }

    /// <exception cref="FormatException">Not a condition, or of a field that the catalogue does not have.</exception>
    public static CataloguePredicate Parse(string text)
    {
        var match = Condition().Match(text);
        if (!match.Success)
            throw new FormatException($"'{text}' is no condition. Expected FIELD OPERATOR VALUE, such as labels=scp:AFIB or age_years>=65.");
        var (name, sign, value) = (match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value.Trim());
        if (!Fields.ContainsKey(name))
            throw new FormatException($"'{name}' is no field of the catalogue. Fields are: {string.Join(", ", Fields.Keys)}.");
        var predicate = new CataloguePredicate(name, sign, value);
        if (sign is "<" or "<=" or ">" or ">=" && predicate._number is null)
            throw new FormatException($"'{text}': '{value}' is no number, which {sign} needs.");
        return predicate;
    }

    public bool Holds(CatalogueRow row) => HoldsFor(_field(row));

    /// <summary>Whether it holds for a value of its field: a text, a double, a list of texts or null.</summary>
    internal bool HoldsFor(object? value) => value switch
    {
        IReadOnlyList<string> list => _operator switch
        {
            "=" => _alternatives.Any(one => list.Contains(one, StringComparer.Ordinal)),
            "!=" => !_alternatives.Any(one => list.Contains(one, StringComparer.Ordinal)),
            "~" => list.Any(Contains),
            _ => false,
        },
        double number when _alternatives.Length > 1 => _operator == "!=" ^ _alternatives.Any(one => Number(one) == number),
        double number when _number is { } bound => _operator switch
        {
            "=" => number == bound,
            "!=" => number != bound,
            "<" => number < bound,
            "<=" => number <= bound,
            ">" => number > bound,
            ">=" => number >= bound,
            _ => false,
        },
        string text => _operator switch
        {
            // a source may be named without its release
            "=" => Equal(text),
            "!=" => !Equal(text),
            "~" => Contains(text),
            _ => false,
        },
        null => _operator switch
        {
            "=" => _alternatives.Contains("null"),
            "!=" => !_alternatives.Contains("null"),
            _ => false,
        },
        _ => _operator == "!=",
    };

    /// <summary>The year of a time as published, else the one that ends the name of a site such as S0001-2019.</summary>
    internal static double? Year(string? recorded, string? site)
    {
        var year = recorded is null ? null : FourDigits().Match(recorded);
        if (year is not { Success: true }) year = site is null ? null : YearAtTheEnd().Match(site);
        return year is { Success: true } ? double.Parse(year.Groups[1].Value, CultureInfo.InvariantCulture) : null;
    }

    private bool Equal(string text) =>
        _alternatives.Contains(text) || Field == "source" && _alternatives.Contains(text.Split('@')[0]);

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private bool Contains(string text) => text.Contains(_value, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^\s*([a-z_]+)\s*(!=|<=|>=|=|<|>|~)\s*(.*)$", RegexOptions.Singleline)]
    private static partial Regex Condition();

    [GeneratedRegex(@"(?<!\d)(\d{4})(?!\d)")]
    private static partial Regex FourDigits();

    [GeneratedRegex(@"-(\d{4})$")]
    private static partial Regex YearAtTheEnd();
}
