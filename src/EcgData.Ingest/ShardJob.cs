using System.Runtime.CompilerServices;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;

namespace EcgData.Ingest;

/// <summary>
/// Builds one planned shard: read → condition → encode → collect → write, and a receipt at the end. The result follows from
/// the inputs alone, so the job may run twice, anywhere, with any number of workers.
/// </summary>
internal sealed class ShardJob(
    PlannedShard shard, BuildRecipe recipe, CorpusStore corpus, Planner planner, IRecordReader reader, BuildProgress progress)
{
    /// <summary>Budget of a record whose container does not tell its size: 10 s of 12 leads at 400 Hz, twice.</summary>
    private const long ContainedRecordBytes = 1 << 20;

    /// <summary>Bytes in work for a byte on disk: twelve 16-bit values become sixteen 32-bit lanes, and the file is in memory too.</summary>
    private const long WorkBytesPerFileByte = 4;

    private readonly RecordOutcome?[] _outcomes = new RecordOutcome?[shard.Count];
    private readonly List<ShardRow> _rows = [];
    private readonly HashSet<int> _suspects = [];

    /// <summary>Does the work; what is written when it ends is a shard and its receipt, or nothing.</summary>
    public async Task<Receipt> RunAsync(int workers, TaskScheduler scheduler, ByteBudget budget, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var limits = new BlockLimits(workers, scheduler, stop.Token);
        try
        {
            var collect = CollectStage.CreateBlock(item => Take(item, budget), limits);
            var encode = EncodeStage.CreateBlock(shard.Catalogue, recipe.Conditioning.SamplingFrequencyHz, limits).Then(collect);
            var condition = ConditionStage.CreateBlock(shard.Catalogue.Source.ClipMillivolt, recipe.Conditioning, limits).Then(encode);
            var read = ReadStage.CreateBlock(reader, limits).Then(condition);
            await Chain.RunAsync(RecordsAsync(budget, stop.Token), [read, condition, encode, collect], stop);
            return await Task.Factory.StartNew(() => WriteAsync(cancel), cancel, TaskCreationOptions.None, scheduler).Unwrap();
        }
        finally
        {
            foreach (var row in _rows) row.Dispose();
        }
    }

    /// <summary>The shard's records in the order in which their files lie.</summary>
    private async IAsyncEnumerable<RecordInWork> RecordsAsync(ByteBudget budget, [EnumeratorCancellation] CancellationToken cancel)
    {
        var catalogue = shard.Catalogue;
        var entries = Enumerable.Range(0, shard.Count).Select(index => (Index: index, Entry: catalogue[shard.First + index])).ToList();
        entries.Sort((a, b) =>
        {
            var byFile = string.CompareOrdinal(FirstPath(a.Entry), FirstPath(b.Entry));
            return byFile != 0 ? byFile : a.Entry.Position != b.Entry.Position
                ? a.Entry.Position.CompareTo(b.Entry.Position)
                : a.Index.CompareTo(b.Index);
        });
        for (var sequence = 0; sequence < entries.Count; sequence++)
        {
            var (index, entry) = entries[sequence];
            var found = FoundChecksums(entry);
            var bytes = BudgetOf(catalogue.Folder, entry);
            await budget.AcquireAsync(bytes, cancel);
            yield return new RecordInWork
            {
                Sequence = sequence,
                Index = index,
                RecordId = $"{catalogue.Name}/{entry.NativeId}",
                Entry = found is null ? entry : WithChecksums(entry, found),
                FoundChecksums = found,
                BudgetBytes = bytes,
            };
        }

        static string FirstPath(CatalogueEntry entry) => entry.Files.Count == 0 ? "" : entry.Files[0].Path;
    }

    private void Take(RecordInWork item, ByteBudget budget)
    {
        var catalogue = shard.Catalogue;
        var found = item.FoundChecksums;
        if (item.Rejection is { } rejection)
        {
            if (rejection.Reason is RejectionReason.FileChecksum or RejectionReason.MissingFile) _suspects.Add(item.Index);
            var message = rejection.Message.Replace(catalogue.Folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
            _outcomes[item.Index] = new RecordOutcome(
                item.Entry.NativeId, RecordState.Rejected, (int)item.Flags, 0, null, item.NativeSamplingFrequencyHz, item.NativeSamples,
                0, KebabCase.Of(rejection.Reason), message, found);
        }
        else
        {
            _rows.AddRange(item.Rows);
            _outcomes[item.Index] = new RecordOutcome(
                item.Entry.NativeId, item.Flags == RecordFlags.None ? RecordState.Kept : RecordState.KeptWithFlags, (int)item.Flags,
                item.Rows.Count, null, item.NativeSamplingFrequencyHz, item.NativeSamples,
                item.Rows.Sum(row => row.Samples) / (double)recipe.Conditioning.SamplingFrequencyHz, Checksums: found);
        }

        budget.Release(item.BudgetBytes);
        progress.RecordDone(item.Rejection is not null);
    }

    private async Task<Receipt> WriteAsync(CancellationToken cancel)
    {
        _rows.Sort(ShardRow.Compare);
        ReceiptShard? written = null;
        IReadOnlyDictionary<string, LeadStatistics> statistics = new Dictionary<string, LeadStatistics>();
        if (_rows.Count > 0)
        {
            await using var writer = corpus.Objects.Create(_rows.Sum(row => row.Signals.SizeBytes));
            var content = ShardWriter.Write(
                writer.Stream, _rows,
                new ShardFileMetadata(VersionManifest.CurrentSchemaVersion, recipe.ConditioningHash(), Conditioning.ProcessingVersion));
            cancel.ThrowIfCancellationRequested();
            var path = CorpusPaths.Shard(shard.Catalogue.Name, content.Sha256);
            await writer.CommitAsync(path, cancel);
            written = new ReceiptShard(path, content.Sha256, content.SizeBytes, content.Rows, content.RowGroups);
            statistics = LeadStatistics.Of(content.Sums);
            progress.ShardWritten(content.SizeBytes);
        }

        // a rejected file's true content is known from now on, whatever was taken for granted when the plan was made
        var digest = _suspects.Count == 0 && shard.InputDigest is { } planned
            ? planned
            : planner.DigestAfterReading(shard, recipe, _suspects, cancel);
        var firstRows = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var row = 0; row < _rows.Count; row++) firstRows.TryAdd(_rows[row].RecordId, row);
        var receipt = new Receipt
        {
            InputDigest = digest,
            Source = shard.Catalogue.Name,
            Shard = written,
            Statistics = statistics,
            Records = [.. _outcomes.Select((outcome, index) => outcome! with
            {
                Row = firstRows.TryGetValue($"{shard.Catalogue.Name}/{outcome.Id}", out var row) ? row : null,
                Checksums = _suspects.Contains(index) ? FoundChecksums(shard.Catalogue[shard.First + index]) : outcome.Checksums,
            })],
        };
        CheckBooks(receipt);
        await corpus.WriteReceiptAsync(receipt, cancel);
        return receipt;
    }

    /// <summary>Every record of the plan has one state, and every row belongs to a kept record.</summary>
    private void CheckBooks(Receipt receipt)
    {
        var segments = receipt.Records.Sum(record => record.Segments);
        if (receipt.Records.Count != shard.Count || segments != (receipt.Shard?.Rows ?? 0))
            throw new InvalidOperationException(
                $"{shard}: {receipt.Records.Count} of {shard.Count} records have a state and their {segments} segments are " +
                $"{receipt.Shard?.Rows ?? 0} rows. The books do not balance; nothing is committed.");
    }

    private static long BudgetOf(SourceFolder folder, CatalogueEntry entry)
    {
        if (entry.Rejection is not null || entry.Files.Count == 0) return 0;
        if (entry.Files[0].IsContainer) return ContainedRecordBytes;
        long bytes = 0;
        foreach (var file in entry.Files)
        {
            try
            {
                var info = new FileInfo(folder.Resolve(file.Path));
                if (info.Exists) bytes += info.Length;
            }
            catch (RecordException)
            {
                return 0;   // the read stage says what is wrong with the path
            }
        }

        return bytes * WorkBytesPerFileByte;
    }

    /// <summary>SHA-256 per file where one of them is not the published one, else null.</summary>
    private IReadOnlyList<string>? FoundChecksums(CatalogueEntry entry)
    {
        var found = planner.ChecksumsOf(shard.Catalogue.Folder, entry);
        for (var index = 0; index < found.Count; index++)
        {
            if (found[index] != entry.Files[index].Sha256) return found;
        }

        return null;
    }

    /// <summary>What is not published is checked, too: the file must be the one that the plan has seen.</summary>
    private static CatalogueEntry WithChecksums(CatalogueEntry entry, IReadOnlyList<string> found) => entry with
    {
        Files = [.. entry.Files.Select((file, index) =>
            file.Sha256 is null && found[index].Length > 0 ? file with { Sha256 = found[index] } : file)],
    };
}
