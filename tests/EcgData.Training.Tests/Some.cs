using EcgData.Models;
using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Training.Tests;

/// <summary>Valid rows of a corpus that does not exist.</summary>
internal static class Some
{
    public const double FrequencyHz = 240;

    /// <summary>A row whose leads are beats of P, QRS and T waves at a rate, phase and lead gains of its own.</summary>
    public static StoredSegment Segment(int number, double seconds = 10, LeadSet? leads = null, double frequencyHz = FrequencyHz)
    {
        var samples = (int)(seconds * frequencyHz);
        var random = new KeyedRandom(KeyedRandom.Combine(7, (ulong)number));
        var (period, phase) = (0.6 + 0.5 * random.NextSingle(), random.NextSingle());
        var rows = new short[Montage.LeadCount][];
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            var gain = 500 + 1000 * random.NextSingle();
            rows[lead] = new short[samples];
            for (var i = 0; i < samples; i++)
            {
                var seconds0 = (i / frequencyHz / period + phase) % 1 * period;
                rows[lead][i] = (short)Math.Round(gain * (0.15 * Wave(seconds0, 0.10, 0.02) + Wave(seconds0, 0.25, 0.01) + 0.3 * Wave(seconds0, 0.45, 0.04)));
            }
        }

        return Segment(number, samples, [.. rows.Select((row, lead) => (leads ?? LeadSet.All).Contains((Lead)lead) ? row : null)], frequencyHz);
    }

    public static StoredSegment Segment(int number, int samples, IReadOnlyList<short[]?> leads, double frequencyHz = FrequencyHz) => new()
    {
        RecordId = $"some/{number}",
        Segment = 0,
        StartSeconds = 0,
        Samples = samples,
        Source = "some@1",
        Licence = "CC0-1.0",
        Patient = $"p{number}",
        PatientKnown = true,
        Rank = number,
        SamplingFrequencyHz = frequencyHz,
        NativeSamplingFrequencyHz = 500,
        AmplitudeUnit = "uV",
        Leads = leads,
        DerivedLeads = LeadSet.None,
        Flags = default,
        Gaps = [],
        Labels = [],
        LabelWeights = [],
        Fold = 1,
        SourceFile = "some.dat",
        SourceSha256 = "",
    };

    public static IAsyncEnumerable<StoredSegment> Segments(int count, double seconds = 10, LeadSet? leads = null) =>
        Enumerable.Range(0, count).Select(number => Segment(number, seconds, leads)).ToArray().ToAsyncEnumerable();

    private static double Wave(double at, double centre, double width) => Math.Exp(-0.5 * Math.Pow((at - centre) / width, 2));
}
