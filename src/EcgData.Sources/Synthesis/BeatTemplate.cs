namespace EcgData.Sources.Synthesis;

/// <summary>The waves of one kind of beat, sampled once and added wherever the beat occurs.</summary>
/// <param name="First">Index of the first sample, from the beat's fiducial point.</param>
/// <param name="Samples">double[3, samples]: the dipole in millivolt.</param>
internal readonly record struct BeatTemplate(int First, double[] Samples)
{
    private const double Reach = 4.2;   // standard deviations; beyond it a bell is below 0.02 %

    public static BeatTemplate Of(Wave[] waves, int samplingFrequencyHz)
    {
        var perMs = samplingFrequencyHz / 1000.0;
        var first = (int)Math.Floor(perMs * waves.Min(wave => wave.CentreMs - Reach * wave.RiseMs));
        var length = (int)Math.Ceiling(perMs * waves.Max(wave => wave.CentreMs + Reach * wave.FallMs)) - first + 1;
        var samples = new double[3 * length];
        foreach (var wave in waves)
        {
            var from = Math.Max(0, (int)Math.Floor(perMs * (wave.CentreMs - Reach * wave.RiseMs)) - first);
            var to = Math.Min(length, (int)Math.Ceiling(perMs * (wave.CentreMs + Reach * wave.FallMs)) - first + 1);
            for (var index = from; index < to; index++)
            {
                var distance = (index + first) / perMs - wave.CentreMs;
                var scaled = distance / (distance < 0 ? wave.RiseMs : wave.FallMs);
                var bell = PortableMath.Exp(-0.5 * scaled * scaled);
                samples[index] += wave.Dipole.X * bell;
                samples[length + index] += wave.Dipole.Y * bell;
                samples[2 * length + index] += wave.Dipole.Z * bell;
            }
        }

        return new BeatTemplate(first, samples);
    }

    /// <param name="dipole">double[3, samples] that the beat is added to; what reaches outside is left out.</param>
    /// <param name="at">Index of the beat's fiducial point.</param>
    public void AddTo(Span<double> dipole, int at, double size)
    {
        var (samples, length) = (dipole.Length / 3, Samples.Length / 3);
        var (from, to) = (Math.Max(0, at + First), Math.Min(samples, at + First + length));
        for (var axis = 0; axis < 3 && from < to; axis++)
        {
            var target = dipole.Slice(axis * samples + from, to - from);
            var template = Samples.AsSpan(axis * length + from - at - First, to - from);
            for (var index = 0; index < target.Length; index++) target[index] += size * template[index];
        }
    }
}
