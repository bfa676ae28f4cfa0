using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EcgData.Shards;

/// <summary>
/// A patient of a source as a short public key: the first 64 bits of SHA-256 over source name and native patient id.
/// It joins records; it does not hide anybody.
/// </summary>
public readonly record struct PatientKey(string Value)
{
    /// <summary>Seed of the rank that shards are sorted by.</summary>
    public const ulong DefaultSeed = 0;

    /// <summary>Characters of a key.</summary>
    internal const int Length = 16;

    /// <param name="source">The source's name in the corpus, its suffix included: ids of two sites may be the same.</param>
    /// <param name="patientId">The native patient id, or the record's own id where the source has none.</param>
    public static PatientKey Of(string source, string patientId) =>
        new(Convert.ToHexStringLower(Hash($"{source}\0{patientId}")[..8]));

    /// <summary>Where the patient stands in the order of nested subsets: a keyed hash, so new patients never reorder old ones.</summary>
    /// <returns>A number in [0, 2^63).</returns>
    public long Rank(ulong seed = DefaultSeed) =>
        (long)(BinaryPrimitives.ReadUInt64BigEndian(Hash($"rank\0{seed}\0{Value}")) >> 1);

    /// <summary>Fold, 1 to 10, of a patient whose source recommends none.</summary>
    public int Fold() => 1 + (int)(BinaryPrimitives.ReadUInt64BigEndian(Hash($"fold\0{Value}")) % 10);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
