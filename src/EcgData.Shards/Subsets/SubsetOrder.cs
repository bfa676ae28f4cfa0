namespace EcgData.Shards.Subsets;

/// <summary>
/// The order that subsets are the first records of: patient groups by the rank of their last member, in a group the patients by rank, of
/// a patient the records by id. It depends on seed, patients and links alone, not on where records lie.
/// </summary>
/// <param name="Records">int[available]: numbers of the records.</param>
/// <param name="Units">int[groups + 1]: where each patient group begins, and the end.</param>
/// <param name="GroupRanks">long[patients]: the rank that each patient's group has.</param>
internal sealed record SubsetOrder(int[] Records, int[] Units, long[] GroupRanks)
{
    /// <param name="groups">Which patients are one.</param>
    /// <param name="excluded">bool[patients]: whose records are not available; null: all are.</param>
    public static SubsetOrder Of(SubsetRecords records, PatientGroups groups, bool[]? excluded, ulong seed)
    {
        var keys = records.Patients.Keys.ToArray();
        var ranks = PatientRanks.Of(keys, seed);
        var last = LastMembers(keys, ranks, groups);
        var counts = new int[keys.Length];
        foreach (var patient in records.PatientOf) counts[patient]++;
        if (excluded is not null)
        {
            for (var patient = 0; patient < counts.Length; patient++) counts[patient] = excluded[patient] ? 0 : counts[patient];
        }

        var patients = SortedPatients(keys, ranks, last, counts);
        var starts = new int[keys.Length];
        var units = new List<int>();
        var next = 0;
        for (var index = 0; index < patients.Length; index++)
        {
            var patient = patients[index];
            if (index == 0 || groups.Of(patient) != groups.Of(patients[index - 1])) units.Add(next);
            starts[patient] = next;
            next += counts[patient];
        }

        units.Add(next);
        return new SubsetOrder(Fill(records, patients, starts, counts, next), [.. units], ranks.Length == 0 ? ranks : [.. last.Select(member => ranks[member])]);
    }

    /// <returns>int[patients]: of each patient's group the member with the highest rank; the patient itself where it is alone.</returns>
    private static int[] LastMembers(ulong[] keys, long[] ranks, PatientGroups groups)
    {
        var last = new int[keys.Length];
        for (var patient = 0; patient < last.Length; patient++) last[patient] = patient;
        if (!groups.AnyJoined) return last;
        for (var patient = 0; patient < last.Length; patient++)
        {
            var group = groups.Of(patient);
            if ((ranks[patient], keys[patient]).CompareTo((ranks[last[group]], keys[last[group]])) > 0) last[group] = patient;
        }

        for (var patient = 0; patient < last.Length; patient++)
        {
            if (groups.Of(patient) != patient) last[patient] = last[groups.Of(patient)];
        }

        return last;
    }

    /// <summary>Patients that have available records, in order.</summary>
    private static int[] SortedPatients(ulong[] keys, long[] ranks, int[] last, int[] counts)
    {
        var patients = new int[counts.Count(count => count > 0)];
        var used = 0;
        for (var patient = 0; patient < counts.Length; patient++)
        {
            if (counts[patient] > 0) patients[used++] = patient;
        }

        var groupRanks = Array.ConvertAll(patients, patient => ranks[last[patient]]);
        Array.Sort(groupRanks, patients);
        for (var first = 0; first < patients.Length;)
        {
            var end = first + 1;
            while (end < patients.Length && groupRanks[end] == groupRanks[first]) end++;
            if (end - first > 1)
            {
                patients.AsSpan(first, end - first).Sort((a, b) =>
                    (keys[last[a]], ranks[a], keys[a]).CompareTo((keys[last[b]], ranks[b], keys[b])));
            }

            first = end;
        }

        return patients;
    }

    private static int[] Fill(SubsetRecords records, int[] patients, int[] starts, int[] counts, int available)
    {
        var order = new int[available];
        var places = starts.ToArray();
        var patientOf = records.PatientOf;
        for (var record = 0; record < patientOf.Length; record++)
        {
            if (counts[patientOf[record]] > 0) order[places[patientOf[record]]++] = record;
        }

        const int Piece = 1 << 12;
        Parallel.For(0, (patients.Length + Piece - 1) / Piece, piece =>
        {
            for (var index = piece * Piece; index < Math.Min(patients.Length, (piece + 1) * Piece); index++)
            {
                var patient = patients[index];
                var own = order.AsSpan(starts[patient], counts[patient]);
                if (!records.AreSorted(own[0], own[^1])) SortById(records.Ids, own);
            }
        });
        return order;
    }

    /// <summary>Records of one patient: few, so that each is put into place among those before it.</summary>
    private static void SortById(RecordIds ids, Span<int> records)
    {
        if (records.Length > 32)
        {
            records.Sort((a, b) => ids[a].SequenceCompareTo(ids[b]));
            return;
        }

        for (var index = 1; index < records.Length; index++)
        {
            var record = records[index];
            var id = ids[record];
            var place = index;
            for (; place > 0 && ids[records[place - 1]].SequenceCompareTo(id) > 0; place--) records[place] = records[place - 1];
            records[place] = record;
        }
    }
}
