namespace EcgData.Shards.Subsets;

/// <summary>Patients that are known to be one: the connected components of the links between them.</summary>
internal sealed class PatientGroups
{
    private readonly int[]? _parents;   // null where every patient is a group of its own

    public PatientGroups(int patients, IEnumerable<(int A, int B)> links)
    {
        foreach (var (a, b) in links)
        {
            _parents ??= [.. Enumerable.Range(0, patients)];
            var (rootA, rootB) = (Root(a), Root(b));
            if (rootA != rootB) _parents[Math.Max(rootA, rootB)] = Math.Min(rootA, rootB);
        }

        for (var patient = 0; patient < (_parents?.Length ?? 0); patient++) _parents![patient] = Root(patient);
    }

    /// <summary>Some patients are joined.</summary>
    public bool AnyJoined => _parents is not null;

    /// <summary>The group of a patient, named by one of its patients.</summary>
    public int Of(int patient) => _parents is null ? patient : _parents[patient];

    /// <summary>Groups of more than one patient.</summary>
    public long Joined => _parents is null ? 0 : Enumerable.Range(0, _parents.Length).Where(patient => Of(patient) != patient).Select(Of).Distinct().LongCount();

    private int Root(int patient)
    {
        while (_parents![patient] != patient) patient = _parents[patient] = _parents[_parents[patient]];
        return patient;
    }
}
