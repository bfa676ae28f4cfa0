using System.Runtime.CompilerServices;
using EcgData.Shards;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>A row group of the catalogue made of the receipts of its shards.</summary>
/// <param name="Shards">What the manifest says of its shards, in order.</param>
/// <param name="RowGroupRows">What the row-group table says of them.</param>
internal sealed record FreshRowGroup(CatalogueRowGroup RowGroup, IReadOnlyList<ManifestShard> Shards, IReadOnlyList<RowGroupRow> RowGroupRows)
{
    private const int ReceiptsAhead = 8;

    /// <param name="shards">Indices in the plan, all of one source.</param>
    /// <param name="receiptDigests">The receipt's digest of each shard of the plan.</param>
    /// <param name="inputs">All that the rows follow from, as one hash.</param>
    /// <exception cref="CorpusException">A receipt is missing, or is not that of its shard.</exception>
    public static async Task<FreshRowGroup> MakeAsync(
        CorpusStore corpus, BuildPlan plan, int[] shards, IReadOnlyList<string> receiptDigests, string inputs, CancellationToken cancel)
    {
        List<CatalogueRow> rows = [];
        List<ManifestShard> manifestShards = [];
        List<RowGroupRow> rowGroups = [];
        var sums = new SourceSums();
        await foreach (var (shard, receipt) in ReceiptsAsync(corpus, plan, shards, receiptDigests, cancel))
        {
            sums.Add(receipt);
            manifestShards.Add(new ManifestShard(
                receipt.Shard?.Path, receipt.Shard?.Sha256, receipt.Shard?.SizeBytes ?? 0, receipt.Shard?.Rows ?? 0,
                shard.Catalogue.Name, receipt.InputDigest, receipt.Records.Count));
            foreach (var rowGroup in receipt.Shard?.RowGroups ?? []) rowGroups.Add(new RowGroupRow(receipt.Shard!.Path, rowGroup));
            if (receipt.Records.Count != shard.Count)
                throw Damaged(receipt, $"{receipt.Records.Count} records where the plan has {shard.Count}");
            using var entries = shard.Catalogue.ReadEntries(shard.First, shard.Count);
            for (var record = 0; record < shard.Count; record++)
                rows.Add(Row(shard.Catalogue, EntryCodec.Read(entries[record]), receipt, receipt.Records[record]));
        }

        return new FreshRowGroup(await CatalogueTableWriter.EncodeAsync(rows, inputs, sums.Sums(), cancel), manifestShards, rowGroups);
    }

    private static CatalogueRow Row(SourceCatalogue catalogue, CatalogueEntry entry, Receipt receipt, RecordOutcome outcome)
    {
        if (outcome.Id != entry.NativeId) throw Damaged(receipt, $"record '{outcome.Id}' where the plan has '{entry.NativeId}'");
        var patient = PatientKey.Of(catalogue.Name, entry.PatientId ?? entry.NativeId);
        return new CatalogueRow
        {
            RecordId = $"{catalogue.Name}/{entry.NativeId}",
            Source = catalogue.Release,
            NativeId = entry.NativeId,
            Patient = patient.Value,
            PatientKnown = entry.PatientId is not null,
            Site = entry.Site,
            Recorded = entry.Recorded,
            NativeSamplingFrequencyHz = outcome.Hz,
            NativeSamples = outcome.Samples,
            AgeYears = entry.AgeYears,
            Sex = entry.Sex,
            Labels = [.. entry.Labels.Select(label => label.Code)],
            LabelWeights = [.. entry.Labels.Select(label => label.Weight)],
            Fold = entry.Fold ?? patient.Fold(),
            Licence = catalogue.Source.Manifest.Licence,
            Files = [.. entry.Files.Select(file => file.Path)],
            Checksums = outcome.Checksums ?? [.. entry.Files.Select(file => file.Sha256 ?? "")],
            State = outcome.State switch
            {
                RecordState.Kept => "kept",
                RecordState.KeptWithFlags => "kept with flags",
                _ => "rejected",
            },
            Reason = outcome.Reason is null ? null : $"{outcome.Reason}: {outcome.Message}",
            Flags = outcome.Flags,
            Shard = outcome.Row is null ? null : receipt.Shard!.Path,
            Row = outcome.Row,
            Segments = outcome.Segments,
        };
    }

    private static CorpusException Damaged(Receipt receipt, string what) =>
        new($"Receipt {receipt.InputDigest} speaks of {what}. It is damaged: delete it and build again.");

    /// <summary>The receipts of shards, some of them on their way while one is used.</summary>
    private static async IAsyncEnumerable<(PlannedShard Shard, Receipt Receipt)> ReceiptsAsync(
        CorpusStore corpus, BuildPlan plan, int[] shards, IReadOnlyList<string> receiptDigests, [EnumeratorCancellation] CancellationToken cancel)
    {
        var underWay = new Queue<Task<Receipt>>(ReceiptsAhead);
        try
        {
            var next = 0;
            foreach (var index in shards)
            {
                for (; next < shards.Length && underWay.Count < ReceiptsAhead; next++)
                {
                    var asked = shards[next];
                    underWay.Enqueue(Task.Run(() => ReadReceiptAsync(corpus, plan.Shards[asked], receiptDigests[asked], cancel), cancel));
                }

                yield return (plan.Shards[index], await underWay.Dequeue());
            }
        }
        finally
        {
            await Task.WhenAll(underWay.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<Receipt> ReadReceiptAsync(CorpusStore corpus, PlannedShard shard, string digest, CancellationToken cancel) =>
        await corpus.ReadReceiptAsync(digest, cancel) ?? throw new CorpusException(
            $"{corpus.Objects.Address}: the receipt {CorpusPaths.Receipt(digest)} of {shard} has vanished during the build. Build again.");
}
