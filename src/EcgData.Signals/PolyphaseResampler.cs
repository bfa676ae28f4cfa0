using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EcgData.Signals;

/// <summary>Brings frames to another sampling frequency, all leads at once.</summary>
/// <remarks>
/// Polyphase, linear phase, <see cref="KaiserSinc"/>: ripple of 0.0002 dB up to 0.9 of the lower Nyquist frequency, attenuation
/// above 93 dB from 1.1 on; in between lies the transition band. Output sample k stands at time k / to; there are
/// ⌊n · to / from⌋. Beyond its ends a record goes on by odd reflection, x[−k] = 2·x[0] − x[k]. Every output is one chain of fused
/// multiply-adds in the order of time, each lead in its own lane: the vector width of the machine cannot change a bit.
/// </remarks>
internal sealed unsafe class PolyphaseResampler
{
    private const int Lanes = Frames.Lanes;
    private const int LargestCachedTaps = 1 << 25;   // 128 MiB of tables; a folder of odd frequencies cannot pile up more

    private static readonly ConcurrentDictionary<SamplingRatio, PolyphaseResampler> Cache = new();

    /// <summary>float[pairs, length, 2]: the taps of two neighbouring outputs side by side over the input samples of both.</summary>
    private readonly float[] _taps;

    private readonly int[] _starts;     // int[pairs]: first input sample of a pair, from the start of its period
    private readonly int _pairs;        // pairs of outputs in a period
    private readonly int _period;       // input samples in a period
    private readonly int _length;       // input samples that a pair reads

    private PolyphaseResampler(SamplingRatio ratio)
    {
        Ratio = ratio;
        _pairs = ratio.Up % 2 == 0 ? ratio.Up / 2 : ratio.Up;   // an odd number of branches takes two periods to come out even
        _period = ratio.Up % 2 == 0 ? ratio.Down : 2 * ratio.Down;
        var branchLength = (int)KaiserSinc.TapsPerBranch(ratio);
        _length = branchLength + (ratio.Down + ratio.Up - 1) / ratio.Up;
        _taps = new float[checked(_pairs * _length * 2)];
        _starts = new int[_pairs];
        var branch = new double[branchLength];
        for (var pair = 0; pair < _pairs; pair++)
        {
            _starts[pair] = (int)(2L * pair * ratio.Down / ratio.Up) - KaiserSinc.Reach(ratio);
            for (var side = 0; side < 2; side++)
            {
                var (before, phase) = Math.DivRem((2L * pair + side) * ratio.Down, ratio.Up);
                KaiserSinc.Branch(ratio, (int)phase, branch);
                var shift = (int)before - KaiserSinc.Reach(ratio) - _starts[pair];
                for (var j = 0; j < branchLength; j++) _taps[(pair * _length + shift + j) * 2 + side] = (float)branch[j];
            }
        }
    }

    public SamplingRatio Ratio { get; }

    /// <summary>The resampler of a ratio; its table is made once.</summary>
    public static PolyphaseResampler For(SamplingRatio ratio)
    {
        if (Cache.TryGetValue(ratio, out var resampler)) return resampler;
        resampler = new PolyphaseResampler(ratio);
        if (Cache.Values.Sum(cached => (long)cached._taps.Length) + resampler._taps.Length > LargestCachedTaps) Cache.Clear();
        return Cache.GetOrAdd(ratio, resampler);
    }

    /// <param name="input">float[n, 16], all finite.</param>
    /// <returns>float[⌊n · to / from⌋, 16], owned by the caller. Where the frequencies are equal: a copy, bit for bit.</returns>
    public Frames Resample(Frames input)
    {
        var outputs = Ratio.OutputCount(input.Count);
        if (Ratio.IsIdentity || outputs == 0)
        {
            var copy = Frames.Rent(outputs);
            input.Values[..(outputs * Lanes)].CopyTo(copy.Values);
            return copy;
        }

        var output = Frames.Rent(outputs, spare: 1);   // an odd number of outputs ends in half a pair
        var pairs = (outputs + 1) / 2;
        fixed (float* source = input.Values, target = output.Values, taps = _taps)
        {
            // Pairs between these two read nothing beyond the record's ends and run on the record itself.
            var inner = (int)Math.Min(pairs, FirstPairReading(0));
            var after = (int)Math.Clamp(FirstPairReading(input.Count - _length + 1L), inner, pairs);
            if (inner == after) (inner, after) = (pairs, pairs);
            RunExtended(source, input.Count, target, taps, 0, inner);
            Run(source, target, taps, inner, after);
            RunExtended(source, input.Count, target, taps, after, pairs);
        }

        return output;
    }

    /// <summary>The first pair whose first input sample is <paramref name="sample"/> or later.</summary>
    private long FirstPairReading(long sample)
    {
        var output = Math.Max(0, Ratio.OutputAtOrAfter(sample + KaiserSinc.Reach(Ratio)));
        return (output + 1) / 2;
    }

    private long StartOf(int pair) => (long)(pair / _pairs) * _period + _starts[pair % _pairs];

    /// <summary>Pairs [first, end) over a copy of what they read, extended beyond the record's ends.</summary>
    private void RunExtended(float* source, int count, float* target, float* taps, int first, int end)
    {
        if (first == end) return;
        var start = StartOf(first);
        var frames = checked((int)(StartOf(end - 1) + _length - start));
        using var extended = Frames.Rent(frames);
        fixed (float* values = extended.Values)
        {
            for (var index = 0; index < frames; index++) Extension.Read(source, count, start + index).Store(values + (nint)index * Lanes);
            Run(values - (nint)start * Lanes, target, taps, first, end);
        }
    }

    /// <summary>Pairs [first, end). Four at a time, where there are enough in the same phase, so that they share their taps.</summary>
    private void Run(float* source, float* target, float* taps, int first, int end)
    {
        var pair = first;
        var stride = (nint)_period * Lanes;
        var targetStride = (nint)_pairs * 2 * Lanes;
        for (; end - pair >= 4L * _pairs; pair += 3 * _pairs)
        {
            for (var next = pair + _pairs; pair < next; pair++)
            {
                var from = source + (nint)StartOf(pair) * Lanes;
                FourInPhase(from, stride, taps + (nint)(pair % _pairs) * _length * 2, _length, target + (nint)pair * 2 * Lanes, targetStride);
            }
        }

        for (; pair < end; pair += 4)
        {
            // The last pair may be made more than once: the same bits in the same place.
            var (b, c, d) = (Math.Min(pair + 1, end - 1), Math.Min(pair + 2, end - 1), Math.Min(pair + 3, end - 1));
            Four(
                source + (nint)StartOf(pair) * Lanes, source + (nint)StartOf(b) * Lanes,
                source + (nint)StartOf(c) * Lanes, source + (nint)StartOf(d) * Lanes,
                TapsOf(taps, pair), TapsOf(taps, b), TapsOf(taps, c), TapsOf(taps, d), _length,
                target + (nint)pair * 2 * Lanes, target + (nint)b * 2 * Lanes,
                target + (nint)c * 2 * Lanes, target + (nint)d * 2 * Lanes);
        }
    }

    private float* TapsOf(float* taps, int pair) => taps + (nint)(pair % _pairs) * _length * 2;

    /// <summary>Four pairs, <paramref name="stride"/> values apart, with the same taps: eight chains of sums over time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourInPhase(float* source, nint stride, float* taps, int length, float* target, nint targetStride)
    {
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (var end = taps + 2 * length; taps < end; taps += 2, source += Lanes)
        {
            var (tap0, tap1) = (Vector512.Create(taps[0]), Vector512.Create(taps[1]));
            var frame = Vector512.Load(source);
            a0 = Vector512.FusedMultiplyAdd(frame, tap0, a0);
            a1 = Vector512.FusedMultiplyAdd(frame, tap1, a1);
            frame = Vector512.Load(source + stride);
            b0 = Vector512.FusedMultiplyAdd(frame, tap0, b0);
            b1 = Vector512.FusedMultiplyAdd(frame, tap1, b1);
            frame = Vector512.Load(source + 2 * stride);
            c0 = Vector512.FusedMultiplyAdd(frame, tap0, c0);
            c1 = Vector512.FusedMultiplyAdd(frame, tap1, c1);
            frame = Vector512.Load(source + 3 * stride);
            d0 = Vector512.FusedMultiplyAdd(frame, tap0, d0);
            d1 = Vector512.FusedMultiplyAdd(frame, tap1, d1);
        }

        a0.Store(target);
        a1.Store(target + Lanes);
        b0.Store(target + targetStride);
        b1.Store(target + targetStride + Lanes);
        c0.Store(target + 2 * targetStride);
        c1.Store(target + 2 * targetStride + Lanes);
        d0.Store(target + 3 * targetStride);
        d1.Store(target + 3 * targetStride + Lanes);
    }

    /// <summary>Any four pairs, each with its own taps: the same sums in the same order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(
        float* sourceA, float* sourceB, float* sourceC, float* sourceD,
        float* tapsA, float* tapsB, float* tapsC, float* tapsD, int length,
        float* targetA, float* targetB, float* targetC, float* targetD)
    {
        Vector512<float> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
        for (nint j = 0; j < length; j++)
        {
            var frame = Vector512.Load(sourceA + j * Lanes);
            a0 = Vector512.FusedMultiplyAdd(frame, Vector512.Create(tapsA[2 * j]), a0);
            a1 = Vector512.FusedMultiplyAdd(frame, Vector512.Create(tapsA[2 * j + 1]), a1);
            frame = Vector512.Load(sourceB + j * Lanes);
            b0 = Vector512.FusedMultiplyAdd(frame, Vector512.Create(tapsB[2 * j]), b0);
            b1 = Vector512.FusedMultiplyAdd(frame, Vector512.Create(tapsB[2 * j + 1]), b1);
            frame = Vector512.Load(sourceC + j * Lanes);
            c0 = Vector512.FusedMultiplyAdd(frame, Vector512.Create(tapsC[2 * j]), c0);
            c1 = Vector512.FusedMultiplyAdd(frame, Vector512.Create(tapsC[2 * j + 1]), c1);
            frame = Vector512.Load(sourceD + j * Lanes);
            d0 = Vector512.FusedMultiplyAdd(frame, Vector512.Create(tapsD[2 * j]), d0);
            d1 = Vector512.FusedMultiplyAdd(frame, Vector512.Create(tapsD[2 * j + 1]), d1);
        }

        a0.Store(targetA);
        a1.Store(targetA + Lanes);
        b0.Store(targetB);
        b1.Store(targetB + Lanes);
        c0.Store(targetC);
        c1.Store(targetC + Lanes);
        d0.Store(targetD);
        d1.Store(targetD + Lanes);
    }
}
