namespace EcgData.Shards.Subsets;

/// <summary>The patient groups that evaluation tasks hold records of, wherever else they occur.</summary>
/// <param name="Patients">bool[patients]: left out.</param>
internal sealed record EvaluationExclusion(
    bool[] Patients, SubsetScan Scan, IReadOnlyList<CertifiedTask> Tasks, long Groups, ScanRequest Request, PatientGroups Components)
{
    public static EvaluationExclusion Of(SubsetScan scan, ScanRequest request, PatientGroups groups)
    {
        var all = scan.Evaluated.Select(evaluated => groups.Of(evaluated.Patient)).ToHashSet();
        var patients = new bool[scan.Records.Patients.Count];
        for (var patient = 0; patient < patients.Length; patient++) patients[patient] = all.Contains(groups.Of(patient));
        return new EvaluationExclusion(
            patients, scan,
            [
                .. request.Tasks.Select((task, index) => new CertifiedTask(
                    task.Source, task.Folds, scan.TaskRecords[index],
                    scan.Evaluated.Where(evaluated => evaluated.Task == index).Select(evaluated => groups.Of(evaluated.Patient)).Distinct().LongCount())),
            ],
            all.Count, request, groups);
    }

    /// <summary>The certificate of a subset from which these groups were left out.</summary>
    public DecontaminationCertificate Certify(SubsetManifest subset)
    {
        var keys = Scan.Records.Patients.Keys;
        var left = new List<ulong>();
        for (var patient = 0; patient < Patients.Length; patient++)
        {
            if (Patients[patient]) left.Add(keys[patient]);
        }

        left.Sort();
        long records = 0;
        foreach (var patient in Scan.Records.PatientOf) records += Patients[patient] ? 1 : 0;
        return DecontaminationCertificate.Identify(new DecontaminationCertificate
        {
            Digest = "",
            Version = subset.Version,
            Subset = subset.Digest,
            RecordsDigest = subset.RecordsDigest,
            Tasks = Tasks,
            Groups = Groups,
            RecordsLeftOut = records,
            Links = Request.Links.Report(),
            Folds = Request.Folds.Report(Components),
            Patients = [.. left.Select(PatientTable.Text)],
        });
    }
}
