using System.Runtime.CompilerServices;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Sources;
using EcgData.Storage;

namespace EcgData.Ingest;

/// <summary>
/// Builds one planned shard: read, condition, encode → collect → write, and a receipt at the end. The result follows from
/// the inputs alone, so the job may run twice, anywhere, with any number of workers.
/// </summary>
internal sealed class ShardJob : IAsyncDisposable
{
    /// <summary>Budget of a record whose container does not tell its size: 10 s of 12 leads at 400 Hz, twice.</summary>
    private const long ContainedRecordBytes = 1 << 20;

    /// <summary>Bytes in work for a byte on disk: twelve 16-bit values become sixteen 32-bit lanes, and the file is in memory too.</summary>
    private const long WorkBytesPerFileByte = 4;

    private readonly PlannedShard _shard;
    private readonly BuildRecipe _recipe;
    private readonly CorpusStore _corpus;
    private readonly Planner _planner;
    private readonly BuildProgress _progress;
    private readonly ObjectWriter _object;
    private readonly ShardWriter _writer;
    private readonly RecordOutcome?[] _outcomes;
    private readonly IReadOnlyList<ShardRow>?[] _waiting;
    private readonly int[] _rankOrder;
    private readonly int[] _placeInRankOrder;
    private readonly HashSet<int> _suspects = [];
    private int _nextInRankOrder;
    private int _rows;

    public ShardJob(PlannedShard shard, BuildRecipe recipe, CorpusStore corpus, Planner planner, BuildProgress progress)
    {
        (_shard, _recipe, _corpus, _planner, _progress) = (shard, recipe, corpus, planner, progress);
        _object = corpus.Objects.Create();
        _writer = new ShardWriter(
            _object.Stream,
            new ShardFileMetadata(VersionManifest.CurrentSchemaVersion, recipe.ConditioningHash(), Conditioning.ProcessingVersion));
        _outcomes = new RecordOutcome?[shard.Count];
        _waiting = new IReadOnlyList<ShardRow>?[shard.Count];
        _rankOrder = Array.ConvertAll(shard.Catalogue.RankOrder(shard.First, shard.Count), index => index - shard.First);
        _placeInRankOrder = new int[shard.Count];
        for (var place = 0; place < _rankOrder.Length; place++) _placeInRankOrder[_rankOrder[place]] = place;
    }

    /// <summary>Does the work; what is written when it ends is a shard and its receipt, or nothing.</summary>
    public async Task<Receipt> RunAsync(
        IRecordReader reader, int workers, TaskScheduler scheduler, ByteBudget budget, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var limits = new BlockLimits(workers, scheduler, stop.Token);
        var collect = CollectStage.CreateBlock(item => Take(item, budget), limits);
        var work = RecordStage.CreateBlock(reader, _shard.Catalogue, _recipe, limits).Then(collect);
        await Chain.RunAsync(RecordsAsync(budget, stop.Token), [work, collect], stop);
        return await FinishAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var rows in _waiting) DisposeRows(rows ?? []);
        _writer.Dispose();
        await _object.DisposeAsync();
    }

    /// <summary>
    /// The shard's records in the order in which they are read: as they lie in a container, else in the order in which their
    /// rows are stored, so that the shard is written while it is read and memory holds a row group of it.
    /// </summary>
    private async IAsyncEnumerable<RecordInWork> RecordsAsync(ByteBudget budget, [EnumeratorCancellation] CancellationToken cancel)
    {
        var catalogue = _shard.Catalogue;
        var sequence = 0;
        foreach (var index in ReadingOrder())
        {
            var entry = catalogue[_shard.First + index];
            var contents = _planner.ContentsOf(catalogue.Folder, entry);
            var found = FoundChecksums(entry, contents);
            var bytes = BudgetOf(entry, contents);
            await budget.AcquireAsync(bytes, cancel);
            BuildInstruments.Begun(bytes);
            yield return new RecordInWork
            {
                Sequence = sequence++,
                Index = index,
                RecordId = $"{catalogue.Name}/{entry.NativeId}",
                Entry = found is null ? entry : WithChecksums(entry, found),
                FoundChecksums = found,
                BudgetBytes = bytes,
                FileBytes = FileBytes(entry, contents),
            };
        }
    }

    private int[] ReadingOrder()
    {
        var positions = new (string Path, long Position, int Index)[_shard.Count];
        for (var index = 0; index < positions.Length; index++)
        {
            var entry = _shard.Catalogue[_shard.First + index];
            if (entry.Files.Count > 0 && !entry.Files[0].IsContainer) return _rankOrder;
            positions[index] = (entry.Files.Count == 0 ? "" : entry.Files[0].Path, entry.Position, index);
        }

        return [.. positions.OrderBy(place => place.Path, StringComparer.Ordinal).ThenBy(place => place.Position)
            .ThenBy(place => place.Index).Select(place => place.Index)];
    }

    /// <summary>Takes a finished record and writes what has become next in rank order.</summary>
    private void Take(RecordInWork item, ByteBudget budget)
    {
        var seconds = 0.0;
        if (item.Rejection is { } rejection)
        {
            if (rejection.Reason is RejectionReason.FileChecksum or RejectionReason.MissingFile) _suspects.Add(item.Index);
            var message = rejection.Message.Replace(
                _shard.Catalogue.Folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
            _outcomes[item.Index] = new RecordOutcome(
                item.Entry.NativeId, RecordState.Rejected, (int)item.Flags, 0, null, item.NativeSamplingFrequencyHz, item.NativeSamples,
                0, KebabCase.Of(rejection.Reason), message, item.FoundChecksums);
        }
        else
        {
            foreach (var row in item.Rows) seconds += row.Samples / (double)_recipe.Conditioning.SamplingFrequencyHz;
            _outcomes[item.Index] = new RecordOutcome(
                item.Entry.NativeId, item.Flags == RecordFlags.None ? RecordState.Kept : RecordState.KeptWithFlags, (int)item.Flags,
                item.Rows.Count, null, item.NativeSamplingFrequencyHz, item.NativeSamples, seconds, Checksums: item.FoundChecksums);
        }

        _waiting[_placeInRankOrder[item.Index]] = item.Rows;
        WriteWaiting();
        budget.Release(item.BudgetBytes);
        BuildInstruments.Ended(item.BudgetBytes);
        _progress.RecordDone(_shard.Catalogue.Name, item, _outcomes[item.Index]!);
    }

    private void WriteWaiting()
    {
        for (; _nextInRankOrder < _waiting.Length && _waiting[_nextInRankOrder] is { } rows; _nextInRankOrder++)
        {
            if (rows.Count > 0)
            {
                var index = _rankOrder[_nextInRankOrder];
                _outcomes[index] = _outcomes[index]! with { Row = _rows };
            }

            foreach (var row in rows) DisposeRows(_writer.Add(row));
            _rows += rows.Count;
        }
    }

    private async Task<Receipt> FinishAsync(CancellationToken cancel)
    {
        // a rejected file's true content is known from now on, whatever was taken for granted when the plan was made
        var digest = _suspects.Count == 0 && _shard.InputDigest is { } planned
            ? planned
            : _planner.DigestAfterReading(_shard, _recipe, _suspects, cancel);
        foreach (var index in _suspects)
        {
            var entry = _shard.Catalogue[_shard.First + index];
            var found = FoundChecksums(entry, _planner.ContentsOf(_shard.Catalogue.Folder, entry));
            _outcomes[index] = _outcomes[index]! with { Checksums = found };
        }

        var content = _rows == 0 ? null : _writer.Finish();
        cancel.ThrowIfCancellationRequested();
        var receipt = new Receipt
        {
            InputDigest = digest,
            Source = _shard.Catalogue.Name,
            Shard = content is null ? null : new ReceiptShard(
                CorpusPaths.Shard(_shard.Catalogue.Name, content.Sha256), content.Sha256, content.SizeBytes, content.Rows, content.RowGroups),
            Statistics = LeadStatistics.Of(content?.Sums ?? new LeadSums()),
            Signature = (content?.Signature ?? ContentSignature.None).ToString(),
            Records = [.. _outcomes.OfType<RecordOutcome>()],
        };
        CheckBooks(receipt);
        if (receipt.Shard is { } written)
        {
            await _object.CommitAsync(written.Path, cancel);
            _progress.ShardWritten(written.SizeBytes);
        }

        await _corpus.WriteReceiptAsync(receipt, cancel);
        return receipt;
    }

    /// <summary>Every record of the plan has one state, and every row belongs to a kept record.</summary>
    private void CheckBooks(Receipt receipt)
    {
        var segments = receipt.Records.Sum(record => record.Segments);
        if (receipt.Records.Count != _shard.Count || segments != (receipt.Shard?.Rows ?? 0))
            throw new InvalidOperationException(
                $"{_shard}: {receipt.Records.Count} of {_shard.Count} records have a state and their {segments} segments are " +
                $"{receipt.Shard?.Rows ?? 0} rows. The books do not balance; nothing is committed.");
    }

    private static long BudgetOf(CatalogueEntry entry, FileContent[] contents)
    {
        if (entry.Rejection is not null || contents.Length == 0) return 0;
        return entry.Files[0].IsContainer ? ContainedRecordBytes : FileBytes(entry, contents) * WorkBytesPerFileByte;
    }

    private static long FileBytes(CatalogueEntry entry, FileContent[] contents) =>
        contents.Length == 0 || entry.Files[0].IsContainer ? 0 : contents.Sum(content => content.SizeBytes);

    /// <summary>SHA-256 per file where one of them is not the published one, "" for a missing file; else null.</summary>
    private static string[]? FoundChecksums(CatalogueEntry entry, FileContent[] contents)
    {
        for (var index = 0; index < contents.Length; index++)
        {
            if (contents[index].Sha256 != entry.Files[index].Sha256) return [.. contents.Select(content => content.Sha256 ?? "")];
        }

        return null;
    }

    /// <summary>What is not published is checked, too: the file must be the one that the plan has seen.</summary>
    private static CatalogueEntry WithChecksums(CatalogueEntry entry, string[] found) => entry with
    {
        Files = [.. entry.Files.Select((file, index) =>
            file.Sha256 is null && found[index].Length > 0 ? file with { Sha256 = found[index] } : file)],
    };

    private static void DisposeRows(IReadOnlyList<ShardRow> rows)
    {
        foreach (var row in rows) row.Dispose();
    }
}
