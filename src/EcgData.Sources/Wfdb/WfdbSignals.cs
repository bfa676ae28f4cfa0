using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using EcgData.Signals;

namespace EcgData.Sources.Wfdb;

/// <summary>From the bytes of signal files to frames in millivolt, with the sums that header checksums are compared with.</summary>
/// <remarks>
/// Millivolt = (stored - baseline) / gain: the difference as an int, rounded to float, divided by the gain as a float. Both ways through
/// this file use these same three operations, so that they give the same bits.
/// </remarks>
internal static class WfdbSignals
{
    private const int ChunkSamples = 4096;

    /// <summary>True where all leads lie in <paramref name="file"/> and a frame of it is one load.</summary>
    public static bool IsInterleaved16(in WfdbSignalFile file, WfdbMontage montage)
    {
        if (file.Format.Code != 16 || !file.IsPlain || file.SignalCount > Frames.Lanes) return false;
        var leads = 0;
        for (var signal = 0; signal < file.SignalCount; signal++)
            if (montage.LaneOf(file.FirstSignal + signal) >= 0) leads++;
        return leads == montage.Leads.Count;
    }

    /// <summary>Fills whole frames from a file of up to 16 signals in format 16, a frame per step.</summary>
    /// <param name="padded">
    /// The file from its first sample on, with <see cref="FileBytes.Padding"/> bytes behind: the last frame is loaded whole.
    /// </param>
    /// <param name="values">float[frames · 16] in millivolt; every value is written, 0 in lanes without a lead.</param>
    /// <param name="sums">int[16] by lane: gets the sums of the stored values modulo 2^32.</param>
    public static void DecodeInterleaved16(
        in WfdbSignalFile file, WfdbMontage montage, ReadOnlySpan<byte> padded, Span<float> values, Span<int> sums)
    {
        var frames = values.Length / Frames.Lanes;
        var stride = 2 * file.SignalCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(padded.Length, (frames - 1) * (long)stride + 2 * Vector128<byte>.Count);

        // Two halves of the source frame make two halves of ours; an index beyond 15 gives a zero, so absent lanes need no mask.
        Span<byte> indices = stackalloc byte[4 * Vector128<byte>.Count];
        indices.Fill(0xFF);
        for (var signal = 0; signal < file.SignalCount; signal++)
        {
            var lane = montage.LaneOf(file.FirstSignal + signal);
            if (lane < 0) continue;
            var at = (lane / 8 * 2 + signal / 8) * Vector128<byte>.Count + lane % 8 * 2;
            indices[at] = (byte)(signal % 8 * 2);
            indices[at + 1] = (byte)(signal % 8 * 2 + 1);
        }

        var lowFromFirst = Vector128.Create<byte>(indices);
        var lowFromSecond = Vector128.Create<byte>(indices[16..]);
        var highFromFirst = Vector128.Create<byte>(indices[32..]);
        var highFromSecond = Vector128.Create<byte>(indices[48..]);
        var baselines = Vector512.Create<int>(montage.Baselines);
        var gains = Vector512.Create<float>(montage.GainsPerMillivolt);
        var missing = Vector512.Create(file.Format.MissingValue);
        var noSample = Vector512.Create(float.NaN);
        var sum = Vector512<int>.Zero;

        ref var source = ref MemoryMarshal.GetReference(padded);
        ref var target = ref MemoryMarshal.GetReference(values);
        for (var frame = 0; frame < frames; frame++)
        {
            ref var here = ref Unsafe.Add(ref source, (nint)frame * stride);
            var first = Vector128.LoadUnsafe(ref here);
            var second = Vector128.LoadUnsafe(ref here, (nuint)Vector128<byte>.Count);
            var low = Vector128.Shuffle(first, lowFromFirst) | Vector128.Shuffle(second, lowFromSecond);
            var high = Vector128.Shuffle(first, highFromFirst) | Vector128.Shuffle(second, highFromSecond);
            var stored = Widen(low.AsInt16(), high.AsInt16());
            sum += stored;
            var millivolt = Vector512.ConvertToSingle(stored - baselines) / gains;
            millivolt = Vector512.ConditionalSelect(Vector512.Equals(stored, missing).AsSingle(), noSample, millivolt);
            millivolt.StoreUnsafe(ref target, (nuint)frame * Frames.Lanes);
        }

        sum.CopyTo(sums);
    }

    /// <summary>Fills the lanes of one file's leads, whatever its format, skew and samples per frame; other lanes are left alone.</summary>
    /// <param name="bytes">The file from its first sample on; it holds <paramref name="frameCount"/> frames.</param>
    /// <param name="values">float[frames · samples per frame · 16] in millivolt, zeroed.</param>
    /// <param name="sums">int[16] by lane: gets the sums of the stored values modulo 2^32, those that a skew drops included.</param>
    public static void Decode(
        in WfdbSignalFile file, WfdbHeader header, WfdbMontage montage, ReadOnlySpan<byte> bytes, int frameCount,
        Span<float> values, Span<int> sums)
    {
        var signals = header.Signals.AsSpan(file.FirstSignal, file.SignalCount);
        var chunkFrames = Math.Min(Math.Max(ChunkSamples / file.SamplesPerFrame, 1), frameCount);
        var chunk = ArrayPool<int>.Shared.Rent(chunkFrames * file.SamplesPerFrame);
        for (var firstFrame = 0; firstFrame < frameCount; firstFrame += chunkFrames)
        {
            var frames = Math.Min(chunkFrames, frameCount - firstFrame);
            var stored = chunk.AsSpan(0, frames * file.SamplesPerFrame);
            file.Format.Unpack(bytes, (long)firstFrame * file.SamplesPerFrame, stored);
            var offset = 0;
            for (var index = 0; index < signals.Length; index++)
            {
                if (montage.LaneOf(file.FirstSignal + index) is var lane and >= 0)
                    sums[lane] += Spread(file, signals[index], montage, lane, stored[offset..], firstFrame, values);
                offset += signals[index].SamplesPerFrame;
            }
        }

        ArrayPool<int>.Shared.Return(chunk);
        for (var index = 0; index < signals.Length; index++)
            if (montage.LaneOf(file.FirstSignal + index) is var lane and >= 0)
                EndWithoutSamples(signals[index], lane, values);
    }

    /// <summary>Places one signal's samples of some frames.</summary>
    /// <param name="stored">Interleaved samples from the signal's first one on.</param>
    /// <returns>Their sum modulo 2^32.</returns>
    private static int Spread(
        in WfdbSignalFile file, in WfdbSignal signal, WfdbMontage montage, int lane,
        ReadOnlySpan<int> stored, int firstFrame, Span<float> values)
    {
        var (baseline, gain, missing) = (montage.Baselines[lane], montage.GainsPerMillivolt[lane], file.Format.MissingValue);
        var sum = 0;
        var sample = ((long)firstFrame - signal.SkewFrames) * signal.SamplesPerFrame;
        for (var frame = 0; frame < stored.Length; frame += file.SamplesPerFrame)
        {
            foreach (var value in stored.Slice(frame, signal.SamplesPerFrame))
            {
                sum = unchecked(sum + value);
                if (sample >= 0) values[(int)sample * Frames.Lanes + lane] = value == missing ? float.NaN : (value - baseline) / gain;
                sample++;
            }
        }

        return sum;
    }

    /// <summary>A skewed signal runs out of samples before the others do.</summary>
    private static void EndWithoutSamples(in WfdbSignal signal, int lane, Span<float> values)
    {
        var samples = values.Length / Frames.Lanes;
        var present = Math.Max(samples - (long)signal.SkewFrames * signal.SamplesPerFrame, 0);
        for (var sample = (int)present; sample < samples; sample++) values[sample * Frames.Lanes + lane] = float.NaN;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(Vector128<short> low, Vector128<short> high)
    {
        var (a, b) = Vector128.Widen(low);
        var (c, d) = Vector128.Widen(high);
        return Vector512.Create(Vector256.Create(a, b), Vector256.Create(c, d));
    }
}
