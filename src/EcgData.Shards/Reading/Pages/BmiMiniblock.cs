using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EcgData.Shards.Reading.Pages;

/// <summary>BMI2: a bit deposit spreads four packed values over a 64-bit word.</summary>
internal readonly struct BmiMiniblock : IMiniblock
{
    public static bool IsSupported => Bmi2.X64.IsSupported && Sse2.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Unpack(ref byte source, int width)
    {
        var mask = ((1UL << width) - 1) * 0x0001_0001_0001_0001;
        return Vector512.Create(
            Vector256.Create(Eight(ref source, width, mask), Eight(ref Unsafe.Add(ref source, width), width, mask)),
            Vector256.Create(Eight(ref Unsafe.Add(ref source, 2 * width), width, mask), Eight(ref Unsafe.Add(ref source, 3 * width), width, mask)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Accumulate(Vector512<short> differences)
    {
        var a = Accumulate(differences.GetLower().GetLower());
        var b = Accumulate(differences.GetLower().GetUpper()) + Vector128.Create(a.GetElement(7));
        var c = Accumulate(differences.GetUpper().GetLower()) + Vector128.Create(b.GetElement(7));
        var d = Accumulate(differences.GetUpper().GetUpper()) + Vector128.Create(c.GetElement(7));
        return Vector512.Create(Vector256.Create(a, b), Vector256.Create(c, d));
    }

    /// <summary>Eight values are <paramref name="width"/> bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Eight(ref byte source, int width, ulong mask)
    {
        var low = Unsafe.ReadUnaligned<ulong>(ref source);
        var high = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, 4 * width >> 3)) >> (4 * width & 7);
        return Vector128.Create(Bmi2.X64.ParallelBitDeposit(low, mask), Bmi2.X64.ParallelBitDeposit(high, mask)).AsInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Accumulate(Vector128<short> differences)
    {
        var sums = differences;
        sums += Sse2.ShiftLeftLogical128BitLane(sums, 2);
        sums += Sse2.ShiftLeftLogical128BitLane(sums, 4);
        return sums + Sse2.ShiftLeftLogical128BitLane(sums, 8);
    }
}
