using System.Security.Cryptography;
using System.Text;

namespace EcgData.Shards.Tests.Subsets;

/// <summary>The subset as its definition reads, with no regard to speed: what the real thing is held against.</summary>
internal static class SlowSubset
{
    /// <summary>Kept records that are allowed, in the subset's order.</summary>
    /// <param name="links">Pairs of record ids of one patient.</param>
    public static List<SomeRecord> Order(
        IReadOnlyList<SomeRecord> records, ulong seed, IEnumerable<(string, string)>? links = null, Func<SomeRecord, bool>? allowed = null)
    {
        var groups = Groups(records, links ?? []);
        return
        [
            .. records.Where(record => record.Kept && (allowed?.Invoke(record) ?? true))
                .OrderBy(record => groups[record.Patient.Value].Max(patient => new PatientKey(patient).Rank(seed)))
                .ThenBy(record => record.Rank(seed)).ThenBy(record => record.Patient.Value, StringComparer.Ordinal).ThenBy(record => record.Id, StringComparer.Ordinal),
        ];
    }

    /// <summary>Every patient with all patients that it is linked to, itself included.</summary>
    public static Dictionary<string, HashSet<string>> Groups(IReadOnlyList<SomeRecord> records, IEnumerable<(string, string)> links)
    {
        var groups = records.Select(record => record.Patient.Value).Distinct().ToDictionary(patient => patient, patient => new HashSet<string> { patient });
        var patientOf = records.ToDictionary(record => record.Id, record => record.Patient.Value);
        foreach (var (a, b) in links.Concat(records.Where(record => record.DuplicateOf is not null).Select(record => (record.Id, record.DuplicateOf!))))
        {
            if (!patientOf.TryGetValue(a, out var first) || !patientOf.TryGetValue(b, out var second)) continue;
            HashSet<string> joined = [.. groups[first], .. groups[second]];
            foreach (var patient in joined) groups[patient] = joined;
        }

        return groups;
    }

    public static string Digest(IEnumerable<SomeRecord> records, ulong seed) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(
        records.OrderBy(record => record.Rank(seed)).ThenBy(record => record.Patient.Value, StringComparer.Ordinal)
            .ThenBy(record => record.Id, StringComparer.Ordinal).Select(record => record.Id + "\n")))));
}
