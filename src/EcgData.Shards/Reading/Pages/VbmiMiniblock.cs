using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EcgData.Shards.Reading.Pages;

/// <summary>AVX-512 VBMI: a byte permute brings each four values into a 64-bit lane, a multishift takes them apart.</summary>
/// <remarks>Four values of 15 bits that begin in the middle of a byte are 64 bits: a lane always suffices.</remarks>
internal readonly unsafe struct VbmiMiniblock : IMiniblock
{
    private const int Widths = 17;

    // byte[17][128] per width: the bytes of each lane, then the bit at which each result byte begins.
    private static readonly byte* Controls = CreateControls();

    public static bool IsSupported => Avx512Vbmi.IsSupported && Avx512BW.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Unpack(ref byte source, int width)
    {
        var controls = Controls + width * (2 * Vector512<byte>.Count);
        var lanes = Avx512Vbmi.PermuteVar64x8(Vector512.LoadUnsafe(ref source), Vector512.LoadAligned(controls));
        var values = Avx512Vbmi.MultiShift(Vector512.LoadAligned(controls + Vector512<byte>.Count), lanes.AsUInt64());
        return values.AsInt16() & Vector512.Create((short)((1 << width) - 1));
    }

    /// <summary>Three steps within the four 128-bit lanes, then the lanes' totals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Accumulate(Vector512<short> differences)
    {
        var sums = differences;
        sums += Avx512BW.ShiftLeftLogical128BitLane(sums.AsByte(), 2).AsInt16();
        sums += Avx512BW.ShiftLeftLogical128BitLane(sums.AsByte(), 4).AsInt16();
        sums += Avx512BW.ShiftLeftLogical128BitLane(sums.AsByte(), 8).AsInt16();
        sums += Avx512BW.PermuteVar32x16(sums, Vector512.Create(
            0, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0, 23, 23, 23, 23, 23, 23, 23, 23)) & Vector512.Create(
            0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1);
        return sums + (Avx512BW.PermuteVar32x16(sums, Vector512.Create((short)15)) & Vector512.Create(
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
    }

    private static byte* CreateControls()
    {
        var controls = (byte*)NativeMemory.AlignedAlloc(Widths * 2 * 64, 64);
        for (var width = 0; width < Widths; width++)
        {
            var gather = controls + width * 128;
            var begin = gather + 64;
            for (var index = 0; index < 64; index++)
            {
                var (lane, part) = (index / 8, index % 8);
                var firstBit = 4 * lane * width;
                gather[index] = (byte)Math.Min(63, firstBit / 8 + part);
                begin[index] = (byte)((firstBit % 8 + part / 2 * width + part % 2 * 8) % 64);
            }
        }

        return controls;
    }
}
