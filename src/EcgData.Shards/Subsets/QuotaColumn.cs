using System.Globalization;

namespace EcgData.Shards.Subsets;

/// <summary>Shares of the values of one column, and which of them a record has.</summary>
internal sealed class QuotaColumn
{
    /// <summary>Stands for all values without a share of their own.</summary>
    public const string Others = "others";

    public const int LargestCount = 1 << 12;

    private static readonly string[] Known = ["source", "site", "sex", "age"];

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<(string Value, double Share)> _values = [];
    private readonly List<(double From, double To)> _bands = [];
    private readonly Lock _lock = new();

    /// <param name="shares">By value; empty: whatever values occur, in the shares that they have.</param>
    /// <exception cref="FormatException">No such column, or shares that do not fit together.</exception>
    public QuotaColumn(string column, IReadOnlyDictionary<string, double> shares)
    {
        if (!Known.Contains(column))
            throw new FormatException($"quota '{column}': expected one of {string.Join(", ", Known)}.");
        (Column, IsOpen) = (column, shares.Count == 0);
        if (column == "age" && IsOpen) throw new FormatException("quota 'age' has no bands. Expected age=0-40:0.3,40-65:0.4,65+:0.3, years from, years below.");
        double sum = 0;
        foreach (var (value, share) in shares.OrderBy(share => share.Key, StringComparer.Ordinal))
        {
            if (!(share is >= 0 and <= 1)) throw new FormatException($"quota {column}={value}: the share is {share}; expected 0 to 1.");
            var name = column == "sex" ? Sex(value) : value;
            if (column == "age") _bands.Add(Band(value));
            if (!_numbers.TryAdd(name, _values.Count)) throw new FormatException($"quota {column}={value} is given twice.");
            _values.Add((name, share));
            sum += share;
        }

        if (sum > 1 + 1e-9) throw new FormatException($"quota '{column}': the shares add up to {sum:0.####}; expected 1 at most.");
        RestShare = IsOpen ? 0 : Math.Max(0, 1 - sum);
        if (RestShare < 1e-9) RestShare = 0;
    }

    public string Column { get; }

    /// <summary>Values are those that occur.</summary>
    public bool IsOpen { get; }

    /// <summary>Share of all values that are not named.</summary>
    public double RestShare { get; }

    /// <summary>Named values, the number of each its index; the number behind the last stands for the others.</summary>
    public IReadOnlyList<(string Value, double Share)> Values => _values;

    /// <summary>Number of the value of each row; -1 where none of the row's value may be in the subset.</summary>
    public async Task<int[]> NumbersAsync(CatalogueColumns columns)
    {
        var numbers = new int[columns.Rows];
        if (Column == "age")
        {
            var ages = await columns.AgesAsync();
            for (var row = 0; row < numbers.Length; row++)
            {
                var age = ages[row];
                var band = age is null ? -1 : _bands.FindIndex(one => age >= one.From && age < one.To);
                numbers[row] = band >= 0 ? Usable(band) : RestShare > 0 ? _values.Count : -1;
            }

            return numbers;
        }

        var texts = await columns.TextsAsync(Column);
        var byCode = new int?[texts.Values + 1];
        for (var row = 0; row < numbers.Length; row++)
        {
            var code = texts.CodeOf(row);
            numbers[row] = byCode[code + 1] ??= NumberOf(code < 0 ? "null" : Column == "source" ? texts.Text(code).Split('@')[0] : texts.Text(code));
        }

        return numbers;
    }

    private int NumberOf(string value)
    {
        lock (_lock)
        {
            if (_numbers.TryGetValue(value, out var number)) return Usable(number);
            if (!IsOpen) return RestShare > 0 ? _values.Count : -1;
            if (_values.Count == LargestCount)
                throw new CorpusException($"quota '{Column}': more than {LargestCount} values. Name those that have a share: --quota {Column}=VALUE:SHARE,….");
            _values.Add((value, 0));
            return _numbers[value] = _values.Count - 1;
        }
    }

    private int Usable(int number) => IsOpen || _values[number].Share > 0 ? number : -1;

    private static string Sex(string value) => value.ToLowerInvariant() switch
    {
        "f" or "female" => "female",
        "m" or "male" => "male",
        _ => value,
    };

    private static (double From, double To) Band(string text)
    {
        var parts = text.EndsWith('+') ? [text[..^1], "1000"] : text.Split('-');
        return parts.Length == 2 && double.TryParse(parts[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var from)
            && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var to) && from < to
            ? (from, to)
            : throw new FormatException($"quota age={text}: expected a band of years, FROM-BELOW such as 40-65, or 65+.");
    }
}
