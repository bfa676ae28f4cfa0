namespace EcgData.Pipelines;

/// <summary>Numbers as people read them.</summary>
internal static class Quantity
{
    public static string Bytes(double bytes) => Reports.Quantity.Bytes(bytes);

    public static string Time(TimeSpan time) =>
        time.TotalDays >= 1 ? $"{(int)time.TotalDays} d {time.Hours} h"
        : time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes:00} min"
        : time.TotalMinutes >= 1 ? $"{(int)time.TotalMinutes} min {time.Seconds:00} s"
        : $"{time.TotalSeconds:0.0} s";
}
