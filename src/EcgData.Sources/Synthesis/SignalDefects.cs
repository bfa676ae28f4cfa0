using EcgData.Signals;

namespace EcgData.Sources.Synthesis;

/// <summary>Plants the defects that lie in the samples themselves.</summary>
internal static class SignalDefects
{
    /// <param name="frames">short[samples, 12], standard order.</param>
    /// <param name="random">Keyed by the record: two editions of one record get the same defect at the same time.</param>
    /// <param name="missing">The format's value for a missing sample.</param>
    /// <param name="rail">The format's largest value.</param>
    public static void Plant(
        SyntheticDefect? defect, Span<short> frames, int samplingFrequencyHz, RandomStream random, short missing, short rail)
    {
        var samples = frames.Length / Montage.LeadCount;
        var lead = (int)Lead.V1 + random.Below(6);
        switch (defect)
        {
            case SyntheticDefect.MissingSamples:
                var length = (int)(samples * random.Between(0.02, 0.25));
                Fill(frames, lead, (int)((samples - length) * random.Unit()), length, missing);
                break;
            case SyntheticDefect.FlatLead:
                Fill(frames, lead, 0, samples, 0);
                break;
            case SyntheticDefect.Spikes:
                for (var spike = 0; spike < 3; spike++)
                {
                    var plateau = samplingFrequencyHz * 6 / 100;
                    Fill(frames, lead, (int)((samples - plateau) * random.Unit()), plateau, spike % 2 == 0 ? rail : (short)-rail);
                }

                break;
            case SyntheticDefect.SwappedLeads:
                SwapMostDifferent(frames);
                break;
            default:
                break;
        }
    }

    private static void Fill(Span<short> frames, int lead, int start, int length, short value)
    {
        for (var index = start; index < start + length; index++) frames[index * Montage.LeadCount + lead] = value;
    }

    /// <summary>aVL and aVF, or aVR and aVL: whichever differ more. At an axis of 60 degrees and less the first pair can be the same curve.</summary>
    private static void SwapMostDifferent(Span<short> frames)
    {
        var (one, other) = Difference(frames, Lead.AVL, Lead.AVF) >= Difference(frames, Lead.AVR, Lead.AVL)
            ? ((int)Lead.AVL, (int)Lead.AVF) : ((int)Lead.AVR, (int)Lead.AVL);
        for (var at = 0; at < frames.Length; at += Montage.LeadCount)
            (frames[at + one], frames[at + other]) = (frames[at + other], frames[at + one]);
    }

    private static long Difference(ReadOnlySpan<short> frames, Lead one, Lead other)
    {
        long sum = 0;
        for (var at = 0; at < frames.Length; at += Montage.LeadCount)
            sum += Math.Abs(frames[at + (int)one] - frames[at + (int)other]);
        return sum;
    }
}
