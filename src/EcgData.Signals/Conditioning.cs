using System.Buffers;
using System.Runtime.InteropServices;

namespace EcgData.Signals;

/// <summary>Turns a record as its source publishes it into segments as the corpus stores them.</summary>
/// <remarks>
/// In this order: missing limb leads are derived, gaps filled, the record screened, clipped, resampled, cut into segments and
/// rounded to microvolt. A function of record and options alone: the same bits on every machine.
/// </remarks>
public static unsafe class Conditioning
{
    /// <summary>Version of what <see cref="Condition"/> computes; part of every input digest. Raise it when one stored bit may change.</summary>
    public const int ProcessingVersion = 1;

    /// <param name="record">The source's samples. Its frames may be changed in place.</param>
    /// <param name="clipMillivolt">The source's clipping bound, millivolt; at most the storage bound.</param>
    /// <param name="options">The same for every record of a corpus.</param>
    /// <returns>Segments with flags, or the reason why the record is turned away.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The options or the clipping bound make no sense, whatever the record.</exception>
    public static ConditionedRecord Condition(EcgRecord record, double clipMillivolt, ConditioningOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clipMillivolt);
        var layout = SegmentLayout.Create(options);
        var screening = new Screening(record, options.Screening);

        if (screening.HeaderChecksum() is { } wrongChecksum) return Reject(wrongChecksum);
        if (!SamplingRatio.TryCreate(record.SamplingFrequencyHz, options.SamplingFrequencyHz, out var ratio))
            return Reject(screening.SamplingFrequency(options.SamplingFrequencyHz));
        var frames = record.Frames;
        var samples = (long)frames.Count * ratio.Up / ratio.Down;
        if (samples < layout.MinimumSamples || samples == 0) return Reject(screening.TooShort(options.MinimumSeconds));
        if (samples > Frames.LargestCount) return Reject(screening.TooLong(samples, Frames.LargestCount));

        var signal = RecordedSignal.Complete(record, options.Screening);
        if (screening.Signal(signal) is { } rejection) return Reject(rejection);

        var bound = (float)Math.Min(clipMillivolt, ConditioningOptions.StorageBoundMillivolt);
        var clipped = LeadSet.None;
        for (var lead = Lead.I; lead <= Lead.V6; lead++)
        {
            if (signal.Scan.Amplitude((int)lead) > bound + Clipping.ToleranceMillivolt) clipped = clipped.With(lead);
        }

        if (clipped != LeadSet.None)
        {
            Span<int> clippedSamples = stackalloc int[Frames.Lanes];
            Clipping.Apply(frames, bound, clippedSamples);
            if (screening.ClippedShare(signal, clippedSamples, bound) is { } tooMuch) return Reject(tooMuch);
        }

        var segments = layout.Cut((int)samples, frames.Count, ratio, signal.Gaps);
        var flags = screening.Flags(signal)
            | (clipped != LeadSet.None ? RecordFlags.Clipped : 0)
            | (signal.Gaps.Count > 0 && Array.Exists(segments, segment => segment.Gaps.Count > 0) ? RecordFlags.MissingSamples : 0)
            | (samples < layout.SegmentSamples ? RecordFlags.Short : 0);
        var last = segments[^1];
        var length = last.Offset + Montage.LeadCount * last.Samples;
        var values = ArrayPool<short>.Shared.Rent(length);
        if (ratio.IsIdentity)
        {
            Quantize(frames, segments, values);
        }
        else
        {
            using var resampled = PolyphaseResampler.For(ratio).Resample(frames);
            Quantize(resampled, segments, values);
        }

        return new ConditionedRecord(Release)
        {
            Flags = flags,
            Leads = signal.Leads,
            DerivedLeads = signal.Derived,
            Segments = segments,
            Values = values.AsMemory(0, length),
        };
    }

    private static void Quantize(Frames frames, Segment[] segments, short[] values)
    {
        fixed (float* source = frames.Values)
        fixed (short* target = values)
        {
            // Segments follow each other without a break, and so do their values.
            foreach (var segment in segments)
                Quantization.ToMicrovolt(source + (nint)segment.Offset / Montage.LeadCount * Frames.Lanes, segment.Samples, target + segment.Offset);
        }
    }

    private static void Release(ConditionedRecord record)
    {
        if (MemoryMarshal.TryGetArray<short>(record.Values, out var values)) ArrayPool<short>.Shared.Return(values.Array!);
    }

    private static ConditionedRecord Reject(Rejection rejection) => new() { Rejection = rejection };
}
