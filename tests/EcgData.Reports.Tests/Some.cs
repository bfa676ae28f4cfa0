using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Reports.Tests;

/// <summary>Valid segments to begin from.</summary>
internal static class Some
{
    public const double SamplingFrequencyHz = 240;

    /// <summary>Ten seconds, or as told, of twelve leads; <paramref name="microvolt"/> gives the value at a lead and a time in seconds.</summary>
    public static StoredSegment Segment(Func<Lead, double, double> microvolt, double seconds = 10)
    {
        var samples = (int)(seconds * SamplingFrequencyHz);
        return new StoredSegment
        {
            RecordId = "ptb-xl/00001",
            Segment = 0,
            StartSeconds = 0,
            Samples = samples,
            Source = "ptb-xl@1.0.3",
            Licence = "CC-BY-4.0",
            Patient = "15709",
            PatientKnown = true,
            Rank = 1,
            SamplingFrequencyHz = SamplingFrequencyHz,
            NativeSamplingFrequencyHz = 500,
            AmplitudeUnit = "uV",
            Leads = [.. Enum.GetValues<Lead>().Select(lead =>
                Enumerable.Range(0, samples).Select(index => (short)Math.Round(microvolt(lead, index / SamplingFrequencyHz))).ToArray())],
            DerivedLeads = LeadSet.None,
            Flags = RecordFlags.None,
            Gaps = [],
            AgeYears = 56,
            Sex = "female",
            Labels = ["NORM", "SR"],
            LabelWeights = [1, 1],
            Fold = 3,
            SourceFile = "records500/00000/00001_hr",
            SourceSha256 = "00",
        };
    }

    /// <summary>1 mV at 1 Hz in every lead, a little less in each next one.</summary>
    public static StoredSegment Sines(double seconds = 10) =>
        Segment((lead, time) => (1000 - 20 * (int)lead) * Math.Sin(2 * Math.PI * time), seconds);

    public static StoredSegment WithoutLead(this StoredSegment segment, params Lead[] absent) =>
        segment with { Leads = [.. segment.Leads.Select((values, lead) => absent.Contains((Lead)lead) ? null : values)] };
}
