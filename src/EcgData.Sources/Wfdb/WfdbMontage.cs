using EcgData.Signals;

namespace EcgData.Sources.Wfdb;

/// <summary>Which signals of a header are which leads, and how their values become millivolt.</summary>
internal sealed class WfdbMontage
{
    /// <summary>A stored value is at most 2^31 away from its baseline: within these gains every millivolt is a plain number.</summary>
    private const double LeastGainPerMillivolt = 1e-9, MostGainPerMillivolt = 1e12;

    private static readonly string[] KnownButUnstored = ["vx", "vy", "vz"];   // Frank's leads, PTBDB

    private readonly sbyte[] _laneOfSignal;
    private List<string>? _unstored;

    /// <exception cref="RecordException">
    /// <c>UnknownLead</c>; <c>Header</c>: a lead twice; <c>UnsupportedFormat</c>: a unit that is no voltage, or leads that are not sampled
    /// alike; <c>NoSignal</c>: not one standard lead.
    /// </exception>
    public WfdbMontage(WfdbHeader header, string headerFile)
    {
        var signals = header.Signals;
        _laneOfSignal = new sbyte[signals.Length];
        GainsPerMillivolt.AsSpan().Fill(1);
        for (var index = 0; index < signals.Length; index++) _laneOfSignal[index] = (sbyte)Place(signals[index], headerFile);
        if (Leads.Count == 0)
            throw new RecordException(
                RejectionReason.NoSignal, $"{headerFile}: {signals.Length} signals, none of them a standard lead. Leave the record out.");
    }

    public LeadSet Leads { get; private set; }

    /// <summary>As the header spells them.</summary>
    public IReadOnlyList<string> UnstoredLeads => _unstored ?? (IReadOnlyList<string>)[];

    /// <summary>Samples per frame of each stored lead.</summary>
    public int SamplesPerFrame { get; private set; }

    /// <summary>float[16]: ADC units per millivolt by lane; 1 where there is no lead.</summary>
    public float[] GainsPerMillivolt { get; } = new float[Frames.Lanes];

    /// <summary>int[16]: ADC value at 0 mV by lane; 0 where there is no lead.</summary>
    public int[] Baselines { get; } = new int[Frames.Lanes];

    /// <summary>The lane of a signal, or -1 where it is not stored.</summary>
    public int LaneOf(int signal) => _laneOfSignal[signal];

    private int Place(in WfdbSignal signal, string headerFile)
    {
        var name = signal.Description;
        if (!Montage.TryParse(name, out var lead))
        {
            if (!Array.Exists(KnownButUnstored, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)))
                throw Wrong(
                    RejectionReason.UnknownLead, signal, headerFile,
                    $"lead '{name}'; expected one of the twelve standard leads, vx, vy or vz");
            (_unstored ??= []).Add(name);
            return -1;
        }

        if (Leads.Contains(lead))
            throw Wrong(RejectionReason.Header, signal, headerFile, $"lead {name} a second time; expected each lead once");
        if (Leads.Count > 0 && signal.SamplesPerFrame != SamplesPerFrame)
            throw Wrong(
                RejectionReason.UnsupportedFormat, signal, headerFile,
                $"{signal.SamplesPerFrame} samples per frame of lead {name}; expected {SamplesPerFrame} as of the leads before");
        var gain = signal.Gain * UnitsPerMillivolt(signal, headerFile);
        if (gain is < LeastGainPerMillivolt or > MostGainPerMillivolt)
            throw Wrong(
                RejectionReason.Header, signal, headerFile,
                $"gain {signal.Gain} per {signal.Units}; " +
                $"expected {LeastGainPerMillivolt} to {MostGainPerMillivolt} ADC units per millivolt");

        SamplesPerFrame = signal.SamplesPerFrame;
        Leads = Leads.With(lead);
        GainsPerMillivolt[(int)lead] = (float)gain;
        Baselines[(int)lead] = signal.Baseline;
        return (int)lead;
    }

    /// <summary>The factor from ADC units per physical unit to ADC units per millivolt.</summary>
    private static double UnitsPerMillivolt(in WfdbSignal signal, string headerFile) =>
        Is(signal.Units, "mV") ? 1
        : Is(signal.Units, "uV") || Is(signal.Units, "\u00B5V") || Is(signal.Units, "\u03BCV") ? 1000   // micro sign, Greek mu
        : Is(signal.Units, "V") ? 0.001
        : throw Wrong(
            RejectionReason.UnsupportedFormat, signal, headerFile,
            $"unit '{signal.Units}' of lead {signal.Description}; expected mV, uV or V");

    private static bool Is(string unit, string known) => unit.Equals(known, StringComparison.OrdinalIgnoreCase);

    private static RecordException Wrong(RejectionReason reason, in WfdbSignal signal, string headerFile, string message) =>
        new(reason, $"{headerFile}, line {signal.LineNumber}: {message}. Correct the header, or leave the record out.");
}
