namespace EcgData.Sources.Synthesis;

/// <summary>A moving heart dipole, millivolt: x to the patient's left, y to the feet, z to the back.</summary>
internal readonly record struct Dipole(double X, double Y, double Z)
{
    public static Dipole operator *(Dipole dipole, double factor) => new(dipole.X * factor, dipole.Y * factor, dipole.Z * factor);

    public static Dipole operator +(Dipole one, Dipole other) => new(one.X + other.X, one.Y + other.Y, one.Z + other.Z);

    /// <summary>Turned in the frontal plane (towards the feet) and in the horizontal plane (towards the back), radian.</summary>
    public Dipole Turned(double frontal, double horizontal)
    {
        var (sine, cosine) = (PortableMath.Sin(frontal), PortableMath.Cos(frontal));
        var (x, y) = (X * cosine - Y * sine, X * sine + Y * cosine);
        (sine, cosine) = (PortableMath.Sin(horizontal), PortableMath.Cos(horizontal));
        return new Dipole(x * cosine - Z * sine, y, x * sine + Z * cosine);
    }
}

/// <summary>One lobe of a beat: a bell with its own rise and fall.</summary>
/// <param name="CentreMs">Its peak, milliseconds from the beat's fiducial point (the R peak of a normal beat).</param>
/// <param name="RiseMs">Standard deviation of the bell before the peak, milliseconds.</param>
/// <param name="FallMs">The same behind the peak.</param>
internal readonly record struct Wave(double CentreMs, double RiseMs, double FallMs, Dipole Dipole)
{
    public Wave(double centreMs, double widthMs, double x, double y, double z)
        : this(centreMs, widthMs, widthMs, new Dipole(x, y, z))
    {
    }
}
