using System.Runtime.Intrinsics;

namespace EcgData.Signals;

/// <summary>How a record goes on beyond its ends: by odd reflection about its first and last sample.</summary>
internal static unsafe class Extension
{
    /// <param name="source">float[count, 16].</param>
    /// <param name="index">Any sample, before 0 and after <paramref name="count"/> too.</param>
    /// <returns>float[16]. Far outside a short record the reflections repeat; a record of one sample goes on as a constant.</returns>
    public static Vector512<float> Read(float* source, int count, long index)
    {
        var last = count - 1;
        if (index >= 0 && index <= last) return At(source, index);
        if (last == 0) return At(source, 0);
        if (index < 0 && index >= -last) return 2 * At(source, 0) - At(source, -index);
        if (index > last && index <= 2L * last) return 2 * At(source, last) - At(source, 2L * last - index);

        // Two reflections shift the record by 2 · last samples and raise it by twice the difference of its ends.
        var (periods, rest) = Math.DivRem(index, 2L * last);
        if (rest < 0) (periods, rest) = (periods - 1, rest + 2L * last);
        var rise = 2 * (At(source, last) - At(source, 0));
        return Vector512.FusedMultiplyAdd(rise, Vector512.Create((float)periods), Read(source, count, rest));
    }

    private static Vector512<float> At(float* source, long index) => Vector512.Load(source + (nint)index * Frames.Lanes);
}
