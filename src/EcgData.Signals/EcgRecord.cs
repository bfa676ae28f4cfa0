namespace EcgData.Signals;

/// <summary>One recording as its source publishes it: placed by lead, in millivolt, otherwise untouched.</summary>
public sealed class EcgRecord : IDisposable
{
    /// <summary><c>source/native id</c>, unique in a corpus.</summary>
    public required string RecordId { get; init; }

    /// <summary>float[samples, 16] in millivolt; NaN where a sample is missing; lanes of absent leads are 0. Owned by the record.</summary>
    public required Frames Frames { get; init; }

    /// <summary>Samples per second and lead, Hz.</summary>
    public required double SamplingFrequencyHz { get; init; }

    /// <summary>The standard leads that the source recorded.</summary>
    public required LeadSet Leads { get; init; }

    /// <summary>Leads of the source that the corpus has no column for (vx, vy, vz), as the source spells them.</summary>
    public IReadOnlyList<string> UnstoredLeads { get; init; } = [];

    /// <summary>Leads whose stored values do not add up to the checksum in their header.</summary>
    public LeadSet HeaderChecksumMismatches { get; init; }

    public void Dispose() => Frames.Dispose();
}
