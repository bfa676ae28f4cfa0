using System.Globalization;
using EcgData.Signals;

namespace EcgData.Sources.Tables;

/// <summary>Numbers and truth values of a table's fields. Errors name file, line, column, value and what was expected.</summary>
internal static class TableNumbers
{
    /// <summary>An integer, also one that was written as a float (<c>15709.0</c>); null where the field is blank.</summary>
    /// <exception cref="RecordException">Not an integer, or outside the bounds.</exception>
    public static long? IntegerOrNull(
        this SourceTable table, TableColumn column, long minimum = long.MinValue, long maximum = long.MaxValue)
    {
        var field = table.Utf8(column);
        if (field.IsEmpty) return null;
        return TryParseInteger(field, out var value) && value >= minimum && value <= maximum
            ? value
            : throw table.Bad(column, minimum == long.MinValue && maximum == long.MaxValue
                ? "an integer"
                : string.Create(CultureInfo.InvariantCulture, $"an integer from {minimum} to {maximum}"));
    }

    /// <summary>As <see cref="IntegerOrNull"/>, and blank is an error.</summary>
    /// <exception cref="RecordException">Blank, not an integer, or outside the bounds.</exception>
    public static long Integer(this SourceTable table, TableColumn column, long minimum = long.MinValue, long maximum = long.MaxValue) =>
        table.IntegerOrNull(column, minimum, maximum) ?? throw table.Bad(column, "an integer");

    /// <summary>An integer id in its shortest form, <c>15709</c> for <c>15709.0</c>; null where the field is blank.</summary>
    /// <exception cref="RecordException">Not an integer.</exception>
    public static string? IntegerText(this SourceTable table, TableColumn column) =>
        table.IntegerOrNull(column)?.ToString(CultureInfo.InvariantCulture);

    /// <summary>A finite number with a decimal point; null where the field is blank.</summary>
    /// <exception cref="RecordException">Not a number, or outside the bounds.</exception>
    public static double? NumberOrNull(
        this SourceTable table, TableColumn column, double minimum = double.MinValue, double maximum = double.MaxValue)
    {
        var field = table.Utf8(column);
        if (field.IsEmpty) return null;
        return double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value >= minimum && value <= maximum
            ? value
            : throw table.Bad(column, minimum == double.MinValue && maximum == double.MaxValue
                ? "a number"
                : string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}"));
    }

    /// <summary><c>True</c> or <c>False</c> in any case, or 1 or 0; null where the field is blank.</summary>
    /// <exception cref="RecordException">Anything else.</exception>
    public static bool? FlagOrNull(this SourceTable table, TableColumn column)
    {
        var field = table.Utf8(column);
        if (field.IsEmpty) return null;
        if (System.Text.Ascii.EqualsIgnoreCase(field, "true"u8) || field.SequenceEqual("1"u8)) return true;
        if (System.Text.Ascii.EqualsIgnoreCase(field, "false"u8) || field.SequenceEqual("0"u8)) return false;
        throw table.Bad(column, "True or False");
    }

    /// <summary>Digits with an optional sign and an optional fraction of zeros.</summary>
    internal static bool TryParseInteger(ReadOnlySpan<byte> field, out long value)
    {
        if (TryParseDigits(field, out value)) return true;
        var point = field.IndexOf((byte)'.');
        var zeroFraction = point < 0 || !field[(point + 1)..].ContainsAnyExcept((byte)'0');
        value = 0;
        return zeroFraction
            && long.TryParse(point < 0 ? field : field[..point], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Nearly all integers of a table: digits alone, too few for an overflow.</summary>
    private static bool TryParseDigits(ReadOnlySpan<byte> field, out long value)
    {
        const int most = 18;
        value = 0;
        if (field.Length is 0 or > most) return false;
        foreach (var character in field)
        {
            var digit = character - '0';
            if ((uint)digit > 9) return false;
            value = 10 * value + digit;
        }

        return true;
    }
}
