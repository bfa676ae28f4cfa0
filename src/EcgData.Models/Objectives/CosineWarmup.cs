namespace EcgData.Models.Objectives;

/// <summary>A value that goes from one level to another along half a cosine and stays there.</summary>
/// <param name="From">Value at step 0.</param>
/// <param name="To">Value from step <paramref name="Steps"/> on.</param>
/// <param name="Steps">Length of the way; 0 starts at the end.</param>
public sealed record CosineWarmup(double From, double To, int Steps)
{
    /// <param name="step">Number of steps already made.</param>
    public double At(long step) =>
        step >= Steps ? To : From + (To - From) * (1 - Math.Cos(Math.PI * step / Steps)) / 2;
}
