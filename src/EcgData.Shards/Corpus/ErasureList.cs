using System.Security.Cryptography;
using System.Text;

namespace EcgData.Shards;

/// <summary>
/// Whom no later version may hold, and which versions may not be read any more because they do: <c>erasures.json</c>, schema in <c>schemas/</c>.
/// It only ever grows.
/// </summary>
public sealed record ErasureList
{
    public const int CurrentSchemaVersion = 1;

    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 32;

    public int SchemaVersion { get; init; } = CurrentSchemaVersion;

    /// <summary>Keys the digests, hex: drawn once for the corpus, so that they match nothing elsewhere. It hides nobody from who has the sources.</summary>
    public required string Key { get; init; }

    /// <summary>SHA-256, hex, over the key and a patient's public key; in ordinal order.</summary>
    public required IReadOnlyList<string> Patients { get; init; }

    /// <summary>Ids of the versions that hold one of them; in ordinal order.</summary>
    public required IReadOnlyList<string> Withdrawn { get; init; }

    /// <param name="key">byte[32]</param>
    public static ErasureList Begin(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes);
        return new ErasureList { Key = Convert.ToHexStringLower(key), Patients = [], Withdrawn = [] };
    }

    public ErasureList With(IEnumerable<PatientKey> patients, IEnumerable<string> withdrawn)
    {
        var key = Convert.FromHexString(Key);
        return this with
        {
            Patients = Joined(Patients, patients.Select(patient => DigestOf(key, patient))),
            Withdrawn = Joined(Withdrawn, withdrawn),
        };
    }

    /// <summary>Names one patient with the key: both of fixed length, so one hash over the two is a keyed hash.</summary>
    internal static string DigestOf(ReadOnlySpan<byte> key, PatientKey patient)
    {
        Span<byte> input = stackalloc byte[KeyBytes + PatientKey.Length];
        key.CopyTo(input);
        Encoding.ASCII.GetBytes(patient.Value, input[KeyBytes..]);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, digest);
        return Convert.ToHexStringLower(digest);
    }

    private static string[] Joined(IReadOnlyList<string> old, IEnumerable<string> more) =>
        [.. old.Concat(more).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}

/// <summary>The erased patients of a corpus, to be asked about millions of records.</summary>
public sealed class ErasedPatients
{
    /// <summary>What a catalogue's <c>reason</c> begins with where a record was left out for this.</summary>
    internal const string Reason = "erased:";

    private readonly byte[] _key;
    private readonly HashSet<string> _digests;

    /// <param name="list">null where nobody was ever erased.</param>
    public ErasedPatients(ErasureList? list)
    {
        _key = list is null ? [] : Convert.FromHexString(list.Key);
        _digests = new HashSet<string>(list?.Patients ?? [], StringComparer.Ordinal);
    }

    public static ErasedPatients None { get; } = new(null);

    /// <summary>Nobody was ever erased.</summary>
    public bool AreNone => _digests.Count == 0;

    public bool Contain(PatientKey patient) => !AreNone && _digests.Contains(ErasureList.DigestOf(_key, patient));
}
