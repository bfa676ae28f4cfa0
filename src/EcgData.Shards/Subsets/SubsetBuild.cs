namespace EcgData.Shards.Subsets;

/// <summary>Makes subsets of a version from its catalogue and row-group table; no signal is read.</summary>
/// <param name="terms">Terms of the version's sources; a source without is under the strictest.</param>
public sealed class SubsetBuild(CorpusStore corpus, VersionManifest version, IReadOnlyList<SourceTerms> terms)
{
    /// <exception cref="FormatException">The options do not fit together or do not fit the version.</exception>
    /// <exception cref="SubsetException">What they ask for is not there.</exception>
    public async Task<SubsetResult> RunAsync(SubsetOptions options, CancellationToken cancel = default)
    {
        var sizes = Sizes(options.Sizes);
        var rungs = options.Rungs.Select(rung => (Rung: rung, Size: SubsetSize.Parse(rung.Size))).ToList();
        if (sizes.Count == 0 && rungs.Count == 0) throw new FormatException("No sizes. Expected at least one, such as 18k or all.");
        if (options.Ladders is < 1 or > 64) throw new FormatException($"{options.Ladders} ladders; expected 1 to 64.");
        CheckNames(sizes.Select(size => size.Name).Concat(rungs.Select(rung => rung.Rung.Name)));
        var request = Request(options.Predicate, []);
        var requests = rungs.Select(rung => Request(options.Predicate, rung.Rung.Where)).ToList();

        var groups = await GroupRows.ReadAsync(corpus, version, cancel);
        var duplicates = await TablesAsync(options.Duplicates, "record_id,record_id", cancel);
        var folds = await TablesAsync(options.Folds, "record_id,fold", cancel);
        var ladders = Enumerable.Range(0, options.Ladders).Select(_ => new List<SubsetRung>()).ToArray();
        var memberships = ladders.Select(_ => new List<SubsetMembership>()).ToArray();
        if (sizes.Count > 0) await AddAsync(request, options.Predicate, sizes);
        for (var index = 0; index < rungs.Count; index++)
        {
            var (rung, size) = rungs[index];
            await AddAsync(
                requests[index], options.Predicate with { Where = [.. options.Predicate.Where, .. rung.Where] }, [size with { Name = rung.Name }]);
        }

        return new SubsetResult(
            [.. ladders.Select((made, index) => new SubsetLadder(options.Seed + (ulong)index, made))],
            SubsetOverlap.Of(memberships, options.Seed));

        async Task AddAsync(ScanRequest asked, SubsetPredicate predicate, IReadOnlyList<SubsetSize> wanted)
        {
            var whole = asked with
            {
                Links = await PatientLinks.ReadAsync(corpus, version, duplicates, cancel),
                Folds = FoldImport.Of(folds),
            };
            var scan = await SubsetScan.RunAsync(corpus, version, whole, cancel);
            CheckFound(whole, scan, options);
            var cut = new SubsetCut(version, groups, whole, scan, predicate, terms);
            for (var ladder = 0; ladder < ladders.Length; ladder++)
            {
                cancel.ThrowIfCancellationRequested();
                ladders[ladder].AddRange(cut.Cut(wanted, options.Seed + (ulong)ladder, options.Ladders > 1 ? memberships[ladder] : null));
            }
        }
    }

    private ScanRequest Request(SubsetPredicate predicate, IReadOnlyList<string> where)
    {
        var quotas = predicate.Quotas.Select(quota => new QuotaColumn(quota.Key, quota.Value)).ToList();
        if (predicate.Mix == SourceMix.Balanced)
        {
            if (predicate.Quotas.ContainsKey("source")) throw new FormatException("mix 'balanced' is itself a quota over sources: give one of the two.");
            quotas.Add(new QuotaColumn("source", new Dictionary<string, double>()));
        }

        foreach (var name in predicate.LeaveOut) CheckSource(name);
        var tasks = predicate.ExcludeEvaluation.Select(EvaluationTask.Parse).ToList();
        foreach (var task in tasks) CheckSource(task.Source);
        return new ScanRequest
        {
            Conditions = [.. predicate.Where.Concat(where).Select(CataloguePredicate.Parse)],
            AllowedSources =
            [
                .. version.Sources.Select(source => !predicate.LeaveOut.Contains(source.Name)
                    && SubsetTerms.Allows(predicate.Allow, SubsetCut.TermsOf(source, terms))),
            ],
            Quotas = quotas,
            Tasks = tasks,
        };
    }

    private void CheckSource(string name)
    {
        if (version.Sources.All(source => source.Name != name))
            throw new FormatException(
                $"'{name}' is not a source of version {version.Id}. Its sources are: {string.Join(", ", version.Sources.Select(source => source.Name))}.");
    }

    private static List<SubsetSize> Sizes(IReadOnlyList<string> texts)
    {
        var sizes = texts.Select(SubsetSize.Parse).ToList();
        sizes.Sort((a, b) => (a.Records ?? long.MaxValue).CompareTo(b.Records ?? long.MaxValue));
        return sizes;
    }

    private static void CheckNames(IEnumerable<string> names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (name.Length is 0 or > 100 || name[0] == '.' || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_'))
                throw new FormatException($"rung '{name}': expected a file name of letters, digits, '.', '-' and '_'.");
            if (!seen.Add(name)) throw new FormatException($"rung '{name}' is there twice. Expected names that differ: they become files.");
        }
    }

    private static void CheckFound(ScanRequest request, SubsetScan scan, SubsetOptions options)
    {
        for (var task = 0; task < request.Tasks.Count; task++)
        {
            if (scan.TaskRecords[task] == 0)
                throw new SubsetException(
                    $"Evaluation task {request.Tasks[task]} has no record in this version, so nothing can be left out for it. Name the folds that it has.");
        }

        var useless = request.Links.Report().FirstOrDefault(link => link.Sha256 is not null && link.Pairs > 0 && link.Unknown == link.Pairs);
        if (useless is not null)
            throw new SubsetException(
                $"{useless.Origin}: of no pair are both records in this version. Expected record ids such as ptb-xl/1, as 'ecgdata list' shows them.");
        var groups = new PatientGroups(scan.Records.Patients.Count, []);
        if (request.Folds.Report(groups).FirstOrDefault(file => file.Records > 0 && file.Unknown == file.Records) is { } strange)
            throw new SubsetException(
                $"{strange.File}: none of its {strange.Records} records is in this version. Expected record ids such as ptb-xl/1, as 'ecgdata list' shows them.");
        if (scan.Records.Count == 0)
            throw new SubsetException(
                $"No kept record of this version fits: {string.Join(", ", options.Predicate.Where.Concat(options.Predicate.Allow).DefaultIfEmpty("no condition"))}. " +
                "Relax the conditions; 'ecgdata list' tries them.");
    }

    private static async Task<IReadOnlyList<TwoColumnTable>> TablesAsync(IReadOnlyList<string> paths, string columns, CancellationToken cancel)
    {
        var tables = new List<TwoColumnTable>();
        foreach (var path in paths) tables.Add(await TwoColumnTable.ReadAsync(path, columns, cancel));
        return tables;
    }
}

/// <summary>A subset that is asked for cannot be had: the corpus does not hold what it would take.</summary>
public sealed class SubsetException(string message) : Exception(message);
