using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders.Fused;

/// <summary>
/// Eight floats at a time, and the functions of the S4 block on them. The passes of this folder are bound by memory: each reads what
/// it needs once and does in registers what would be five passes of Torch's.
/// </summary>
internal static unsafe class Lanes
{
    public const int Count = 8;

    /// <summary>Whether the passes take a tensor of this type and device; others go the way of Torch's own operations.</summary>
    public static bool Take(Tensor tensor) =>
        Avx2.IsSupported && Fma.IsSupported && tensor.dtype == ScalarType.Float32 && tensor.device_type == DeviceType.CPU;

    /// <summary>First value of a contiguous float tensor on the CPU; valid as long as the tensor is.</summary>
    public static float* Of(Tensor tensor) => (float*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>Calls <paramref name="body"/> for 0 to <paramref name="count"/> - 1, on as many threads as Torch may use.</summary>
    /// <remarks>No sum ever crosses two calls, so the results do not depend on the number of threads.</remarks>
    public static void For(int count, Action<int> body)
    {
        if (count > 0) Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, get_num_threads()) }, body);
    }

    /// <summary>The next <paramref name="count"/> values, up to eight; zeros behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from, int count) => count >= Count ? Vector256.Load(from) : Avx.MaskLoad(from, First(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> values, float* to, int count)
    {
        if (count >= Count) values.Store(to);
        else Avx.MaskStore(to, First(count), values);   // a call by reference instead would keep the values in memory all the way
    }

    /// <summary>e^x for x from -80 to 88, elsewhere that of the nearer end, so that nothing gets subnormal, which is slow; relative error 2e-7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        x = Vector256.Max(Vector256.Min(x, Vector256.Create(88f)), Vector256.Create(-80f));
        var power = Vector256.Round(x * Vector256.Create(1.44269504f));
        var rest = Vector256.FusedMultiplyAdd(power, Vector256.Create(-0.693359375f), x);      // ln 2 in two parts
        rest = Vector256.FusedMultiplyAdd(power, Vector256.Create(2.12194440e-4f), rest);
        var sum = Vector256.Create(1f / 5040);                                                // Taylor, |rest| ≤ ln 2 / 2
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(1f / 720));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(1f / 120));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(1f / 24));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(1f / 6));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256.Create(0.5f));
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256<float>.One);
        sum = Vector256.FusedMultiplyAdd(sum, rest, Vector256<float>.One);
        var scale = Vector256.ShiftLeft(Vector256.ConvertToInt32(power) + Vector256.Create(127), 23).AsSingle();
        return sum * scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    /// <summary>The normal distribution's function Φ(x) and its density's e^(-x²/2); relative error of either tail 5e-7.</summary>
    /// <remarks>
    /// Hastings's form for the complementary error function, e^(-z²) times a polynomial in 1 / (1 + pz) (Abramowitz, Stegun, 7.1.26),
    /// here of degree 8 with p = 0.4, fitted to the least relative error on 0 ≤ z ≤ 9.5.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Below, Vector256<float> Bell) Normal(Vector256<float> x)
    {
        var bell = Exp(Vector256.Create(-0.5f) * x * x);
        var t = Vector256<float>.One / Vector256.FusedMultiplyAdd(Vector256.Abs(x), Vector256.Create(0.4f * 0.70710678f), Vector256<float>.One);
        var sum = Vector256.Create(0.05297221952f);
        sum = Vector256.FusedMultiplyAdd(sum, t, Vector256.Create(-0.2995197187f));
        sum = Vector256.FusedMultiplyAdd(sum, t, Vector256.Create(0.5076292409f));
        sum = Vector256.FusedMultiplyAdd(sum, t, Vector256.Create(-0.1964952396f));
        sum = Vector256.FusedMultiplyAdd(sum, t, Vector256.Create(0.3051178612f));
        sum = Vector256.FusedMultiplyAdd(sum, t, Vector256.Create(0.1748360826f));
        sum = Vector256.FusedMultiplyAdd(sum, t, Vector256.Create(0.2300231077f));
        sum = Vector256.FusedMultiplyAdd(sum, t, Vector256.Create(0.2254360652f));
        var tail = Vector256.Create(0.5f) * bell * sum * t;
        return (Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256<float>.Zero), Vector256<float>.One - tail, tail), bell);
    }

    /// <summary>All bits set in the first <paramref name="count"/> lanes.</summary>
    public static Vector256<float> First(int count) => Vector256.LessThan(Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7), Vector256.Create(count)).AsSingle();
}
