namespace EcgData.Sources.Synthesis;

/// <summary>The waves of a patient's beats, by condition: what a cardiologist would look for in the twelve leads.</summary>
/// <param name="Atrial">P, timed against the same fiducial point as the rest.</param>
/// <param name="Ventricular">QRS, ST and T, the pacing spike too.</param>
/// <param name="Ectopic">QRS and T of a premature ventricular beat.</param>
internal sealed record Morphology(Wave[] Atrial, Wave[] Ventricular, Wave[] Ectopic)
{
    public static Morphology Of(SyntheticCase made, ref RandomStream random)
    {
        var (qrs, onset, width) = Qrs(made.Condition, ref random);
        var (st, t) = Repolarisation(made.Condition, ref random);
        var rr = 60 / made.BeatsPerMinute;
        // QT against RR is a line of slope 0.154 (Sagie et al., "An improved method for adjusting the QT interval", 1992).
        var qt = 395 + 154 * (rr - 1) + random.Between(-14, 14) + (width - 85) * 0.6;
        var (rise, fall) = (52 * Stretch(rr), 30 * Stretch(rr));
        var junction = onset + width;

        var tPeak = onset + qt - 2.2 * fall;
        List<Wave> ventricular = [.. qrs, new Wave(tPeak, rise, fall, t)];
        if (st != default)
        {
            var middle = 0.5 * (junction + tPeak);
            ventricular.Add(new Wave(middle, 0.4 * (middle - junction) + 8, 0.55 * (tPeak - middle), st));
        }

        if (made.Condition is Condition.Paced) ventricular.Add(new Wave(onset - 12, 1.4, -0.25, -0.7, 0.1));

        var atrialPeak = onset - made.PrMs + 42;
        Wave[] atrial =
        [
            new(atrialPeak, 15, 0.035, 0.075, -0.06),    // right atrium, forward
            new(atrialPeak + 30, 16, 0.055, 0.07, 0.045),   // left atrium, backward
        ];
        var ectopic = Ectopy(ref random);

        var size = made.Amplitude * (made.Condition is Condition.LowVoltage ? 0.36 : 1);
        // Turns shift the axis by some 12 degrees; conditions whose sign lies in the axis keep it within half of that.
        var turn = made.Condition is Condition.Normal or Condition.LowVoltage or Condition.FirstDegreeBlock ? 1 : 0.5;
        Wave[] Fit(IEnumerable<Wave> waves) =>
            [.. waves.Select(wave => wave with { Dipole = wave.Dipole.Turned(turn * made.Frontal, turn * made.Horizontal) * size })];
        return new Morphology(Fit(atrial), Fit(ventricular), Fit(ectopic));
    }

    private static double Stretch(double rr) => 0.72 + 0.28 * Math.Min(rr, 1.4);

    /// <summary>Lobes of the QRS complex, its onset and its width in milliseconds.</summary>
    private static (Wave[] Waves, double OnsetMs, double WidthMs) Qrs(Condition condition, ref RandomStream random)
    {
        var stretch = random.Between(0.92, 1.1);
        Wave[] waves = condition switch
        {
            // Activation creeps from right to left: no septal q, broad notched R in I and V6, deep S in V1.
            Condition.LeftBundleBranchBlock =>
                [new(-36, 14, 0.35, 0.25, 0.32), new(-4, 19, 0.85, 0.35, 0.7), new(46, 18, 0.85, 0.05, 0.55)],
            Condition.Paced =>
                [new(-36, 14, 0.2, -0.2, 0.3), new(0, 22, 0.6, -0.75, 0.6), new(46, 19, 0.4, -0.7, 0.5)],
            // The right ventricle comes late: R' in V1, broad S in I and V6.
            Condition.RightBundleBranchBlock =>
                [new(-27, 8, -0.16, 0.02, -0.3), new(0, 10, 1.0, 0.8, 0.2), new(17, 10, 0.1, 0, 0.38), new(56, 17, -0.68, -0.02, -0.85)],
            Condition.LeftVentricularHypertrophy =>
                [new(-30, 8, -0.2, 0.02, -0.2), new(0, 12, 2.0, 0.8, 0.55), new(21, 12, 0.5, -0.05, 1.5), new(40, 8, -0.1, -0.1, 0.2)],
            Condition.RightVentricularHypertrophy =>
                [new(-27, 8, 0.1, 0.05, -0.2), new(0, 11, -0.15, 0.95, -0.75), new(20, 12, -0.85, 0.15, -0.15), new(38, 9, -0.3, -0.2, 0.2)],
            // Down first, then up and left: axis beyond -45 degrees.
            Condition.LeftAnteriorFascicularBlock =>
                [new(-27, 8, -0.02, 0.35, -0.25), new(0, 12, 0.95, -0.6, 0.2), new(20, 13, 0.3, -0.7, 0.75), new(40, 9, -0.1, -0.25, 0.15)],
            // The dead inferior wall: initial forces to the head, Q in II, III and aVF.
            Condition.InferiorInfarct =>
                [new(-24, 12, 0.1, -0.62, -0.22), new(6, 11, 1.0, 0.6, 0.25), new(22, 11, 0.15, 0.05, 0.8), new(38, 8, -0.12, -0.05, 0.15)],
            // The dead septum: initial forces to the back, no r in V1 to V3.
            Condition.AnteroseptalInfarct =>
                [new(-24, 12, 0.05, 0.05, 0.62), new(2, 11, 0.85, 0.8, 0.5), new(20, 12, 0.1, -0.05, 0.8), new(36, 8, -0.1, -0.1, 0.15)],
            _ =>
                [new(-27, 8, -0.2, -0.02, -0.26), new(0, 10.5, 1.1, 0.9, 0.22), new(18, 11, 0.18, -0.05, 0.85), new(35, 8, -0.15, -0.15, 0.18)],
        };
        var (onset, width) = condition switch
        {
            Condition.LeftBundleBranchBlock => (-66.0, 155.0),
            Condition.Paced => (-66.0, 160.0),
            Condition.RightBundleBranchBlock => (-44.0, 140.0),
            _ => (-44.0, 95.0),
        };
        var jitter = random.Between(-0.06, 0.06);
        for (var index = 0; index < waves.Length; index++)
        {
            var wave = waves[index];
            waves[index] = new Wave(
                wave.CentreMs * stretch, wave.RiseMs * stretch, wave.FallMs * stretch, wave.Dipole * (1 + jitter + random.Between(-0.08, 0.08)));
        }

        return (waves, onset * stretch, width * stretch);
    }

    private static (Dipole St, Dipole T) Repolarisation(Condition condition, ref RandomStream random)
    {
        var grade = random.Between(0.8, 1.25);
        var (st, t) = condition switch
        {
            Condition.LeftBundleBranchBlock => (new Dipole(-0.1, -0.02, -0.14), new Dipole(-0.42, -0.08, -0.42)),
            Condition.Paced => (new Dipole(-0.06, 0.08, -0.1), new Dipole(-0.25, 0.4, -0.35)),
            Condition.RightBundleBranchBlock => (new Dipole(0.02, 0, 0.05), new Dipole(0.38, 0.2, 0.16)),
            Condition.LeftVentricularHypertrophy => (new Dipole(-0.14, -0.06, -0.08), new Dipole(-0.34, -0.14, -0.2)),
            Condition.RightVentricularHypertrophy => (new Dipole(0.02, -0.04, 0.1), new Dipole(0.28, 0.05, 0.3)),
            Condition.InferiorInfarct => (new Dipole(-0.06, 0.2, 0.06), new Dipole(0.34, -0.28, -0.16)),
            Condition.AnteroseptalInfarct => (new Dipole(0.08, 0.02, -0.2), new Dipole(-0.12, 0.12, 0.26)),
            Condition.StDepression => (new Dipole(-0.16, -0.15, 0.1), new Dipole(0.1, 0.08, -0.06)),
            Condition.InvertedT => (default, new Dipole(-0.26, -0.16, 0.2)),
            _ => (default, new Dipole(0.34, 0.25, -0.2)),
        };
        return (st * grade, t * grade);
    }

    private static Wave[] Ectopy(ref RandomStream random)
    {
        var side = random.Chance(0.6) ? 1 : -1;   // from the right ventricle (looks like left bundle branch block) or from the left
        var vertical = random.Between(-0.8, 0.9);
        Dipole main = new(0.9 * side, vertical, 0.9 * side);
        return
        [
            new Wave(-22, 18, 20, main * 0.7), new Wave(26, 20, 24, main), new Wave(210, 60, 45, main * -0.42),
        ];
    }
}
