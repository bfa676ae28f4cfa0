using System.Security.Cryptography;

namespace EcgData.Shards.Subsets;

/// <summary>Cuts the rungs of a ladder from the records that a scan found.</summary>
internal sealed class SubsetCut
{
    private readonly VersionManifest _version;
    private readonly GroupRows _groupRows;
    private readonly ScanRequest _request;
    private readonly SubsetScan _scan;
    private readonly SubsetPredicate _predicate;
    private readonly IReadOnlyList<SourceTerms> _terms;
    private readonly PatientGroups _groups;
    private readonly EvaluationExclusion? _exclusion;

    public SubsetCut(
        VersionManifest version, GroupRows groupRows, ScanRequest request, SubsetScan scan, SubsetPredicate predicate, IReadOnlyList<SourceTerms> terms)
    {
        (_version, _groupRows, _request, _scan, _predicate, _terms) = (version, groupRows, request, scan, predicate, terms);
        _groups = new PatientGroups(scan.Records.Patients.Count, request.Links.Pairs());
        _exclusion = request.Tasks.Count > 0 ? EvaluationExclusion.Of(scan, request, _groups) : null;
    }

    /// <summary>The terms of a source; the strictest where none are known.</summary>
    public static SourceTerms TermsOf(SourceSummary source, IReadOnlyList<SourceTerms> terms) =>
        terms.FirstOrDefault(known => known.Source == source.Name)
        ?? new SourceTerms(source.Name, source.Licence, SubsetTerms.AccessClasses[^1], "As its publisher asks.");

    /// <param name="sizes">The smallest first.</param>
    /// <param name="memberships">Gets which records each rung holds; null where nobody compares them.</param>
    /// <exception cref="SubsetException">Fewer records are there than a size asks for.</exception>
    public IEnumerable<SubsetRung> Cut(IReadOnlyList<SubsetSize> sizes, ulong seed, List<SubsetMembership>? memberships)
    {
        var records = _scan.Records;
        var ranked = SubsetOrder.Of(records, _groups, _exclusion?.Patients, seed);
        var available = ranked.Records.Length;
        foreach (var size in sizes)
        {
            if (size.Records > available)
                throw new SubsetException(
                    $"{size.Name}: {size.Records:N0} records are asked for, {available:N0} are there" +
                    $"{(available < _version.Totals.Records.Read ? " that the predicate allows" : "")}. Ask for fewer, for 'all', or relax the predicate.");
        }

        QuotaOrder? quotas = null;
        var order = ranked;
        if (_request.Quotas.Count > 0)
        {
            (order, quotas) = QuotaOrder.Rearrange(
                records, _request.Quotas, ranked, _predicate.Mix == SourceMix.Balanced, sizes.Max(size => size.Records ?? available));
        }

        // without links and quotas the order is the one that record lists are digested in, and one pass digests all rungs
        var digested = _groups.AnyJoined ? SubsetOrder.Of(records, new PatientGroups(0, []), _exclusion?.Patients, seed) : ranked;
        using var digest = new RecordListDigest(records.Ids);
        var rows = new SubsetRows(_groupRows);
        var sums = new RungSums(_version.Sources.Count);
        var taken = 0;
        foreach (var size in sizes)
        {
            var end = End(order, size, available);
            if (ReferenceEquals(order, digested)) digest.Add(order.Records.AsMemory(taken..end));
            for (; taken < end; taken++)
            {
                var record = order.Records[taken];
                rows.Add(records.Rows[record], records.Segments[record]);
                var isNewPatient = taken == 0 || records.PatientOf[record] != records.PatientOf[order.Records[taken - 1]];
                sums.Add(records.Sources[record], records.Segments[record], isNewPatient);
            }

            memberships?.Add(new SubsetMembership(size.Name, order.Records.AsSpan(0, end), records.Count, available));
            var recordsDigest = ReferenceEquals(order, digested) ? digest.Current() : DigestOf(records, digested, rows);
            yield return Rung(size.Name, seed, order, end, available, rows.Select(), sums, recordsDigest, quotas);
        }
    }

    /// <summary>Digest of the records whose rows are selected.</summary>
    public static string DigestOf(SubsetRecords records, SubsetOrder order, SubsetRows rows)
    {
        using var digest = new RecordListDigest(records.Ids);
        digest.Add(Array.FindAll(order.Records, record => rows.Contains(records.Rows[record])));
        return digest.Current();
    }

    private int End(SubsetOrder order, SubsetSize size, int available)
    {
        var records = (int)(size.Records ?? available);
        if (!_predicate.WholeGroups || records == available) return records;
        var unit = Array.BinarySearch(order.Units, records);
        var end = order.Units[unit >= 0 ? unit : ~unit - 1];
        return end > 0 ? end : throw new SubsetException(
            $"{size.Name}: the first patient group has {order.Units[1]:N0} records, more than are asked for. Ask for more, or let the last patient be split.");
    }

    private SubsetRung Rung(
        string name, ulong seed, SubsetOrder order, int end, int available, RowSelection selection, RungSums sums, string recordsDigest, QuotaOrder? quotas)
    {
        var shardRows = SubsetRows.AsShardRows(selection, _groupRows);
        var file = shardRows is null ? SelectionFile.Encode(selection, _groupRows.Rows) : null;
        var sources = _version.Sources.Select((source, index) => (Source: source, Records: sums.Records[index], Segments: sums.Segments[index]))
            .Where(source => source.Records > 0).ToList();
        var manifest = SubsetManifest.Identify(new SubsetManifest
        {
            Digest = "",
            Version = _version.Id,
            Name = name,
            Seed = seed,
            Predicate = _predicate,
            Records = end,
            Segments = sums.Segments.Sum(),
            Patients = sums.Patients,
            RecordsDigest = recordsDigest,
            GrowthStable = _request.Quotas.Count == 0,
            Last = end == 0 ? null : PlaceOf(order, order.Records[end - 1]),
            ShardRows = shardRows,
            Selection = file is null ? null : new SelectionFileEntry($"{name}.rows", Convert.ToHexStringLower(SHA256.HashData(file)), file.Length),
            Terms = SubsetTerms.Of([.. sources.Select(source => TermsOf(source.Source, _terms))]),
            Sources =
            [
                .. sources.Select(source => new SubsetSource(
                    source.Source.Name, source.Source.Release, source.Source.Licence, TermsOf(source.Source, _terms).Access, source.Records, source.Segments)),
            ],
            Report = new SubsetReport
            {
                Allowed = available,
                SplitPatient = SplitPatient(order, end),
                JoinedGroups = _groups.Joined,
                Quotas = quotas?.Deviations(order.Records, end) ?? [],
                Links = _request.Links.Report(),
                Folds = _request.Folds.Report(_groups),
            },
        });
        return new SubsetRung(manifest, file, _exclusion?.Certify(manifest));
    }

    private SubsetPlace PlaceOf(SubsetOrder order, int record)
    {
        var patient = _scan.Records.PatientOf[record];
        return new SubsetPlace(
            order.GroupRanks[patient], PatientTable.Text(_scan.Records.Patients.Keys[patient]),
            System.Text.Encoding.UTF8.GetString(_scan.Records.Ids[record]));
    }

    /// <summary>The last patient where more records of its group follow.</summary>
    private string? SplitPatient(SubsetOrder order, int end)
    {
        if (end == 0 || Array.BinarySearch(order.Units, end) >= 0) return null;
        return PatientTable.Text(_scan.Records.Patients.Keys[_scan.Records.PatientOf[order.Records[end - 1]]]);
    }

    private sealed class RungSums(int sources)
    {
        public long[] Records { get; } = new long[sources];

        public long[] Segments { get; } = new long[sources];

        public long Patients { get; private set; }

        public void Add(byte source, int segments, bool isNewPatient)
        {
            Records[source]++;
            Segments[source] += segments;
            if (isNewPatient) Patients++;
        }
    }
}
