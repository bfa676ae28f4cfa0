namespace EcgData.Signals;

/// <summary>A record whose frames are complete: leads derived, gaps filled, nothing clipped yet.</summary>
internal readonly struct RecordedSignal
{
    /// <summary>Of the completed frames.</summary>
    public required FrameScan Scan { get; init; }

    /// <summary>Leads that the source recorded, at least one sample of each.</summary>
    public required LeadSet Recorded { get; init; }

    /// <summary>Recorded leads that move.</summary>
    public required LeadSet Moving { get; init; }

    public required LeadSet Derived { get; init; }

    /// <summary>By lead, then by time.</summary>
    public required IReadOnlyList<SourceGap> Gaps { get; init; }

    /// <summary>Samples that were missing in the recorded leads.</summary>
    public required long MissingSamples { get; init; }

    public LeadSet Leads => Recorded.Union(Derived);

    /// <summary>Completes the record's frames in place.</summary>
    public static RecordedSignal Complete(EcgRecord record, ScreeningOptions options)
    {
        var frames = record.Frames;
        var scan = FrameScan.Run(frames);
        var (recorded, moving, broken) = (LeadSet.None, LeadSet.None, LeadSet.None);
        for (var lead = Lead.I; lead <= Lead.V6; lead++)
        {
            var lane = (int)lead;
            if (!record.Leads.Contains(lead) || scan.IsAllMissing(lane)) continue;
            recorded = recorded.With(lead);
            if (scan.Span(lane) >= options.FlatMillivolt) moving = moving.With(lead);
            if (scan.HasMissing(lane)) broken = broken.With(lead);
        }

        var changed = broken != LeadSet.None;
        for (var lane = 0; lane < Frames.Lanes; lane++)
        {
            if (recorded.Contains((Lead)lane) || !scan.IsTouched(lane)) continue;
            Clear(frames, lane);
            changed = true;
        }

        var derived = LimbLeads.Derive(frames, moving, LeadSet.All.Except(recorded));
        changed |= derived != LeadSet.None;
        List<SourceGap> gaps = [];
        var missing = 0L;
        if (broken != LeadSet.None)
        {
            for (var lead = Lead.I; lead <= Lead.V6; lead++)
            {
                if (broken.Contains(lead))
                {
                    missing += SourceGap.Fill(frames, lead, gaps);
                }
                else if (derived.Contains(lead))
                {
                    if (HasSample(frames, lead))
                    {
                        SourceGap.Fill(frames, lead, gaps);
                    }
                    else
                    {
                        // Its two sources are never there at the same time.
                        Clear(frames, (int)lead);
                        derived = derived.Except(LeadSet.None.With(lead));
                    }
                }
            }
        }

        return new RecordedSignal
        {
            Scan = changed ? FrameScan.Run(frames) : scan,
            Recorded = recorded,
            Moving = moving,
            Derived = derived,
            Gaps = gaps,
            MissingSamples = missing,
        };
    }

    private static bool HasSample(Frames frames, Lead lead)
    {
        var values = frames.Values;
        for (var index = (int)lead; index < values.Length; index += Frames.Lanes)
        {
            if (!float.IsNaN(values[index])) return true;
        }

        return false;
    }

    private static void Clear(Frames frames, int lane)
    {
        var values = frames.Values;
        for (var index = lane; index < values.Length; index += Frames.Lanes) values[index] = 0;
    }
}
