namespace EcgData.Sources.Synthesis;

/// <summary>
/// Exponential and sine out of + − × ÷ and rounding alone. <see cref="Math.Exp"/> and <see cref="Math.Sin"/> call the C runtime,
/// whose last bits differ from machine to machine; a synthetic tree has the same bytes everywhere.
/// </summary>
internal static class PortableMath
{
    /// <summary>e to the power of <paramref name="x"/>, relative error below 1e-15; 0 below -700.</summary>
    public static double Exp(double x)
    {
        if (x < -700) return 0;
        var power = Math.Floor(x * 1.4426950408889634 + 0.5);
        var rest = x - power * 0.6931471805599453;   // within ±ln 2 / 2
        var sum = 1.0;
        for (var order = 13; order > 0; order--) sum = 1 + sum * rest / order;
        return sum * BitConverter.Int64BitsToDouble((long)power + 1023 << 52);
    }

    /// <summary>Sine of an angle in radian, absolute error below 1e-12 for angles up to a few thousand.</summary>
    public static double Sin(double angle)
    {
        var rest = angle - Math.Floor(angle * (0.5 / Math.PI) + 0.5) * (2 * Math.PI);   // within ±π
        if (rest > Math.PI / 2) rest = Math.PI - rest;
        else if (rest < -Math.PI / 2) rest = -Math.PI - rest;
        var square = rest * rest;
        var sum = 1.0;
        for (var order = 18; order > 0; order -= 2) sum = 1 - sum * square / (order * (order + 1));
        return rest * sum;
    }

    public static double Cos(double angle) => Sin(angle + Math.PI / 2);
}
