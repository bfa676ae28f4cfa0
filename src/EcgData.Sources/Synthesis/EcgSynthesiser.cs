namespace EcgData.Sources.Synthesis;

/// <summary>
/// Turns a drawn case into the potentials of eight leads. A dipole moves through P, QRS, ST and T of every beat and is projected on
/// I, II and V1-V6; the recorder adds wander, mains and muscle. Buffers are kept: one synthesiser per thread.
/// </summary>
internal sealed class EcgSynthesiser
{
    /// <summary>I, II, V1-V6: the leads that a recorder measures; the other four follow from I and II.</summary>
    public const int LeadCount = 8;

    // Lead vectors of a dipole in the torso (Dower, Machado, Osborne, "On deriving the electrocardiogram from vectorcardiographic
    // leads", Clin. Cardiol. 1980), order x, y, z.
    private static readonly double[] LeadVectors =
    [
        0.632, -0.235, 0.059,
        0.235, 1.066, -0.132,
        -0.515, 0.157, -0.917,
        0.044, 0.164, -1.387,
        0.882, 0.098, -1.277,
        1.213, 0.127, -0.601,
        1.125, 0.127, -0.086,
        0.831, 0.076, 0.230,
    ];

    private double[] _dipole = [];
    private double[] _leads = [];

    /// <param name="seed">The tree's seed; with the source's name and the case's index the key of every draw.</param>
    /// <param name="peakMillivolt">Largest potential that the tree may hold; a larger record is scaled to it.</param>
    /// <returns>double[8, samples] in microvolt, valid until the next call.</returns>
    public ReadOnlySpan<double> Render(
        SyntheticCase made, ulong seed, string source, int samplingFrequencyHz, int samples, double peakMillivolt)
    {
        if (_leads.Length < LeadCount * samples) (_dipole, _leads) = (new double[3 * samples], new double[LeadCount * samples]);
        var dipole = _dipole.AsSpan(0, 3 * samples);
        var leads = _leads.AsSpan(0, LeadCount * samples);

        var random = RandomStream.For(seed, source, "signal", made.Index);
        var morphology = Morphology.Of(made, ref random);
        var beats = Beat.Sequence(made, (double)samples / samplingFrequencyHz, ref random);
        MoveDipole(dipole, morphology, beats, samplingFrequencyHz);
        if (made.Rhythm is Rhythm.AtrialFibrillation) Fibrillate(dipole, samplingFrequencyHz, ref random);
        Project(dipole, leads, samples, peakMillivolt);
        RecorderNoise.Add(leads, samples, samplingFrequencyHz, ref random);
        return leads;
    }

    private static void MoveDipole(Span<double> dipole, Morphology morphology, List<Beat> beats, int samplingFrequencyHz)
    {
        dipole.Clear();
        var atrial = BeatTemplate.Of(morphology.Atrial, samplingFrequencyHz);
        var ventricular = BeatTemplate.Of(morphology.Ventricular, samplingFrequencyHz);
        var ectopic = BeatTemplate.Of(morphology.Ectopic, samplingFrequencyHz);
        foreach (var beat in beats)
        {
            var at = (int)Math.Floor(beat.Seconds * samplingFrequencyHz + 0.5);
            if (beat.Conducted) atrial.AddTo(dipole, at, 1);
            (beat.Ectopic ? ectopic : ventricular).AddTo(dipole, at, beat.Size);
        }
    }

    /// <summary>Fibrillation waves: a restless oscillation at 5-8 Hz whose frequency and size drift, largest in V1.</summary>
    private static void Fibrillate(Span<double> dipole, int samplingFrequencyHz, ref RandomStream random)
    {
        var samples = dipole.Length / 3;
        var size = random.Between(0.03, 0.09);
        var (frequency, phase) = (random.Between(5.2, 7.6), random.Between(0, 6));
        var (drift, driftPhase) = (random.Between(0.5, 1.3), random.Between(0, 6));
        for (var index = 0; index < samples; index++)
        {
            var time = (double)index / samplingFrequencyHz;
            var slow = PortableMath.Sin(2 * Math.PI * drift * time + driftPhase);
            var turn = 2 * Math.PI * frequency * time + phase + 1.3 * slow;
            var wave = size * (0.75 + 0.25 * slow) * (PortableMath.Sin(turn) + 0.3 * PortableMath.Sin(2 * turn + 0.8));
            dipole[index] += 0.15 * wave;
            dipole[samples + index] += 0.6 * wave;
            dipole[2 * samples + index] -= 0.9 * wave;
        }
    }

    private static void Project(ReadOnlySpan<double> dipole, Span<double> leads, int samples, double peakMillivolt)
    {
        var x = dipole[..samples];
        var y = dipole.Slice(samples, samples);
        var z = dipole.Slice(2 * samples, samples);
        var peak = 0.0;
        for (var lead = 0; lead < LeadCount; lead++)
        {
            var (toX, toY, toZ) = (1000 * LeadVectors[3 * lead], 1000 * LeadVectors[3 * lead + 1], 1000 * LeadVectors[3 * lead + 2]);
            var row = leads.Slice(lead * samples, samples);
            for (var index = 0; index < row.Length; index++)
            {
                var value = toX * x[index] + toY * y[index] + toZ * z[index];
                row[index] = value;
                peak = Math.Max(peak, Math.Abs(value));
            }
        }

        var allowed = 1000 * peakMillivolt - RecorderNoise.BoundMicrovolt;
        if (peak <= allowed) return;
        foreach (ref var value in leads) value *= allowed / peak;
    }
}
