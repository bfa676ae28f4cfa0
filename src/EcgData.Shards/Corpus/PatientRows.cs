using EcgData.Shards.Subsets;

namespace EcgData.Shards;

/// <summary>A record of a patient that is looked for.</summary>
/// <param name="Shard">Where its rows are; null where it was turned away.</param>
/// <param name="Row">First of them, or null.</param>
public sealed record PatientRow(string RecordId, PatientKey Patient, string? Shard, int? Row)
{
    /// <summary>Name of its source in the corpus.</summary>
    public string Source => RecordId[..RecordId.IndexOf('/', StringComparison.Ordinal)];
}

/// <summary>Finds the records of some patients in a version's catalogue: five of its columns, four of them only where somebody is found.</summary>
public static class PatientRows
{
    /// <param name="isOne">Asked once for each patient and row group, by several threads.</param>
    /// <returns>Records that the catalogue tells anything of, turned away or not; those that are left out because they were erased, it does not.</returns>
    /// <exception cref="CorpusException">The catalogue is damaged.</exception>
    public static async Task<IReadOnlyList<PatientRow>> FindAsync(
        CorpusStore corpus, VersionManifest version, Func<PatientKey, bool> isOne, CancellationToken cancel)
    {
        List<PatientRow> found = [];
        await CatalogueScan.RunAsync(corpus, version, columns => FindAsync(columns, isOne), found.AddRange, cancel);
        return found;
    }

    private static async Task<List<PatientRow>> FindAsync(CatalogueColumns columns, Func<PatientKey, bool> isOne)
    {
        var patients = await columns.TextsAsync("patient");
        var judged = new bool?[patients.Values];
        List<int> rows = [];
        for (var row = 0; row < columns.Rows; row++)
        {
            var code = patients.CodeOf(row);
            if (judged[code] ??= isOne(new PatientKey(patients.Text(code)))) rows.Add(row);
        }

        if (rows.Count == 0) return [];
        var (ids, reasons, shards, first) =
            (await columns.TextsAsync("record_id"), await columns.TextsAsync("reason"), await columns.TextsAsync("shard"), await columns.ShardRowsAsync());
        return
        [
            .. rows.Where(row => CatalogueColumns.TextOf(reasons, row)?.StartsWith(ErasedPatients.Reason, StringComparison.Ordinal) != true).Select(row => new PatientRow(
                CatalogueColumns.TextOf(ids, row)!, new PatientKey(CatalogueColumns.TextOf(patients, row)!), CatalogueColumns.TextOf(shards, row), first[row])),
        ];
    }
}
