namespace EcgData.Signals;

/// <summary>Decides whether a record is kept, and says why not, and what is to be noted about one that is kept.</summary>
internal readonly struct Screening(EcgRecord record, ScreeningOptions options)
{
    public Rejection? HeaderChecksum() =>
        record.HeaderChecksumMismatches == LeadSet.None || options.HeaderChecksum == HeaderChecksumPolicy.Flag
            ? null
            : new Rejection(
                RejectionReason.HeaderChecksum,
                $"{record.RecordId}: the values of lead {record.HeaderChecksumMismatches} do not add up to the checksum in the header. " +
                "Expected equal sums: fetch the record again, or set headerChecksum to flag to keep it.");

    public Rejection SamplingFrequency(int toHz) => new(
        RejectionReason.UnsupportedFormat,
        $"{record.RecordId}: the sampling frequency is {record.SamplingFrequencyHz} Hz. Expected a positive frequency whose ratio to " +
        $"{toHz} Hz is a fraction with at most {SamplingRatio.LargestUp} in its numerator and a filter of at most " +
        $"{SamplingRatio.LargestTable} taps: correct the header or exclude the record.");

    public Rejection TooShort(double minimumSeconds) => new(
        RejectionReason.TooShort,
        $"{record.RecordId}: {record.Frames.Count} samples at {record.SamplingFrequencyHz} Hz last " +
        $"{record.Frames.Count / record.SamplingFrequencyHz:0.###} s. Expected at least {minimumSeconds} s: lower minimumSeconds to keep it.");

    public Rejection TooLong(long samples, long largest) => new(
        RejectionReason.UnsupportedFormat,
        $"{record.RecordId}: {record.Frames.Count} samples at {record.SamplingFrequencyHz} Hz become {samples} stored samples. " +
        $"Expected at most {largest}: cut the record in its source.");

    /// <summary>What can be said before clipping.</summary>
    public Rejection? Signal(in RecordedSignal signal)
    {
        if (signal.Moving.Count < options.MinimumLeads)
        {
            var flat = signal.Recorded.Except(signal.Moving);
            var missing = record.Leads.Except(signal.Recorded);
            return new Rejection(
                RejectionReason.NoSignal,
                $"{record.RecordId}: {signal.Moving.Count} leads carry a signal (spanning less than {options.FlatMillivolt} mV: " +
                $"{NamesOf(flat)}; missing throughout: {NamesOf(missing)}). Expected at least {options.MinimumLeads}: " +
                "lower minimumLeads to keep it.");
        }

        var samples = (long)record.Frames.Count * signal.Recorded.Count;
        var missingShare = (double)signal.MissingSamples / samples;
        if (missingShare > options.MaximumMissingShare)
        {
            return new Rejection(
                RejectionReason.MissingShare,
                $"{record.RecordId}: {signal.MissingSamples} of {samples} samples are missing ({missingShare:0.####}), most of them in " +
                $"lead {MostMissing(signal)}. Expected a share of at most {options.MaximumMissingShare}: " +
                "raise maximumMissingShare to keep it.");
        }

        var (amplitude, lead) = Largest(signal);
        return amplitude <= options.MaximumMillivolt
            ? null
            : new Rejection(
                RejectionReason.Amplitude,
                $"{record.RecordId}, lead {NameOf(lead)}: {amplitude} mV. Expected at most {options.MaximumMillivolt} mV: check the gain in " +
                "the header, or raise maximumMillivolt to keep it.");
    }

    /// <param name="clippedSamples">int[16]: samples of each lead beyond the bound.</param>
    public Rejection? ClippedShare(in RecordedSignal signal, ReadOnlySpan<int> clippedSamples, double boundMillivolt)
    {
        var (clipped, worst) = (0L, Lead.I);
        for (var lead = Lead.I; lead <= Lead.V6; lead++)
        {
            if (!signal.Recorded.Contains(lead)) continue;
            clipped += clippedSamples[(int)lead];
            if (clippedSamples[(int)lead] > clippedSamples[(int)worst]) worst = lead;
        }

        var samples = (long)record.Frames.Count * signal.Recorded.Count;
        var share = (double)clipped / samples;
        return share <= options.MaximumClippedShare
            ? null
            : new Rejection(
                RejectionReason.ClippedShare,
                $"{record.RecordId}: {clipped} of {samples} samples ({share:0.####}) are beyond ±{boundMillivolt:0.###} mV, most of them in " +
                $"lead {NameOf(worst)}. Expected a share of at most {options.MaximumClippedShare}: check gain and baseline in the header, " +
                "or raise maximumClippedShare to keep it.");
    }

    /// <summary>All flags but those that clipping and cutting add: clipped, missing samples, short.</summary>
    public RecordFlags Flags(in RecordedSignal signal)
    {
        var flags = RecordFlags.None;
        if (signal.Leads != LeadSet.All) flags |= RecordFlags.MissingLead;
        if (signal.Derived != LeadSet.None) flags |= RecordFlags.DerivedLead;
        if (record.UnstoredLeads.Count > 0) flags |= RecordFlags.UnstoredLead;
        if (record.HeaderChecksumMismatches != LeadSet.None) flags |= RecordFlags.HeaderChecksum;
        if (Largest(signal).Amplitude > options.ImplausibleMillivolt) flags |= RecordFlags.Amplitude;
        for (var lead = Lead.I; lead <= Lead.V6; lead++)
        {
            if (signal.Leads.Contains(lead) && signal.Scan.Span((int)lead) < options.FlatMillivolt) flags |= RecordFlags.FlatLead;
        }

        if (LimbLeads.Residual(signal.Scan, signal.Moving, out _) > options.MaximumLimbLeadResidual) flags |= RecordFlags.LimbLeads;
        return flags;
    }

    private static (float Amplitude, Lead Lead) Largest(in RecordedSignal signal)
    {
        var (amplitude, largest) = (0f, Lead.I);
        for (var lead = Lead.I; lead <= Lead.V6; lead++)
        {
            if (signal.Leads.Contains(lead) && signal.Scan.Amplitude((int)lead) > amplitude)
                (amplitude, largest) = (signal.Scan.Amplitude((int)lead), lead);
        }

        return (amplitude, largest);
    }

    private static string MostMissing(in RecordedSignal signal)
    {
        var missing = new long[Montage.LeadCount];
        foreach (var gap in signal.Gaps) missing[(int)gap.Lead] += gap.End - gap.Start;
        return NameOf((Lead)Array.IndexOf(missing, missing.Max()));
    }

    private static string NameOf(Lead lead) => Montage.Names[(int)lead];

    private static string NamesOf(LeadSet leads) => leads == LeadSet.None ? "none" : leads.ToString();
}
