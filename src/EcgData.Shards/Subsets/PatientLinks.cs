using System.Text;

namespace EcgData.Shards.Subsets;

/// <summary>Pairs of records that are known to be of one patient, and the patients that a scan finds for them.</summary>
internal sealed class PatientLinks
{
    private readonly Dictionary<UInt128, int> _patients = [];   // -1 until it is found
    private readonly List<(string Origin, string? Sha256, List<(UInt128 A, UInt128 B)> Pairs)> _origins = [];

    public static PatientLinks None { get; } = new();

    /// <summary>Records that links name.</summary>
    public int Count => _patients.Count;

    /// <summary>The links of a version's catalogue, and those of files of record-id pairs.</summary>
    public static async Task<PatientLinks> ReadAsync(
        CorpusStore corpus, VersionManifest version, IReadOnlyList<TwoColumnTable> files, CancellationToken cancel)
    {
        var links = new PatientLinks();
        List<(UInt128, UInt128)> pairs = [];
        await CatalogueScan.RunAsync(corpus, version, DecodeAsync, pairs.AddRange, cancel);
        if (pairs.Count > 0) links.Add("catalogue", null, pairs);
        foreach (var file in files)
        {
            links.Add(
                file.Name, file.Sha256,
                [.. file.Rows.Select(row => (RecordIds.HashOf(Encoding.UTF8.GetBytes(row.First)), RecordIds.HashOf(Encoding.UTF8.GetBytes(row.Second))))]);
        }

        return links;
    }

    public bool Names(UInt128 id) => _patients.ContainsKey(id);

    public void Found(UInt128 id, int patient) => _patients[id] = patient;

    /// <summary>Pairs of patients that are one.</summary>
    public IEnumerable<(int A, int B)> Pairs() =>
        from origin in _origins
        from pair in origin.Pairs
        let patients = (A: _patients[pair.A], B: _patients[pair.B])
        where patients.A >= 0 && patients.B >= 0
        select patients;

    public IReadOnlyList<LinkReport> Report() =>
        [.. _origins.Select(origin => new LinkReport(
            origin.Origin, origin.Sha256, origin.Pairs.Count, origin.Pairs.Count(pair => _patients[pair.A] < 0 || _patients[pair.B] < 0)))];

    private static async Task<List<(UInt128, UInt128)>> DecodeAsync(CatalogueColumns columns)
    {
        var pairs = new List<(UInt128, UInt128)>();
        var duplicates = await columns.TextsAsync("duplicate_of");
        if (duplicates.Values == 0) return pairs;
        var ids = await columns.TextsAsync("record_id");
        for (var row = 0; row < columns.Rows; row++)
        {
            if (duplicates.CodeOf(row) >= 0) pairs.Add((RecordIds.HashOf(ids[row]), RecordIds.HashOf(duplicates[row])));
        }

        return pairs;
    }

    private void Add(string origin, string? sha256, List<(UInt128 A, UInt128 B)> pairs)
    {
        foreach (var (a, b) in pairs) _patients[a] = _patients[b] = -1;
        _origins.Add((origin, sha256, pairs));
    }
}
