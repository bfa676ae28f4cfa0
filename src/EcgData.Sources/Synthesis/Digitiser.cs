using EcgData.Signals;

namespace EcgData.Sources.Synthesis;

/// <summary>Turns eight potentials into twelve leads of whole numbers, as a recorder does: the identities hold to rounding.</summary>
internal static class Digitiser
{
    /// <summary>
    /// Steps of 5 µV at every second sample, linear between them, in units of 1 µV: genuine PTB-XL records at 500 Hz look like that.
    /// </summary>
    /// <param name="leads">double[8, samples] in microvolt.</param>
    /// <param name="frames">short[samples, 12], standard order.</param>
    public static void ToInterpolatedSteps(ReadOnlySpan<double> leads, Span<short> frames)
    {
        const int Step = 5;
        var samples = frames.Length / Montage.LeadCount;
        for (var lead = 0; lead < EcgSynthesiser.LeadCount; lead++)
        {
            var row = leads.Slice(lead * samples, samples);
            var column = frames[Place(lead)..];
            var before = 0;
            for (var index = 0; index < row.Length; index += 2)
            {
                var value = Step * (int)Math.Floor(row[index] * (1.0 / Step) + 0.5);
                column[index * Montage.LeadCount] = (short)value;
                if (index > 0) column[(index - 1) * Montage.LeadCount] = (short)(before + value >> 1);
                before = value;
            }

            if (samples % 2 == 0) column[(samples - 1) * Montage.LeadCount] = (short)before;
        }

        Derive(frames);
    }

    /// <param name="leads">double[8, samples] in microvolt.</param>
    /// <param name="frames">short[samples, 12], standard order.</param>
    /// <param name="unitsPerMicrovolt">The gain.</param>
    public static void ToSteps(ReadOnlySpan<double> leads, Span<short> frames, double unitsPerMicrovolt)
    {
        var samples = frames.Length / Montage.LeadCount;
        for (var lead = 0; lead < EcgSynthesiser.LeadCount; lead++)
        {
            var row = leads.Slice(lead * samples, samples);
            var column = frames[Place(lead)..];
            for (var index = 0; index < row.Length; index++)
                column[index * Montage.LeadCount] = (short)Math.Floor(row[index] * unitsPerMicrovolt + 0.5);
        }

        Derive(frames);
    }

    /// <summary>Index of a measured lead among the twelve.</summary>
    private static int Place(int lead) => lead < 2 ? lead : lead + 4;

    /// <summary>III by Einthoven, aVR, aVL and aVF by Goldberger, halves rounded down.</summary>
    private static void Derive(Span<short> frames)
    {
        for (var at = 0; at < frames.Length; at += Montage.LeadCount)
        {
            var frame = frames.Slice(at, Montage.LeadCount);
            int first = frame[(int)Lead.I], second = frame[(int)Lead.II];
            var third = second - first;
            frame[(int)Lead.III] = (short)third;
            frame[(int)Lead.AVR] = (short)(-(first + second) >> 1);
            frame[(int)Lead.AVL] = (short)(first - third >> 1);
            frame[(int)Lead.AVF] = (short)(second + third >> 1);
        }
    }
}
