using System.Globalization;
using System.Text.RegularExpressions;

namespace EcgData.Shards.Subsets;

/// <summary>A size as people write it: <c>18k</c> is 18,000 records, <c>1.5m</c> 1,500,000, <c>all</c> whatever is there.</summary>
/// <param name="Name">In lower case: what the rung's files are called.</param>
/// <param name="Records">null: all.</param>
public sealed partial record SubsetSize(string Name, long? Records)
{
    /// <exception cref="FormatException">Not a size.</exception>
    public static SubsetSize Parse(string text)
    {
        var name = text.Trim().ToLowerInvariant();
        if (name == "all") return new SubsetSize(name, null);
        var match = Number().Match(name);
        if (match.Success && decimal.TryParse(match.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            var records = number * match.Groups[2].Value switch { "k" => 1_000m, "m" => 1_000_000m, _ => 1m };
            if (records is > 0 and <= int.MaxValue && records == decimal.Truncate(records)) return new SubsetSize(name, (long)records);
        }

        throw new FormatException($"'{text}' is no size. Expected a number of records such as 500, 18k, 1.5m, or all.");
    }

    [GeneratedRegex(@"^(\d{1,10}(?:\.\d{1,9})?)([km]?)$")]
    private static partial Regex Number();
}
