using CsCheck;
using EcgData.Shards.Subsets;

namespace EcgData.Shards.Tests.Subsets;

/// <summary>Properties of subsets over corpora that are made up: several sources, patients with many records, records with many segments, links.</summary>
public sealed class SubsetBuildTests
{
    /// <summary>Records of three sources; a patient has up to seven, some are rejected, some are linked to others by the catalogue.</summary>
    internal static readonly Gen<List<SomeRecord>> Corpora =
        Gen.Select(Gen.Int[0, 2], Gen.Int[1, 7], Gen.Int[1, 3], Gen.Int[0, 1 << 20]).Array[30, 90].Select(patients => Records(patients));

    private static readonly SourceTerms[] Terms =
    [
        new("open", "CC-BY-4.0", "open", "Cite open."), new("shared", "CC-BY-NC-SA-4.0", "credentialed", "Cite shared."),
        new("own", "LicenseRef-own", "restricted", "As its owner asks."),
    ];

    [Fact]
    public async Task Run_AnySizeAndSeed_IsWhatTheDefinitionSays() => await Gen.Select(Corpora, Gen.Int[1, 60], Gen.ULong[0, 3]).SampleAsync(
        async (records, size, seed) =>
        {
            using var corpus = await SomeCorpus.WriteAsync(records);
            var rung = await OneAsync(corpus, new SubsetOptions { Sizes = [$"{size}"], Seed = seed });

            var expected = SlowSubset.Order(records, seed).Take(size).ToList();
            Assert.Equal(Sorted(expected), await IdsAsync(corpus, rung));
            Assert.Equal(size, rung.Manifest.Records);
            Assert.Equal(expected.Sum(record => record.Segments), rung.Manifest.Segments);
            Assert.Equal(expected.Select(record => record.Patient).Distinct().Count(), rung.Manifest.Patients);
            Assert.Equal(SlowSubset.Digest(expected, seed), rung.Manifest.RecordsDigest);
            Assert.Equal(expected[^1].Id, rung.Manifest.Last!.RecordId);
            Assert.Equal(
                expected.CountBy(record => record.Source).OrderBy(source => Array.FindIndex(Terms, term => term.Source == source.Key)).Select(source => (source.Key, (long)source.Value)).Order(),
                rung.Manifest.Sources.Select(source => (source.Name, source.Records)).Order());
        }, iter: 40);

    [Fact]
    public async Task Run_Ladder_EachRungHoldsTheOnesBefore() => await Corpora.SampleAsync(
        async records =>
        {
            using var corpus = await SomeCorpus.WriteAsync(records);
            string[] quotas = ["", "sex"];
            foreach (var quota in quotas)
            {
                var predicate = new SubsetPredicate { Quotas = Quota(quota) };
                var ladder = Assert.Single((await BuildAsync(corpus, new SubsetOptions { Sizes = ["5", "18", "29", "all"], Predicate = predicate })).Ladders);
                HashSet<string> before = [];
                foreach (var rung in ladder.Rungs)
                {
                    var ids = (await IdsAsync(corpus, rung)).ToHashSet();
                    Assert.Subset(ids, before);
                    before = ids;
                }

                Assert.Equal(records.Count(record => record.Kept), before.Count);
            }
        }, iter: 25);

    [Fact]
    public async Task Run_AnySize_SplitsTheLastPatientAtMost() => await Gen.Select(Corpora, Gen.Int[1, 60]).SampleAsync(
        async (records, size) =>
        {
            using var corpus = await SomeCorpus.WriteAsync(records);
            var groups = SlowSubset.Groups(records, []);
            var rung = await OneAsync(corpus, new SubsetOptions { Sizes = [$"{size}"] });
            var ids = (await IdsAsync(corpus, rung)).ToHashSet();
            var split = Split(records, groups, ids);
            Assert.InRange(split.Count, 0, 1);
            Assert.Equal(split.Count == 1, rung.Manifest.Report.SplitPatient is not null);

            if (groups[SlowSubset.Order(records, 0)[0].Patient.Value].Sum(patient => records.Count(record => record.Kept && record.Patient.Value == patient)) > size) return;
            var whole = await OneAsync(corpus, new SubsetOptions { Sizes = [$"{size}"], Predicate = new SubsetPredicate { WholeGroups = true } });
            var wholeIds = (await IdsAsync(corpus, whole)).ToHashSet();
            Assert.Empty(Split(records, groups, wholeIds));
            Assert.Subset(ids, wholeIds);
            Assert.InRange(whole.Manifest.Records, 1, size);
        }, iter: 25);

    [Fact]
    public async Task Run_RecordsAddedAndRemoved_TheOthersKeepTheirOrder() => await Gen.Select(Corpora, Corpora, Gen.Int[5, 30]).SampleAsync(
        async (records, others, size) =>
        {
            // patients of `others` are new ones, and a third of the old records goes
            var stay = records.Where((record, index) => index % 3 != 0 || record.DuplicateOf is not null).ToList();
            List<SomeRecord> grown = [.. stay, .. others.Select(record => record with { NativeId = "new-" + record.NativeId, PatientId = "new-" + record.PatientId, DuplicateOf = null })];
            grown = [.. grown.OrderBy(record => record.Source, StringComparer.Ordinal)];
            var links = records.Where(record => record.DuplicateOf is not null).Select(record => (record.Id, record.DuplicateOf!)).ToList();
            if (links.Any(link => stay.All(record => record.Id != link.Item1) || stay.All(record => record.Id != link.Item2))) return;   // a link went too
            using var before = await SomeCorpus.WriteAsync(records);
            using var after = await SomeCorpus.WriteAsync(grown);

            var small = (await IdsAsync(before, await OneAsync(before, new SubsetOptions { Sizes = [$"{size}"] }))).ToHashSet();
            var left = small.Where(id => stay.Any(record => record.Id == id)).ToHashSet();
            var position = SlowSubset.Order(grown, 0).FindLastIndex(record => left.Contains(record.Id)) + 1;
            if (position == 0) return;
            var large = await IdsAsync(after, await OneAsync(after, new SubsetOptions { Sizes = [$"{position}"] }));
            Assert.Equal(left.Order(StringComparer.Ordinal), large.Where(id => stay.Any(record => record.Id == id)));
        }, iter: 25);

    [Fact]
    public async Task Run_OtherOrderOfRowsAndShards_SameRecordsAndDigest() => await Gen.Select(Corpora, Gen.Int[1, 50], Gen.Int[0, 1 << 20]).SampleAsync(
        async (records, size, shuffle) =>
        {
            using var one = await SomeCorpus.WriteAsync(records);
            List<SomeRecord> turned = [.. records.OrderBy(record => PatientKey.Of($"{shuffle}", record.Id).Value, StringComparer.Ordinal)];
            using var other = await SomeCorpus.WriteAsync(turned, shardRecords: 17, reverseRows: true);
            var options = new SubsetOptions { Sizes = [$"{size}", "all"], Seed = 1, Predicate = new SubsetPredicate { Quotas = Quota(shuffle % 2 == 0 ? "" : "sex") } };

            var first = (await BuildAsync(one, options)).Ladders[0].Rungs;
            var second = (await BuildAsync(other, options)).Ladders[0].Rungs;
            for (var rung = 0; rung < 2; rung++)
            {
                Assert.Equal(await IdsAsync(one, first[rung]), await IdsAsync(other, second[rung]));
                Assert.Equal(first[rung].Manifest.RecordsDigest, second[rung].Manifest.RecordsDigest);
                Assert.Equal(first[rung].Manifest.Last, second[rung].Manifest.Last);
            }
        }, iter: 25);

    [Fact]
    public async Task Run_Twice_SameBytes()
    {
        using var corpus = await SomeCorpus.WriteAsync(Some());
        var options = new SubsetOptions { Sizes = ["10", "all"], Seed = 3, Predicate = new SubsetPredicate { ExcludeEvaluation = ["open:1"], Quotas = Quota("sex") } };
        foreach (var folder in (string[])["a", "b"]) await (await BuildAsync(corpus, options)).WriteAsync(corpus[folder]);

        var files = Directory.GetFiles(corpus["a"]).Select(Path.GetFileName).Order().ToList();
        Assert.Contains("10.certificate.json", files);
        Assert.Contains("10.rows", files);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(Path.Join(corpus["a"], file)), File.ReadAllBytes(Path.Join(corpus["b"], file))));
    }

    [Fact]
    public async Task Run_DefaultSeedWithoutPredicate_NeedsNoSelectionFile() => await Gen.Select(Corpora, Gen.Int[1, 60]).SampleAsync(
        async (records, size) =>
        {
            List<SomeRecord> unlinked = [.. records.Select(record => record with { DuplicateOf = null })];
            using var corpus = await SomeCorpus.WriteAsync(unlinked);
            var rung = await OneAsync(corpus, new SubsetOptions { Sizes = [$"{size}"] });
            Assert.Null(rung.SelectionFile);
            Assert.Equal(rung.Manifest.Segments, rung.Manifest.ShardRows!.Sum());
            Assert.Equal(Sorted(SlowSubset.Order(unlinked, 0).Take(size)), await IdsAsync(corpus, rung));
        }, iter: 20);

    [Fact]
    public async Task Run_Ladders_OverlapAsChanceHasIt()
    {
        List<SomeRecord> records = [.. Enumerable.Range(0, 6000).Select(number => new SomeRecord("open", $"{number}", $"{number / 2}"))];
        using var corpus = await SomeCorpus.WriteAsync(records, shardRecords: 2000);

        var result = await BuildAsync(corpus, new SubsetOptions { Sizes = ["600", "3000", "all"], Ladders = 3 });

        Assert.Equal([0ul, 1, 2], result.Ladders.Select(ladder => ladder.Seed));
        Assert.Equal(9, result.Overlaps.Count);
        foreach (var overlap in result.Overlaps)
        {
            // drawn without replacement, in pairs of records: standard deviation of the share below 0.02 at 300 of 3,000 patients
            Assert.Equal(overlap.Name switch { "600" => 0.1, "3000" => 0.5, _ => 1 }, overlap.Expected);
            Assert.InRange(overlap.Share, overlap.Expected - 0.07, overlap.Expected + 0.07);
            var (a, b) = ((int)overlap.SeedA, (int)overlap.SeedB);
            var size = overlap.Name == "all" ? 6000 : int.Parse(overlap.Name);
            var expected = SlowSubset.Order(records, (ulong)a).Take(size).Intersect(SlowSubset.Order(records, (ulong)b).Take(size)).Count();
            Assert.Equal(expected, overlap.Shared);
        }
    }

    [Fact]
    public async Task Run_LinksFromAFile_JoinPatientsOverSources()
    {
        var records = Some();
        using var corpus = await SomeCorpus.WriteAsync(records);
        (string, string)[] links = [(records[0].Id, records[^1].Id), (records[5].Id, records[20].Id), (records[20].Id, records[0].Id), ("open/none", records[3].Id)];
        await File.WriteAllLinesAsync(corpus["links.csv"], ["a,b,score", .. links.Select(link => $"{link.Item1},\"{link.Item2}\",0.9")]);

        var rung = await OneAsync(corpus, new SubsetOptions { Sizes = ["25"], Duplicates = [corpus["links.csv"]] });

        Assert.Equal(Sorted(SlowSubset.Order(records, 0, links).Take(25)), await IdsAsync(corpus, rung));
        var report = rung.Manifest.Report.Links.Single(link => link.Origin == "links.csv");
        Assert.Equal((4, 1), (report.Pairs, report.Unknown));
        Assert.True(rung.Manifest.Report.JoinedGroups > 0);
    }

    [Fact]
    public async Task Run_MoreThanThereIs_SaysHowManyThereAre()
    {
        using var corpus = await SomeCorpus.WriteAsync([new SomeRecord("open", "1", "1"), new SomeRecord("open", "2", "2", Kept: false)]);
        var refusal = await Assert.ThrowsAsync<SubsetException>(() => BuildAsync(corpus, new SubsetOptions { Sizes = ["2"] }));
        Assert.StartsWith("2: 2 records are asked for, 1 are there that the predicate allows", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RungsWithTheirOwnConditions_AreCutFromThese()
    {
        var records = Some();
        using var corpus = await SomeCorpus.WriteAsync(records);
        var result = await BuildAsync(corpus, new SubsetOptions
        {
            Rungs = [new RungOptions { Name = "a", Where = ["site=S1-1987"] }, new RungOptions { Name = "b", Where = ["year>=1990", "source=open|own"], Size = "3" }],
        });

        Assert.Equal(Sorted(records.Where(record => record.Kept && record.Site == "S1-1987")), await IdsAsync(corpus, result.Ladders[0].Rungs[0]));
        Assert.Equal(
            Sorted(SlowSubset.Order(records, 0, allowed: record => record.Source != "shared" && record.Site != "S1-1987").Take(3)),
            await IdsAsync(corpus, result.Ladders[0].Rungs[1]));
    }

    internal static Task<SubsetResult> BuildAsync(SomeCorpus corpus, SubsetOptions options) =>
        new SubsetBuild(corpus.Store, corpus.Version, Terms).RunAsync(options);

    internal static async Task<SubsetRung> OneAsync(SomeCorpus corpus, SubsetOptions options) =>
        Assert.Single(Assert.Single((await BuildAsync(corpus, options)).Ladders).Rungs);

    /// <summary>Writes the rung, loads it, and tells whose rows it selects; a record's rows are all selected or none.</summary>
    internal static async Task<List<string>> IdsAsync(SomeCorpus corpus, SubsetRung rung)
    {
        Directory.CreateDirectory(corpus["written"]);
        await rung.WriteAsync(corpus["written"]);
        var read = await SubsetManifest.ReadAsync(Path.Join(corpus["written"], $"{rung.Manifest.Name}.json"));
        var selection = await read.LoadSelectionAsync(corpus.Store, corpus.Version);
        var groups = new Dictionary<(string, int), (int Group, int Row)>();
        await using var stream = await corpus.Store.Objects.OpenReadAsync(CorpusPaths.RowGroups(corpus.Version.Id));
        var number = 0;
        await foreach (var row in RowGroupTable.ReadAsync(stream))
        {
            for (var index = 0; index < row.RowGroup.Rows; index++) groups[(row.Shard, row.RowGroup.FirstRow + index)] = (number, index);
            number++;
        }

        var ids = new List<string>();
        foreach (var (id, place) in corpus.Places)
        {
            var selected = Enumerable.Range(place.Row, place.Segments).Count(row => groups[(place.Shard, row)] is var at && selection.Contains(at.Group, at.Row));
            Assert.True(selected == 0 || selected == place.Segments, $"{id}: {selected} of {place.Segments} segments");
            if (selected > 0) ids.Add(id);
        }

        return [.. ids.Order(StringComparer.Ordinal)];
    }

    internal static List<SomeRecord> Some() => Records([.. Enumerable.Range(0, 60).Select(number => (number % 3, 1 + number % 5, 1 + number % 3, 1000 + 7919 * number))]);

    internal static IEnumerable<string> Sorted(IEnumerable<SomeRecord> records) => records.Select(record => record.Id).Order(StringComparer.Ordinal);

    internal static Dictionary<string, IReadOnlyDictionary<string, double>> Quota(string column) =>
        column.Length == 0 ? [] : new() { [column] = new Dictionary<string, double>() };

    private static HashSet<string> Split(List<SomeRecord> records, Dictionary<string, HashSet<string>> groups, HashSet<string> ids) =>
        records.Where(record => record.Kept).GroupBy(record => groups[record.Patient.Value].Min()!)
            .Where(group => group.Any(record => ids.Contains(record.Id)) && !group.All(record => ids.Contains(record.Id))).Select(group => group.Key).ToHashSet();

    private static List<SomeRecord> Records((int Source, int Records, int Segments, int Seed)[] patients)
    {
        string[] sources = ["open", "own", "shared"];
        var made = new List<SomeRecord>();
        for (var patient = 0; patient < patients.Length; patient++)
        {
            var (source, count, segments, seed) = patients[patient];
            for (var record = 0; record < count; record++)
            {
                made.Add(new SomeRecord(
                    sources[source], $"{(seed + 31 * record) % 997:D3}-{patient}-{record}", $"{patient}", segments,
                    Sex: (seed % 5) switch { 0 => null, 1 or 2 => "male", _ => "female" }, Age: seed % 11 == 0 ? null : 20 + seed % 60, Site: seed % 4 == 0 ? "S1-1987" : "S2-2019",
                    Fold: 1 + seed % 10, Kept: (seed + record) % 9 != 0,
                    DuplicateOf: seed % 13 == 0 && record == 0 && made.Count > 0 ? made[seed % made.Count].Id : null));
            }
        }

        return [.. made.OrderBy(record => record.Source, StringComparer.Ordinal)];
    }
}
