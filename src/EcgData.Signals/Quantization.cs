using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EcgData.Signals;

/// <summary>From frames in millivolt to leads in whole microvolt.</summary>
internal static unsafe class Quantization
{
    /// <summary>Largest stored value, microvolt.</summary>
    public const int Bound = 8191;

    private const int Tile = 16;   // frames that are turned over at a time: 512 bytes

    /// <summary>1.5 · 2^23: adding it leaves a number's whole part, rounded half to even, in the low bits of the sum.</summary>
    private const float Rounder = 12_582_912;

    /// <param name="frames">float[count, 16] in millivolt.</param>
    /// <param name="leads">short[12, count] in microvolt, rounded half to even and bounded to ±8191.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToMicrovolt(float* frames, int count, short* leads)
    {
        var packed = stackalloc int[Tile / 2 * Frames.Lanes];
        var whole = count - count % Tile;
        for (var start = 0; start < whole; start += Tile)
        {
            // Two frames become one vector of lanes that hold two consecutive samples each.
            for (var pair = 0; pair < Tile / 2; pair++, frames += 2 * Frames.Lanes)
                Pack(Vector512.Load(frames), Vector512.Load(frames + Frames.Lanes)).Store(packed + pair * Frames.Lanes);

            var target = leads + start;
            for (var lane = packed; lane < packed + Montage.LeadCount; lane++, target += count)
            {
                var samples = (int*)target;
                samples[0] = lane[0];
                samples[1] = lane[Frames.Lanes];
                samples[2] = lane[2 * Frames.Lanes];
                samples[3] = lane[3 * Frames.Lanes];
                samples[4] = lane[4 * Frames.Lanes];
                samples[5] = lane[5 * Frames.Lanes];
                samples[6] = lane[6 * Frames.Lanes];
                samples[7] = lane[7 * Frames.Lanes];
            }
        }

        for (var start = whole; start < count; start++, frames += Frames.Lanes)
        {
            var frame = Vector512.Load(frames);
            Pack(frame, frame).Store(packed);
            for (var lane = 0; lane < Montage.LeadCount; lane++) leads[(nint)lane * count + start] = (short)packed[lane];
        }
    }

    /// <summary>int[16]: the first sample in the low half, the second in the high half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Pack(Vector512<float> first, Vector512<float> second) =>
        (Round(first) & Vector512.Create(0xFFFF)) | (Round(second) << 16);

    /// <summary>One rounding, in the multiply-add: the product with 1000 is exact inside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Round(Vector512<float> millivolt)
    {
        var bounded = Vector512.Min(Vector512.Max(millivolt, Vector512.Create(-Bound / 1000f)), Vector512.Create(Bound / 1000f));
        return Vector512.FusedMultiplyAdd(bounded, Vector512.Create(1000f), Vector512.Create(Rounder)).AsInt32();
    }
}
