using System.Globalization;
using System.Text.RegularExpressions;

namespace EcgData.Shards;

/// <summary>
/// A condition on a catalogue's rows: <c>field operator value</c>, such as <c>source=ptb-xl</c>, <c>labels=scp:AFIB</c>,
/// <c>age_years>=65</c>, <c>reason~checksum</c>.
/// </summary>
/// <remarks>Operators: = != &lt; &lt;= &gt; &gt;= and ~ (contains). On a list, = means that one element equals, != that none does. Null equals the word null.</remarks>
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
    private readonly string _name;
    private readonly string _operator;
    private readonly string _value;
    private readonly double? _number;

    private CataloguePredicate(string name, string @operator, string value)
    {
        (_name, _operator, _value, _field) = (name, @operator, value, Fields[name]);
        _number = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

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

    public bool Holds(CatalogueRow row) => _field(row) switch
    {
        IReadOnlyList<string> list => _operator switch
        {
            "=" => list.Contains(_value, StringComparer.Ordinal),
            "!=" => !list.Contains(_value, StringComparer.Ordinal),
            "~" => list.Any(Contains),
            _ => false,
        },
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
            "=" => _value == "null",
            "!=" => _value != "null",
            _ => false,
        },
        _ => _operator == "!=",
    };

    private bool Equal(string text) => text == _value || _name == "source" && text.Split('@')[0] == _value;

    private bool Contains(string text) => text.Contains(_value, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^\s*([a-z_]+)\s*(!=|<=|>=|=|<|>|~)\s*(.*)$", RegexOptions.Singleline)]
    private static partial Regex Condition();
}
