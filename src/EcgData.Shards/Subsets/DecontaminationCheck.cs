namespace EcgData.Shards.Subsets;

/// <summary>What was found, to be kept with a run: by which certificate a subset may be judged on a task, or that it was used without one.</summary>
/// <param name="Task">The task, <c>ptb-xl:9,10</c>.</param>
/// <param name="Certificate">Digest of the certificate; null where somebody said that there need be none.</param>
public sealed record DecontaminationOutcome(string Task, string? Certificate);

/// <summary>Whether a model trained on a subset may be judged on a task: the gate that pretraining and evaluation pass.</summary>
public static class DecontaminationCheck
{
    /// <summary>Holds the certificate beside a subset against the subset, the version and the tasks.</summary>
    /// <param name="subset">As <see cref="SubsetManifest.ReadAsync"/> read it.</param>
    /// <param name="tasks">What the model will be judged on.</param>
    /// <param name="without">Tasks, or sources, for which no certificate is asked: <c>--without-certificate ptb-xl</c>.</param>
    /// <exception cref="CorpusException">There is no certificate, it is about something else, or the subset holds what it should not.</exception>
    public static async Task<IReadOnlyList<DecontaminationOutcome>> RunAsync(
        CorpusStore corpus, VersionManifest version, SubsetManifest subset, IReadOnlyList<EvaluationTask> tasks, IReadOnlyCollection<string> without,
        CancellationToken cancel = default)
    {
        var asked = tasks.Where(task => !without.Contains(task.ToString()) && !without.Contains(task.Source)).ToList();
        string? digest = null;
        if (asked.Count > 0)
        {
            var certificate = await FindAsync(subset, asked, cancel);
            await HoldAgainstAsync(corpus, version, subset, certificate, asked, cancel);
            digest = certificate.Digest;
        }

        return [.. tasks.Select(task => new DecontaminationOutcome(task.ToString(), asked.Contains(task) ? digest : null))];
    }

    private static async Task<DecontaminationCertificate> FindAsync(SubsetManifest subset, List<EvaluationTask> tasks, CancellationToken cancel)
    {
        var make = $"Make the subset with {string.Join(' ', tasks.Select(task => $"--exclude-evaluation {task}"))}, or say " +
            $"{string.Join(' ', tasks.Select(task => $"--without-certificate {task}"))} if models may have seen these patients.";
        var path = DecontaminationCertificate.PathOf(subset.Path ?? throw new ArgumentException("The subset was not read from a file.", nameof(subset)));
        if (!File.Exists(path)) throw new CorpusException($"{path}: there is no certificate that the subset leaves the patients of {tasks[0]} out. {make}");
        var certificate = await DecontaminationCertificate.ReadAsync(path, cancel);
        if (certificate.Subset != subset.Digest || certificate.RecordsDigest != subset.RecordsDigest || certificate.Version != subset.Version)
            throw new CorpusException(
                $"{path}: it certifies subset {certificate.Subset} of version {certificate.Version}; beside it lies {subset.Digest} of version {subset.Version}. {make}");
        if (tasks.FirstOrDefault(task => !certificate.Tasks.Any(certified => certified.Task.Covers(task))) is { } missing)
            throw new CorpusException(
                $"{path}: it says nothing about {missing}; it is about {string.Join(", ", certificate.Tasks.Select(task => task.Task))}. {make}");
        return certificate;
    }

    private static async Task HoldAgainstAsync(
        CorpusStore corpus, VersionManifest version, SubsetManifest subset, DecontaminationCertificate certificate, List<EvaluationTask> tasks,
        CancellationToken cancel)
    {
        var selected = SubsetRows.Of(await subset.LoadSelectionAsync(corpus, version, cancel), await GroupRows.ReadAsync(corpus, version, cancel));
        var links = await PatientLinks.ReadAsync(corpus, version, [], cancel);
        var scan = await SubsetScan.RunAsync(corpus, version, new ScanRequest { Tasks = tasks, Links = links, WithIds = false }, cancel);
        var keys = scan.Records.Patients.Keys;
        var certified = certificate.Patients.ToHashSet(StringComparer.Ordinal);
        var isOut = new bool[keys.Length];
        for (var patient = 0; patient < isOut.Length; patient++) isOut[patient] = certified.Contains(PatientTable.Text(keys[patient]));

        for (var record = 0; record < scan.Records.Count; record++)
        {
            if (isOut[scan.Records.PatientOf[record]] && selected.Contains(scan.Records.Rows[record]))
                throw new CorpusException(
                    $"{subset.Path}: it holds a record of patient " +
                    $"{PatientTable.Text(keys[scan.Records.PatientOf[record]])}, whom its certificate leaves out. Make the subset again.");
        }

        // of folds that were imported the catalogue knows nothing: the certificate names the file by digest
        foreach (var (patient, task) in certificate.Folds.Count == 0 ? scan.Evaluated : [])
        {
            if (!isOut[patient])
                throw new CorpusException(
                    $"{subset.Path}: its certificate does not leave out patient {PatientTable.Text(keys[patient])} of {tasks[task]}. Make the subset again.");
        }

        foreach (var (a, b) in links.Pairs())
        {
            if (isOut[a] != isOut[b])
                throw new CorpusException(
                    $"{subset.Path}: the catalogue says that patients {PatientTable.Text(keys[a])} and {PatientTable.Text(keys[b])} are one; its " +
                    "certificate leaves only one of them out. Make the subset again.");
        }
    }
}
