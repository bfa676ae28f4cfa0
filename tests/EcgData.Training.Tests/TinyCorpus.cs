using EcgData.Shards;
using EcgData.Signals;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Training.Tests;

/// <summary>A corpus on disk, written by the real writers: shards, row-group table, catalogue, manifest and HEAD.</summary>
internal sealed class TinyCorpus : IDisposable
{
    private const int ShardRows = 40;

    private readonly TemporaryFolder _folder = new();

    private TinyCorpus() => Corpus = new CorpusStore(new LocalObjectStore(_folder["corpus"]));

    public CorpusStore Corpus { get; }

    public VersionManifest Version { get; private set; } = null!;

    /// <summary>A path beside the corpus.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Records of ten folds that look a little like an ECG.</summary>
    public static Task<TinyCorpus> CreateAsync(int records) =>
        CreateAsync([.. Enumerable.Range(0, records).Select(number => Some.Segment(number) with { Fold = 1 + number % 10 })]);

    /// <param name="segments">One of each record.</param>
    public static async Task<TinyCorpus> CreateAsync(IReadOnlyList<StoredSegment> segments)
    {
        var corpus = new TinyCorpus();
        var (shards, table, catalogue) = (new List<ManifestShard>(), new List<RowGroupRow>(), new List<CatalogueRow>());
        foreach (var part in segments.Chunk(ShardRows))
        {
            ShardRow[] rows = [.. part.Select(ToRow)];
            using var memory = new MemoryStream();
            var content = ShardWriter.Write(memory, rows, new ShardFileMetadata(1, "", 1));
            foreach (var row in rows) row.Dispose();
            var path = CorpusPaths.Shard("some", content.Sha256);
            await corpus.WriteAsync(path, memory.ToArray());
            shards.Add(new ManifestShard(path, content.Sha256, memory.Length, part.Length, "some", "", part.Length));
            table.AddRange(content.RowGroups.Select(group => new RowGroupRow(path, group)));
            catalogue.AddRange(part.Select((segment, index) => Catalogued(segment, path, index)));
        }

        corpus.Version = Manifest(shards, segments.Count);
        using var groups = new MemoryStream();
        await RowGroupTable.WriteAsync(groups, table);
        await corpus.WriteAsync(CorpusPaths.RowGroups(corpus.Version.Id), groups.ToArray());
        using var records = new MemoryStream();
        await using (var writer = await CatalogueTableWriter.CreateAsync(records))
        {
            foreach (var row in catalogue) await writer.AddAsync(row);
        }

        await corpus.WriteAsync(CorpusPaths.Catalogue(corpus.Version.Id), records.ToArray());
        return corpus;
    }

    public void Dispose() => _folder.Dispose();

    private async Task WriteAsync(string name, byte[] bytes)
    {
        await using var writer = Corpus.Objects.Create();
        await writer.Stream.WriteAsync(bytes);
        await writer.CommitAsync(name);
    }

    private static ShardRow ToRow(StoredSegment stored)
    {
        var values = new short[Montage.LeadCount * stored.Samples];
        var present = LeadSet.None;
        for (var lead = 0; lead < Montage.LeadCount; lead++)
        {
            if (stored.Leads[lead] is not { } signal) continue;
            signal.CopyTo(values, lead * stored.Samples);
            present = present.With((Lead)lead);
        }

        using var record = new ConditionedRecord
        {
            Leads = present,
            Values = values,
            Segments = [new Segment { Index = 0, StartSeconds = 0, Samples = stored.Samples, Offset = 0 }],
        };
        return new ShardRow
        {
            RecordId = stored.RecordId,
            Segment = stored.Segment,
            StartSeconds = stored.StartSeconds,
            Samples = stored.Samples,
            Source = stored.Source,
            Site = stored.Site,
            Licence = stored.Licence,
            Patient = stored.Patient,
            PatientKnown = stored.PatientKnown,
            Rank = stored.Rank,
            SamplingFrequencyHz = stored.SamplingFrequencyHz,
            NativeSamplingFrequencyHz = stored.NativeSamplingFrequencyHz,
            AmplitudeUnit = stored.AmplitudeUnit,
            Signals = EncodedSegment.Encode(record, record.Segments[0]),
            DerivedLeads = stored.DerivedLeads,
            Flags = stored.Flags,
            Gaps = stored.Gaps,
            AgeYears = stored.AgeYears,
            Sex = stored.Sex,
            Labels = stored.Labels,
            LabelWeights = stored.LabelWeights,
            Fold = stored.Fold,
            SourceFile = stored.SourceFile,
            SourceSha256 = stored.SourceSha256,
        };
    }

    private static CatalogueRow Catalogued(StoredSegment stored, string shard, int row) => new()
    {
        RecordId = stored.RecordId,
        Source = stored.Source,
        NativeId = stored.RecordId.Split('/')[1],
        Patient = stored.Patient,
        PatientKnown = stored.PatientKnown,
        Labels = stored.Labels,
        LabelWeights = stored.LabelWeights,
        Fold = stored.Fold,
        Licence = stored.Licence,
        State = "kept",
        Flags = 0,
        Shard = shard,
        Row = row,
        Segments = 1,
    };

    private static VersionManifest Manifest(List<ManifestShard> shards, int records) => VersionManifest.Identify(new VersionManifest
    {
        Id = "",
        Recipe = new ConditioningOptions { SamplingFrequencyHz = (int)Some.FrequencyHz },
        RecipeHash = "",
        ProcessingVersion = 1,
        WriterVersion = ShardWriter.WriterVersion,
        Sources = [],
        Totals = new VersionTotals(new RecordCounts(records, records, 0, 0), records, records * 10.0, shards.Count, 0),
        Catalogue = new ManifestTable("", 0, 0),
        RowGroups = new ManifestTable("", 0, 0),
        Shards = shards,
    });
}
