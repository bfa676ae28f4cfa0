using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace EcgData.Shards;

/// <summary>Checks that a version is what its manifest says, down to every stored value.</summary>
public sealed partial class CorpusVerifier(CorpusStore corpus, VersionManifest manifest)
{
    private readonly List<VerificationProblem> _problems = [];
    private readonly Lock _lock = new();
    private ErasedPatients _erased = ErasedPatients.None;
    private long _checks;
    private long _rows;

    /// <param name="shardDone">Called with each shard that has been read.</param>
    public async Task<VerificationReport> RunAsync(
        VerificationDepth depth, int workers, Action<ManifestShard>? shardDone, CancellationToken cancel)
    {
        CheckManifest();
        _erased = new ErasedPatients((await corpus.ReadErasuresAsync(cancel)).List);
        var rowGroups = await RowGroupsAsync(cancel);
        var found = manifest.Sources.ToDictionary(source => source.Name, _ => new Found());
        await Parallel.ForEachAsync(
            ShardsAsync(cancel),
            new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancel },
            async (work, stop) =>
            {
                var (shard, records) = work;
                var groups = rowGroups.GetValueOrDefault(shard.Path!) ?? [];
                var sound = await BytesAsync(shard, groups, stop);
                if (!sound)
                {
                    lock (_lock) found.Remove(shard.Source);   // they cannot come out right any more, and the cause is named
                }
                else if (depth == VerificationDepth.Signals)
                {
                    var part = await SignalsAsync(shard, groups, records, stop);
                    lock (_lock) found.GetValueOrDefault(shard.Source)?.Add(part);
                }

                shardDone?.Invoke(shard);
            });
        if (depth == VerificationDepth.Signals) CheckSources(found);
        return new VerificationReport(
            manifest.Id, _checks, manifest.Totals.Shards, _rows, [.. _problems.OrderBy(problem => problem.Subject, StringComparer.Ordinal)]);
    }

    private void CheckManifest()
    {
        var name = CorpusPaths.Manifest(manifest.Id);
        Check(VersionManifest.IdOf(manifest) == manifest.Id, name,
            $"its contents make it version {VersionManifest.IdOf(manifest)}, not {manifest.Id}: it has been changed by hand or damaged");
        foreach (var source in manifest.Sources)
        {
            Check(source.Records.AddUp, name, $"source {source.Name}: {source.Records} do not add up: read = kept + kept with flags + rejected");
            Check(source.Rejections.Values.Sum() == source.Records.Rejected, name,
                $"source {source.Name}: {source.Rejections.Values.Sum()} rejections by reason, {source.Records.Rejected} rejected records");
            Check(source.Segments == manifest.Shards.Where(shard => shard.Source == source.Name).Sum(shard => (long)shard.Rows), name,
                $"source {source.Name}: {source.Segments} segments, but its shards have another number of rows");
        }

        var totals = manifest.Totals;
        Check(totals.Records == manifest.Sources.Aggregate(RecordCounts.Zero, (sum, source) => sum + source.Records), name,
            $"totals {totals.Records} are not the sum of the sources'");
        Check(manifest.Signature == VersionManifest.Join(manifest.Sources), name, $"signature {manifest.Signature} is not the sum of the sources'");
        Check(totals.SizeBytes == manifest.Shards.Sum(shard => shard.SizeBytes), name, $"totals.sizeBytes {totals.SizeBytes} is not the shards' sum");
    }

    private async Task<Dictionary<string, List<RowGroupEntry>>> RowGroupsAsync(CancellationToken cancel)
    {
        var name = CorpusPaths.RowGroups(manifest.Id);
        var byShard = new Dictionary<string, List<RowGroupEntry>>(StringComparer.Ordinal);
        if (!await TableAsync(name, manifest.RowGroups, cancel)) return byShard;
        await using var stream = await corpus.Objects.OpenReadAsync(name, cancel);
        await foreach (var row in RowGroupTable.ReadAsync(stream, cancel))
        {
            if (!byShard.TryGetValue(row.Shard, out var groups)) byShard[row.Shard] = groups = [];
            groups.Add(row.RowGroup);
        }

        foreach (var shard in manifest.Shards.Where(shard => shard.Path is not null))
        {
            var rows = byShard.GetValueOrDefault(shard.Path!)?.Sum(group => group.Rows) ?? 0;
            Check(rows == shard.Rows, name, $"{shard.Path}: its row groups have {rows} rows, the manifest says {shard.Rows}");
        }

        return byShard;
    }

    /// <summary>
    /// Checks the catalogue, and gives each shard with what the catalogue says of its records. The catalogue names the shards
    /// one after the other, so that memory holds the records of a few.
    /// </summary>
    private async IAsyncEnumerable<(ManifestShard Shard, List<CataloguedRows> Records)> ShardsAsync(
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var name = CorpusPaths.Catalogue(manifest.Id);
        var left = manifest.Shards.Where(shard => shard.Path is not null).ToDictionary(shard => shard.Path!, StringComparer.Ordinal);
        if (await TableAsync(name, manifest.Catalogue, cancel))
        {
            var counts = manifest.Sources.ToDictionary(source => source.Release, _ => RecordCounts.Zero, StringComparer.Ordinal);
            List<CataloguedRows> records = [];
            string? current = null;
            await foreach (var row in corpus.ReadCatalogueAsync(manifest, cancel))
            {
                CheckCatalogued(name, row);
                counts[row.Source] = counts.GetValueOrDefault(row.Source, RecordCounts.Zero) + CountOf(row);
                if (row.Shard is null) continue;
                if (row.Shard != current)
                {
                    if (current is not null && left.Remove(current, out var finished)) yield return Counted(finished, records);
                    Check(left.ContainsKey(row.Shard), name, $"{row.RecordId} is put into {row.Shard}, which is not the manifest's, or not in one piece");
                    (current, records) = (row.Shard, []);
                }

                records.Add(new CataloguedRows(row.RecordId, row.Row ?? -1, row.Segments, row.Patient, row.Fold, row.Flags, row.Labels));
            }

            if (current is not null && left.Remove(current, out var last)) yield return Counted(last, records);
            foreach (var source in manifest.Sources)
            {
                Check(counts[source.Release] == source.Records, name,
                    $"source {source.Name}: the catalogue counts {counts[source.Release]}, the manifest {source.Records}");
            }
        }

        foreach (var shard in left.Values) yield return Counted(shard, []);

        (ManifestShard, List<CataloguedRows>) Counted(ManifestShard shard, List<CataloguedRows> records)
        {
            var rows = records.Sum(record => record.Segments);
            Check(rows == shard.Rows, name, $"{shard.Path}: the catalogue puts {rows} segments there, the manifest says {shard.Rows}");
            return (shard, records);
        }
    }

    private void CheckCatalogued(string name, CatalogueRow row)
    {
        var rejected = row.State == "rejected";
        Check(rejected == row.Reason is not null && rejected == (row.Segments == 0) && rejected == row.Shard is null, name,
            $"{row.RecordId} is {row.State} with {row.Segments} segments, reason '{row.Reason}' and shard '{row.Shard}'");
        Check(
            row.IsErased || !_erased.Contain(new PatientKey(row.Patient)), name,
            $"{row.RecordId} is of a patient who was erased. Withdraw the version with 'ecgdata erase', and build again");
        Check(rejected || (row.Flags != 0) == (row.State == "kept with flags"), name, $"{row.RecordId} is {row.State} with flags {row.Flags}");
    }

    private static RecordCounts CountOf(CatalogueRow row) => row.State switch
    {
        "kept" => new RecordCounts(1, 1, 0, 0),
        "kept with flags" => new RecordCounts(1, 0, 1, 0),
        _ => new RecordCounts(1, 0, 0, 1),
    };

    private async Task<bool> TableAsync(string name, ManifestTable expected, CancellationToken cancel)
    {
        if (await corpus.Objects.FindAsync(name, cancel) is null) return Check(false, name, "is missing. Build again");
        await using var stream = await corpus.Objects.OpenReadAsync(name, cancel);
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel));
        return Check(hash == expected.Sha256, name, $"SHA-256 {hash}, expected {expected.Sha256}: it is damaged");
    }

    /// <summary>The shard's checksum and each row group's, in one reading.</summary>
    private async Task<bool> BytesAsync(ManifestShard shard, List<RowGroupEntry> groups, CancellationToken cancel)
    {
        var name = shard.Path!;
        const string Remedy = "'ecgdata build --check' with the same sources makes it again";
        if (await corpus.Objects.FindAsync(name, cancel) is not { } stored) return Check(false, name, $"is missing. {Remedy}");
        if (!Check(stored.SizeBytes == shard.SizeBytes, name, $"{stored.SizeBytes} bytes, expected {shard.SizeBytes}. {Remedy}")) return false;
        await using var stream = await corpus.Objects.OpenReadAsync(name, cancel);
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 18];
        var part = new XxHash128();
        var group = 0;
        for (long position = 0; ;)
        {
            var count = await stream.ReadAsync(buffer, cancel);
            if (count == 0) break;
            whole.AppendData(buffer, 0, count);
            for (var start = 0; start < count && group < groups.Count;)
            {
                var (begin, end) = (groups[group].OffsetBytes, groups[group].OffsetBytes + groups[group].SizeBytes);
                var from = (int)Math.Clamp(begin - position, start, count);
                var to = (int)Math.Clamp(end - position, from, count);
                part.Append(buffer.AsSpan(from, to - from));
                start = to;
                if (position + to < end) break;
                var digest = Convert.ToHexStringLower(part.GetHashAndReset());
                Check(digest == groups[group].Digest, name, $"row group {group}: digest {digest}, expected {groups[group].Digest}. {Remedy}");
                group++;
            }

            position += count;
        }

        Check(group == groups.Count, name, $"ends before row group {group} of {groups.Count}. {Remedy}");
        var sha256 = Convert.ToHexStringLower(whole.GetHashAndReset());
        return Check(sha256 == shard.Sha256, name, $"SHA-256 {sha256}, expected {shard.Sha256}. {Remedy}");
    }

    private void CheckSources(Dictionary<string, Found> found)
    {
        foreach (var source in manifest.Sources.Where(source => found.ContainsKey(source.Name)))
        {
            var (statistics, signature) = (LeadStatistics.Of(found[source.Name].Sums), found[source.Name].Signature.ToString());
            Check(source.Signature is null || source.Signature == signature, CorpusPaths.Manifest(manifest.Id),
                $"source {source.Name}: the rows have the signature {signature}, the manifest says {source.Signature}");
            Check(statistics.Count == source.Statistics.Count, CorpusPaths.Manifest(manifest.Id), $"source {source.Name}: statistics of other leads");
            foreach (var (lead, expected) in source.Statistics)
            {
                Check(statistics.GetValueOrDefault(lead) == expected, CorpusPaths.Manifest(manifest.Id),
                    $"source {source.Name}, lead {lead}: the signals give {statistics.GetValueOrDefault(lead)}, the manifest says {expected}");
            }
        }
    }

    private bool Check(bool holds, string subject, string problem)
    {
        Interlocked.Increment(ref _checks);
        if (holds) return true;
        lock (_lock) _problems.Add(new VerificationProblem(subject, problem + "."));
        return false;
    }

    private sealed record CataloguedRows(
        string RecordId, int Row, int Segments, string Patient, int Fold, int Flags, IReadOnlyList<string> Labels);
}
