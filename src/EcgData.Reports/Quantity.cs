using System.Globalization;

namespace EcgData.Reports;

/// <summary>Numbers as a page shows them.</summary>
public static class Quantity
{
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Share(long part, long whole) => (whole == 0 ? 0 : part / (double)whole).ToString("P2", CultureInfo.InvariantCulture);

    public static string Seconds(double seconds) => seconds switch
    {
        >= 3600 => $"{(seconds / 3600).ToString("N1", CultureInfo.InvariantCulture)} h",
        >= 60 => $"{(seconds / 60).ToString("N1", CultureInfo.InvariantCulture)} min",
        >= 1 => $"{seconds.ToString("N1", CultureInfo.InvariantCulture)} s",
        _ => $"{(1000 * seconds).ToString("N0", CultureInfo.InvariantCulture)} ms",
    };

    public static string Bytes(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        for (; bytes >= 1024 && unit < units.Length - 1; unit++) bytes /= 1024;
        return $"{bytes.ToString(unit == 0 ? "N0" : "N1", CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
