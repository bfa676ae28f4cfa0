using System.Security.Cryptography;
using System.Text;
using EcgData.Shards;
using EcgData.Signals;

namespace EcgData.Benchmarks;

/// <summary>
/// A corpus of any size without its shards: HEAD, manifest, catalogue and row-group table as a build writes them, of records that a hash
/// of their number makes up. Subsets are made of these alone. Lists of files are left out: nothing here reads them.
/// </summary>
internal static class SyntheticCatalogue
{
    private const int ShardRows = 2048;

    // Shares of the corpus that the study pretrains on, and the two that it is judged on beside it.
    private static readonly (string Name, string Release, string Licence, double Share, int RecordsPerPatient)[] Sources =
    [
        ("code-15", "code-15@1.0.0", "CC-BY-4.0", 0.03, 2),
        ("heedb", "heedb@5.0", "BDSP-DUA", 0.82, 6),
        ("heedb-emory", "heedb-emory@5.0", "BDSP-DUA", 0.08, 3),
        ("mimic-iv-ecg", "mimic-iv-ecg@1.0", "ODbL-1.0", 0.065, 5),
        ("ptb-xl", "ptb-xl@1.0.3", "CC-BY-4.0", 0.005, 1),
    ];

    public static async Task WriteAsync(CorpusStore corpus, int records)
    {
        var (shards, groups, summaries) = (new List<ManifestShard>(), new List<RowGroupRow>(), new List<SourceSummary>());
        ManifestTable catalogue, rowGroups;
        await using var catalogueWriter = corpus.Objects.Create();
        await using var rowGroupWriter = corpus.Objects.Create();
        await using (var table = await CatalogueTableWriter.CreateAsync(catalogueWriter.Stream))
        {
            foreach (var source in Sources)
            {
                var count = (int)(records * source.Share);
                for (var first = 0; first < count; first += ShardRows)
                {
                    var rows = Enumerable.Range(first, Math.Min(ShardRows, count - first)).Select(number => Row(source, number)).ToList();
                    var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{source.Name}{first}")));
                    var path = CorpusPaths.Shard(source.Name, name);
                    Place(rows, path);
                    foreach (var row in rows) await table.AddAsync(row);
                    AddRowGroups(groups, path, rows);
                    shards.Add(new ManifestShard(path, name, 1, rows.Count, source.Name, name, rows.Count));
                }

                summaries.Add(Summary(source.Name, source.Release, source.Licence, count));
            }
        }

        catalogue = new ManifestTable("", catalogueWriter.Stream.Length, shards.Sum(shard => shard.Rows));
        await RowGroupTable.WriteAsync(rowGroupWriter.Stream, groups);
        rowGroups = new ManifestTable("", rowGroupWriter.Stream.Length, groups.Count);
        var manifest = VersionManifest.Identify(new VersionManifest
        {
            Id = "",
            Recipe = new ConditioningOptions(),
            RecipeHash = "",
            ProcessingVersion = 1,
            WriterVersion = 1,
            Sources = summaries,
            Totals = new VersionTotals(new RecordCounts(catalogue.Rows, catalogue.Rows, 0, 0), catalogue.Rows, 10 * catalogue.Rows, shards.Count, 0),
            Catalogue = catalogue,
            RowGroups = rowGroups,
            Shards = shards,
        });
        await catalogueWriter.CommitAsync(CorpusPaths.Catalogue(manifest.Id));
        await rowGroupWriter.CommitAsync(CorpusPaths.RowGroups(manifest.Id));
        await corpus.WriteManifestAsync(manifest);
        await corpus.MoveHeadAsync(manifest.Id, null);
    }

    private static CatalogueRow Row((string Name, string Release, string Licence, double Share, int RecordsPerPatient) source, int number)
    {
        // Fibonacci hashing: neighbours get distant patients, as in the folders of the sources. Ids rise, as a build lists them.
        var patientNumber = (int)(number * 2654435761L % Math.Max(1, number / source.RecordsPerPatient + 1000));
        var hash = (ulong)number * 0x9E3779B97F4A7C15;
        var native = source.Name.StartsWith("heedb", StringComparison.Ordinal)
            ? $"S{1 + number / 2_400_000:D4}/{1963 + number / 40_000 % 60}/{1 + number % 40_000 / 3_334:D2}/de_{number:D14}_{100_000_000 + patientNumber}_{hash:D20}"
            : $"{number:D8}";
        var patient = PatientKey.Of(source.Name, $"{patientNumber}");
        return new CatalogueRow
        {
            RecordId = $"{source.Name}/{native}",
            Source = source.Release,
            NativeId = native,
            Patient = patient.Value,
            PatientKnown = true,
            Site = $"S{1 + number / 2_400_000:D4}-{1963 + number / 40_000 % 60}",
            NativeSamplingFrequencyHz = 500,
            NativeSamples = 5000,
            AgeYears = hash >> 40 & 63,
            Sex = (patientNumber & 3) switch { 0 => null, 1 => "male", _ => "female" },
            Labels = ["12sl:19", $"12sl:{hash >> 52 & 127}"],
            LabelWeights = [1, 1],
            Fold = patient.Fold(),
            Licence = source.Licence,
            State = "kept",
            Flags = 0,
            Segments = 1,
        };
    }

    /// <summary>Gives each record the row that a shard, sorted by rank and record id, holds it in.</summary>
    private static void Place(List<CatalogueRow> rows, string path)
    {
        var order = Enumerable.Range(0, rows.Count).OrderBy(index => new PatientKey(rows[index].Patient).Rank())
            .ThenBy(index => rows[index].RecordId, StringComparer.Ordinal).ToArray();
        for (var row = 0; row < order.Length; row++) rows[order[row]] = rows[order[row]] with { Shard = path, Row = row };
    }

    private static void AddRowGroups(List<RowGroupRow> groups, string path, List<CatalogueRow> rows)
    {
        int[] sizes = [8, 8, 16, 32];
        for (var (first, index) = (0, 0); first < rows.Count; index++)
        {
            var count = Math.Min(index < sizes.Length ? sizes[index] : 64, rows.Count - first);
            groups.Add(new RowGroupRow(path, new RowGroupEntry(index, first, count, 4, 1, [4], "", 0, 0, [2400], [], [])));
            first += count;
        }
    }

    private static SourceSummary Summary(string name, string release, string licence, int records) => new()
    {
        Name = name,
        Release = release,
        Licence = licence,
        ReaderVersion = 1,
        Options = "",
        Records = new RecordCounts(records, records, 0, 0),
        Segments = records,
        Seconds = 10.0 * records,
        Rejections = new Dictionary<string, long>(),
        Flags = new Dictionary<string, long>(),
        Statistics = new Dictionary<string, LeadStatistics>(),
    };
}
