namespace EcgData.Sources.Synthesis;

/// <summary>One heart beat of a record.</summary>
/// <param name="Seconds">Time of its fiducial point from the record's start; may lie a little outside.</param>
/// <param name="Conducted">Preceded by a P wave.</param>
/// <param name="Ectopic">Premature, from a ventricle.</param>
/// <param name="Size">Amplitude against the record's mean beat: breathing turns the heart.</param>
internal readonly record struct Beat(double Seconds, bool Conducted, bool Ectopic, double Size)
{
    /// <summary>The beats that reach into a record of the given length, in order of time.</summary>
    public static List<Beat> Sequence(SyntheticCase made, double seconds, ref RandomStream random)
    {
        var mean = 60 / made.BeatsPerMinute;
        var (breath, phase) = (random.Between(0.18, 0.32), random.Between(0, 2 * Math.PI));
        var breathing = made.Rhythm switch
        {
            Rhythm.SinusArrhythmia => random.Between(0.10, 0.16),
            Rhythm.Paced or Rhythm.AtrialFibrillation => 0,
            _ => random.Between(0.008, 0.035) * Math.Min(mean, 1),
        };
        var jitter = made.Rhythm is Rhythm.Paced ? 0.0005 : 0.006;

        var beats = new List<Beat>();
        var time = -random.Between(0.3, 1.3) * mean;
        var pause = 1.0;
        var sinceEctopic = random.Below(4);
        while (time < seconds + 0.6)
        {
            var turn = 2 * Math.PI * breath * time + phase;
            var size = 1 + 0.04 * PortableMath.Sin(turn + 1);
            beats.Add(new Beat(time, made.Rhythm is not (Rhythm.AtrialFibrillation or Rhythm.Paced), false, size));
            var interval = made.Rhythm is Rhythm.AtrialFibrillation
                // Irregularly irregular; the refractory node passes nothing within 0.3 s.
                ? Math.Max(0.3, mean * (0.55 + 0.45 * (random.Unit() + random.Unit())))
                : mean * (1 + breathing * PortableMath.Sin(turn) + jitter * random.Bell());
            interval *= pause;
            pause = 1;
            if (made.Extrasystoles && ++sinceEctopic >= 4 && interval > 0.45 && random.Chance(0.7))
            {
                // Early, and followed by a full compensatory pause: the sinus node keeps its own time.
                beats.Add(new Beat(time + Math.Max(0.36, interval * 0.6), false, true, size));
                interval *= 2;
                sinceEctopic = 0;
            }

            time += interval;
        }

        return beats;
    }
}
