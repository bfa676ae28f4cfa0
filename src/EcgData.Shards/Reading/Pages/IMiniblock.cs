using System.Runtime.Intrinsics;

namespace EcgData.Shards.Reading.Pages;

/// <summary>How a machine unpacks and adds up the 32 differences of a miniblock. All do the same, bit by bit.</summary>
internal interface IMiniblock
{
    /// <summary>short[32] from 4 · <paramref name="width"/> bytes, first value in the lowest bits.</summary>
    /// <param name="source">64 readable bytes.</param>
    /// <param name="width">0 to 16 bits.</param>
    static abstract Vector512<short> Unpack(ref byte source, int width);

    /// <summary>Replaces each value by the sum of it and all before it, modulo 2^16.</summary>
    static abstract Vector512<short> Accumulate(Vector512<short> differences);
}
