namespace EcgData.Shards.Subsets;

/// <summary>Checks that a subset is what its manifest says, record by record.</summary>
public sealed class SubsetVerifier(CorpusStore corpus, VersionManifest version)
{
    private readonly List<VerificationProblem> _problems = [];
    private long _checks;

    /// <param name="path">Of the subset manifest.</param>
    public async Task<SubsetVerification> RunAsync(string path, CancellationToken cancel = default)
    {
        SubsetManifest? subset = null;
        try
        {
            _checks++;
            subset = await SubsetManifest.ReadAsync(path, cancel);
            _checks++;
            var selection = await subset.LoadSelectionAsync(corpus, version, cancel);
            await RecordsAsync(subset, selection, cancel);
            await CertificateAsync(subset, cancel);
        }
        catch (CorpusException e)
        {
            _problems.Add(new VerificationProblem(path, e.Message));
        }

        return new SubsetVerification(path, version.Id, subset?.Records ?? 0, _checks, _problems);
    }

    private async Task RecordsAsync(SubsetManifest subset, RowSelection selection, CancellationToken cancel)
    {
        // folds that were imported stand in a file of their owner's: without it conditions on them cannot be held against anything
        var isJudged = subset.Report.Folds.Count == 0;
        var scan = await SubsetScan.RunAsync(
            corpus, version,
            new ScanRequest
            {
                Conditions = isJudged ? [.. subset.Predicate.Where.Select(CataloguePredicate.Parse)] : [],
                AllowedSources = [.. version.Sources.Select(source => !subset.Predicate.LeaveOut.Contains(source.Name))],
            },
            cancel);
        var rows = SubsetRows.Of(selection, await GroupRows.ReadAsync(corpus, version, cancel));
        var (records, segments, patients) = (0L, 0L, new HashSet<int>());
        var bySource = new long[version.Sources.Count];
        for (var record = 0; record < scan.Records.Count; record++)
        {
            var (first, count) = (scan.Records.Rows[record], scan.Records.Segments[record]);
            var selected = Enumerable.Range(0, count).Count(segment => rows.Contains(first + (uint)segment));
            if (selected == 0) continue;
            if (selected < count)
                Check(false, subset, $"holds {selected} of the {count} segments of {System.Text.Encoding.UTF8.GetString(scan.Records.Ids[record])}; a record belongs to a subset as a whole.");
            records++;
            segments += selected;
            patients.Add(scan.Records.PatientOf[record]);
            bySource[scan.Records.Sources[record]]++;
        }

        Check(
            records == subset.Records && segments == selection.Rows, subset,
            $"states {subset.Records} records in {subset.Segments} segments; its rows are {records} records that its predicate allows, in {segments} of {selection.Rows} segments.");
        Check(patients.Count == subset.Patients, subset, $"states {subset.Patients} patients, its rows are of {patients.Count}.");
        Check(
            version.Sources.Select((source, index) => (source.Name, Records: bySource[index])).Where(source => source.Records > 0)
                .SequenceEqual(subset.Sources.Select(source => (source.Name, source.Records))),
            subset, "states other records per source than its rows have.");
        var digest = SubsetCut.DigestOf(scan.Records, SubsetOrder.Of(scan.Records, new PatientGroups(0, []), null, subset.Seed), rows);
        Check(digest == subset.RecordsDigest, subset, $"states the record list {subset.RecordsDigest}, its rows are {digest}.");
    }

    private async Task CertificateAsync(SubsetManifest subset, CancellationToken cancel)
    {
        if (subset.Predicate.ExcludeEvaluation.Count == 0) return;
        _checks++;
        await DecontaminationCheck.RunAsync(
            corpus, version, subset, [.. subset.Predicate.ExcludeEvaluation.Select(EvaluationTask.Parse)], [], cancel);
    }

    private void Check(bool holds, SubsetManifest subset, string otherwise)
    {
        _checks++;
        if (!holds) _problems.Add(new VerificationProblem(subset.Path!, $"it {otherwise} Make the subset again."));
    }
}

/// <summary>What checking a subset came to.</summary>
public sealed record SubsetVerification(string Subset, string Version, long Records, long Checks, IReadOnlyList<VerificationProblem> Problems)
{
    public bool Holds => Problems.Count == 0;
}
