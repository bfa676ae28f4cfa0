using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EcgData.Signals;

/// <summary>Bounds a record's amplitude.</summary>
internal static unsafe class Clipping
{
    /// <summary>Half a stored step: what rounds onto the bound (3.0000002 mV, out of a gain like 54802.39) has not been clipped.</summary>
    public const float ToleranceMillivolt = 0.0005f;

    /// <summary>Clips every value to ±<paramref name="boundMillivolt"/>.</summary>
    /// <param name="clipped">int[16]: receives how many samples of each lead were beyond it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(Frames frames, float boundMillivolt, Span<int> clipped)
    {
        var bound = Vector512.Create(boundMillivolt);
        var beyond = Vector512.Create(boundMillivolt + ToleranceMillivolt);
        var count = Vector512<int>.Zero;
        fixed (float* values = frames.Values)
        {
            var end = values + (nint)frames.Count * Frames.Lanes;
            for (var frame = values; frame < end; frame += Frames.Lanes)
            {
                var value = Vector512.Load(frame);
                count -= Vector512.GreaterThan(Vector512.Abs(value), beyond).AsInt32();   // true is −1
                Vector512.Min(Vector512.Max(value, -bound), bound).Store(frame);
            }
        }

        count.CopyTo(clipped);
    }
}
