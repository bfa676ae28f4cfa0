using EcgData.Shards;

namespace EcgData.Ingest;

/// <summary>What an erasure came to.</summary>
/// <param name="Patients">In the order in which they were asked for.</param>
/// <param name="Withdrawn">Versions that hold one of them, with how many of their records; withdrawn now or before.</param>
/// <param name="Sources">Names of the sources of the current version that must be built again before it can be read; empty where it can be.</param>
/// <param name="PlansRemoved">Ids of plans that could have brought them back.</param>
public sealed record ErasureOutcome(
    IReadOnlyList<PatientKey> Patients, IReadOnlyList<WithdrawnVersion> Withdrawn, IReadOnlyList<string> Sources, IReadOnlyList<string> PlansRemoved);

/// <summary>A version that holds erased patients.</summary>
/// <param name="Id">Of the version.</param>
/// <param name="Records">The patients' records in it, turned-away ones included.</param>
/// <param name="Rows">The same, for who wants to know where they are.</param>
public sealed record WithdrawnVersion(string Id, int Records, IReadOnlyList<PatientRow> Rows);

/// <summary>Writes patients into the corpus's list of the erased and withdraws every version that holds one of them.</summary>
/// <remarks>
/// Nothing gets past it. A build checks the list after its manifest is written and before HEAD moves; here the list is written before versions
/// are listed for the last time. Either the build sees the new list and stops, or its manifest is seen here and withdrawn.
/// </remarks>
public sealed class PatientErasure(CorpusStore corpus)
{
    private readonly Dictionary<string, WithdrawnVersion> _seen = new(StringComparer.Ordinal);

    /// <summary>Looks where the patients are, and changes nothing.</summary>
    public async Task<ErasureOutcome> FindAsync(IReadOnlyList<PatientKey> patients, CancellationToken cancel)
    {
        var holders = await HoldersAsync(patients, cancel);
        return await OutcomeAsync(patients, holders, [], cancel);
    }

    /// <summary>Erases; safe to repeat, also after it was broken off.</summary>
    /// <param name="newKey">byte[32]: the key of the list where there is none yet.</param>
    /// <exception cref="CorpusException">A manifest, a catalogue or the list itself is damaged: nothing is changed, for nobody could say whom it holds.</exception>
    public async Task<ErasureOutcome> RunAsync(IReadOnlyList<PatientKey> patients, ReadOnlyMemory<byte> newKey, CancellationToken cancel)
    {
        while (true)
        {
            var (list, tag) = await corpus.ReadErasuresAsync(cancel);
            var holders = await HoldersAsync(patients, cancel);
            var before = list ?? ErasureList.Begin(newKey.Span);
            var after = before.With(patients, holders.Select(version => version.Id));
            var isWritten = tag is not null && after.Patients.Count == before.Patients.Count && after.Withdrawn.Count == before.Withdrawn.Count;
            if (isWritten)
            {
                await RemoveReportsAsync([.. holders.SelectMany(version => version.Rows).Select(row => row.RecordId)], cancel);
                return await OutcomeAsync(patients, holders, await RemovePlansAsync(cancel), cancel);
            }

            await corpus.TryReplaceErasuresAsync(after, tag, cancel);   // then look again: at what somebody else wrote, at versions that came meanwhile
        }
    }

    private async Task<List<WithdrawnVersion>> HoldersAsync(IReadOnlyList<PatientKey> patients, CancellationToken cancel)
    {
        var wanted = patients.ToHashSet();
        List<WithdrawnVersion> holders = [];
        await foreach (var id in corpus.ListVersionsAsync(cancel))
        {
            if (!_seen.TryGetValue(id, out var version))
            {
                var rows = await PatientRows.FindAsync(corpus, await corpus.ReadAnyManifestAsync(id, cancel), wanted.Contains, cancel);
                _seen[id] = version = new WithdrawnVersion(id, rows.Count, rows);
            }

            if (version.Records > 0) holders.Add(version);
        }

        return holders;
    }

    private async Task<ErasureOutcome> OutcomeAsync(
        IReadOnlyList<PatientKey> patients, List<WithdrawnVersion> holders, IReadOnlyList<string> plans, CancellationToken cancel)
    {
        var head = await corpus.ReadHeadAsync(cancel);
        var rows = holders.Find(version => version.Id == head)?.Rows ?? [];
        return new ErasureOutcome(patients, holders, [.. rows.Select(row => row.Source).Distinct().Order(StringComparer.Ordinal)], plans);
    }

    /// <summary>Reports of builds name records, the slowest ones: a report that names one of these goes. The history's entries name none.</summary>
    private async Task RemoveReportsAsync(HashSet<string> records, CancellationToken cancel)
    {
        var stored = await corpus.Objects.ListAsync(CorpusPaths.History, cancel).ToListAsync(cancel);
        foreach (var report in stored.Where(stored => !CorpusPaths.IsHistoryEntry(stored.Name)))
        {
            using var reader = new StreamReader(await corpus.Objects.OpenReadAsync(report.Name, cancel));
            var text = await reader.ReadToEndAsync(cancel);
            if (records.Any(id => text.Contains(id, StringComparison.Ordinal))) await corpus.Objects.DeleteAsync(report.Name, cancel);
        }
    }

    /// <summary>A plan that is written down carries the entries of the erased, and its parts would build them.</summary>
    private async Task<IReadOnlyList<string>> RemovePlansAsync(CancellationToken cancel)
    {
        var plans = new PlanStore(corpus);
        var ids = await plans.ReadAllAsync(cancel).Select(plan => plan.Id).ToListAsync(cancel);
        foreach (var id in ids) await plans.DeleteAsync(id, cancel);
        return ids;
    }
}
