using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EcgData.Shards.Subsets;

/// <summary>Ranks of many patients at a time: <see cref="PatientKey.Rank"/> without a string per patient, on all cores.</summary>
internal static class PatientRanks
{
    /// <returns>long[patients]</returns>
    public static long[] Of(ReadOnlyMemory<ulong> keys, ulong seed)
    {
        var prefix = Encoding.UTF8.GetBytes($"rank\0{seed}\0");
        var ranks = new long[keys.Length];
        const int Piece = 1 << 14;
        Parallel.For(0, (keys.Length + Piece - 1) / Piece, piece =>
        {
            var patients = keys.Span;
            Span<byte> text = stackalloc byte[prefix.Length + 16];
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            prefix.CopyTo(text);
            for (var index = piece * Piece; index < Math.Min(keys.Length, (piece + 1) * Piece); index++)
            {
                var key = patients[index];
                for (var digit = 0; digit < 16; digit++) text[prefix.Length + digit] = "0123456789abcdef"u8[(int)(key >> (60 - 4 * digit)) & 15];
                SHA256.HashData(text, hash);
                ranks[index] = (long)(BinaryPrimitives.ReadUInt64BigEndian(hash) >> 1);
            }
        });
        return ranks;
    }
}
