namespace EcgData.Signals;

/// <summary>The six limb leads are two measurements: I and II tell the other four, and so does any other pair.</summary>
/// <remarks>Einthoven: III = II − I. Goldberger: aVR = −(I + II)/2, aVL = I − II/2, aVF = II − I/2.</remarks>
internal static unsafe class LimbLeads
{
    /// <summary>Lanes of a vector that holds the limb leads; the last two are V1 and V2 and mean nothing here.</summary>
    public const int Lanes = 8;

    private const int Count = 6;

    private static readonly float[] ShareOfI = [1, 0, -1, -0.5f, 1, -0.5f, 0, 0];
    private static readonly float[] ShareOfII = [0, 1, 1, -0.5f, -0.5f, 1, 0, 0];

    /// <summary>float[8]: lead l is FromI[l] · I + FromII[l] · II.</summary>
    public static ReadOnlySpan<float> FromI => ShareOfI;

    /// <inheritdoc cref="FromI"/>
    public static ReadOnlySpan<float> FromII => ShareOfII;

    /// <summary>Computes the missing limb leads, where two are there to tell them.</summary>
    /// <param name="frames">float[n, 16] in millivolt; a sample that is missing in either source is missing in what is derived.</param>
    /// <param name="sources">Leads that carry a signal: what is derived from a fallen electrode would be a false lead.</param>
    /// <param name="absent">Leads that are to be derived if possible.</param>
    /// <returns>The leads that have been derived.</returns>
    public static LeadSet Derive(Frames frames, LeadSet sources, LeadSet absent)
    {
        var (first, second) = (-1, -1);
        for (var lead = Count - 1; lead >= 0; lead--)
        {
            if (sources.Contains((Lead)lead)) (first, second) = (lead, first);
        }

        if (second < 0) return LeadSet.None;
        var derived = LeadSet.None;
        for (var lead = 0; lead < Count; lead++)
        {
            if (!absent.Contains((Lead)lead)) continue;
            derived = derived.With((Lead)lead);
            var determinant = Determinant(first, second);
            var shareOfFirst = Determinant(lead, second) / determinant;
            var shareOfSecond = Determinant(first, lead) / determinant;
            fixed (float* values = frames.Values)
            {
                var end = values + (nint)frames.Count * Frames.Lanes;
                for (var frame = values; frame < end; frame += Frames.Lanes)
                    frame[lead] = shareOfFirst * frame[first] + shareOfSecond * frame[second];
            }
        }

        return derived;
    }

    /// <summary>
    /// The worst relative RMS error of the four identities; 0 where none can be tested. Offsets do not count. An identity is
    /// tested where all of its leads are in <paramref name="recorded"/>.
    /// </summary>
    public static double Residual(in FrameScan scan, LeadSet recorded, out Lead worst)
    {
        (var residual, worst) = (0d, Lead.III);
        if (!recorded.Contains(Lead.I) || !recorded.Contains(Lead.II)) return residual;
        for (var lead = Lead.III; lead <= Lead.AVF; lead++)
        {
            if (!recorded.Contains(lead)) continue;
            var relative = Math.Sqrt(scan.IdentityVariance((int)lead) / scan.Variance((int)lead));
            if (relative > residual) (residual, worst) = (relative, lead);
        }

        return residual;
    }

    private static float Determinant(int lead, int other) => ShareOfI[lead] * ShareOfII[other] - ShareOfI[other] * ShareOfII[lead];
}
