namespace EcgData.Pipelines;

/// <summary>Numbers as people read them.</summary>
internal static class Quantity
{
    public static string Bytes(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        for (; bytes >= 1024 && unit < units.Length - 1; unit++) bytes /= 1024;
        return unit == 0 ? $"{bytes:0} B" : $"{bytes:0.0} {units[unit]}";
    }

    public static string Time(TimeSpan time) =>
        time.TotalDays >= 1 ? $"{(int)time.TotalDays} d {time.Hours} h"
        : time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes:00} min"
        : time.TotalMinutes >= 1 ? $"{(int)time.TotalMinutes} min {time.Seconds:00} s"
        : $"{time.TotalSeconds:0.0} s";
}
