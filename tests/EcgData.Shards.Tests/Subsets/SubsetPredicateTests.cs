using EcgData.Shards.Subsets;
using static EcgData.Shards.Tests.Subsets.SubsetBuildTests;

namespace EcgData.Shards.Tests.Subsets;

/// <summary>What a predicate lets in, and in which shares.</summary>
public sealed class SubsetPredicateTests
{
    [Theory]
    [InlineData("source!=own")]
    [InlineData("source=open|shared@1")]
    [InlineData("sex=female")]
    [InlineData("sex=null")]
    [InlineData("sex!=null")]
    [InlineData("age_years>=40")]
    [InlineData("fold!=1|2")]
    [InlineData("fold<5")]
    [InlineData("labels=test:male")]
    [InlineData("record_id~-1-")]
    [InlineData("segments>1")]
    [InlineData("year=1987")]
    [InlineData("patient_known=true")]
    [InlineData("site~1987")]
    public async Task Where_Condition_HoldsAsItDoesForListedRows(string condition)
    {
        using var corpus = await SomeCorpus.WriteAsync(Some());
        var rung = await OneAsync(corpus, new SubsetOptions { Sizes = ["all"], Predicate = new SubsetPredicate { Where = [condition] } });

        var predicate = CataloguePredicate.Parse(condition);
        var listed = new List<string>();
        await foreach (var row in corpus.Store.ReadCatalogueAsync(corpus.Version))
        {
            if (row.State == "kept" && predicate.Holds(row)) listed.Add(row.RecordId);
        }

        Assert.NotEmpty(listed);
        Assert.Equal(listed.Order(StringComparer.Ordinal), await IdsAsync(corpus, rung));
    }

    [Theory]
    [InlineData("2019-05-03 10:00:00", null, 2019.0)]
    [InlineData("05-Feb-2020 11:39:16", "S0001-1987", 2020.0)]
    [InlineData(null, "S0001-1987", 1987.0)]
    [InlineData("unknown", "S0001", null)]
    public void Year_OfTimeOrSite(string? recorded, string? site, double? year) => Assert.Equal(year, CataloguePredicate.Year(recorded, site));

    [Theory]
    [InlineData("open", "open")]
    [InlineData("credentialed", "open,shared")]
    [InlineData("restricted", "open,own,shared")]
    [InlineData("restricted,no-nc", "open")]        // of a licence that nobody knows the worst is to be expected
    public async Task Allow_Terms_NoRecordOfStricterOnes(string allow, string sources)
    {
        var records = Some();
        using var corpus = await SomeCorpus.WriteAsync(records);
        var rung = await OneAsync(corpus, new SubsetOptions { Sizes = ["all"], Predicate = new SubsetPredicate { Allow = allow.Split(',') } });

        Assert.Equal(Sorted(records.Where(record => record.Kept && sources.Split(',').Contains(record.Source))), await IdsAsync(corpus, rung));
    }

    [Fact]
    public async Task Terms_OfSeveralSources_AreTheStrictest()
    {
        using var corpus = await SomeCorpus.WriteAsync(Some());
        var terms = (await OneAsync(corpus, new SubsetOptions { Sizes = ["all"], Predicate = new SubsetPredicate { Allow = ["credentialed"] } })).Manifest.Terms;

        Assert.Equal(("credentialed", "CC-BY-NC-SA-4.0"), (terms.Access, terms.Strictest));
        Assert.Equal(["CC-BY-4.0", "CC-BY-NC-SA-4.0"], terms.Licences);
        Assert.Equal(["attribution", "share-alike", "non-commercial"], terms.Obligations);
        Assert.Equal(["open: Cite open. Licence: CC-BY-4.0.", "shared: Cite shared. Licence: CC-BY-NC-SA-4.0."], terms.Attribution);
    }

    [Fact]
    public async Task Terms_OfASourceThatNobodyKnows_AreTheStrictestThereAre()
    {
        using var corpus = await SomeCorpus.WriteAsync([new SomeRecord("open", "1", "1"), new SomeRecord("strange", "1", "1")]);
        var all = (await OneAsync(corpus, new SubsetOptions { Sizes = ["all"] })).Manifest;
        var open = (await OneAsync(corpus, new SubsetOptions { Sizes = ["all"], Predicate = new SubsetPredicate { Allow = ["credentialed"] } })).Manifest;

        Assert.Equal("restricted", all.Terms.Access);
        Assert.Contains("no-redistribution", all.Terms.Obligations);
        Assert.Equal("open", Assert.Single(open.Sources).Name);
    }

    [Fact]
    public async Task LeaveOut_Source_NoneOfItsRecords()
    {
        var records = Some();
        using var corpus = await SomeCorpus.WriteAsync(records);
        var rung = await OneAsync(corpus, new SubsetOptions { Sizes = ["20"], Predicate = new SubsetPredicate { LeaveOut = ["shared"] } });
        Assert.Equal(Sorted(SlowSubset.Order(records, 0, allowed: record => record.Source != "shared").Take(20)), await IdsAsync(corpus, rung));
        Assert.True(rung.Manifest.GrowthStable);
    }

    [Theory]
    [InlineData("sex", "female:0.5,male:0.5", 400)]
    [InlineData("sex", "F:0.2,M:0.7", 400)]          // a tenth for unknown sex
    [InlineData("source", "open:0.6,own:0.4", 500)]  // none of the third
    [InlineData("age", "20-40:0.25,40-60:0.25,60+:0.5", 300)]
    [InlineData("site", "S1-1987:0.3,S2-2019:0.7", 600)]
    public async Task Quota_Shares_AreKeptAtExactSize(string column, string shares, int size)
    {
        var records = Many(2000);
        using var corpus = await SomeCorpus.WriteAsync(records, shardRecords: 500);
        var quotas = new Dictionary<string, IReadOnlyDictionary<string, double>>
        {
            [column] = shares.Split(',').Select(share => share.Split(':')).ToDictionary(share => share[0], share => double.Parse(share[1])),
        };
        var rungs = (await BuildAsync(corpus, new SubsetOptions { Sizes = [$"{size / 2}", $"{size}"], Predicate = new SubsetPredicate { Quotas = quotas } })).Ladders[0].Rungs;

        foreach (var rung in rungs)
        {
            var ids = await IdsAsync(corpus, rung);
            var chosen = records.Where(record => ids.Contains(record.Id)).ToList();
            Assert.Equal(rung.Manifest.Records, chosen.Count);
            Assert.False(rung.Manifest.GrowthStable);
            foreach (var (value, share) in quotas[column])
            {
                var found = chosen.Count(record => ValueOf(record, column) is { } text && Matches(column, value, text)) / (double)chosen.Count;
                Assert.InRange(found, share - 0.005 - 2.0 / chosen.Count, share + 0.005 + 2.0 / chosen.Count);   // a patient has three records at most
                var told = rung.Manifest.Report.Quotas.Single(quota => Matches(column, value, quota.Value) || quota.Value == value);
                Assert.Equal(found, told.Found, tolerance: 1e-6);
            }
        }
    }

    [Fact]
    public async Task Quota_MoreThanThereIs_IsFilledAndTold()
    {
        List<SomeRecord> records = [.. Many(300).Select((record, index) => record with { Sex = index % 10 == 0 ? "female" : "male", PatientId = $"{index}" })];
        using var corpus = await SomeCorpus.WriteAsync(records);
        var quotas = new Dictionary<string, IReadOnlyDictionary<string, double>> { ["sex"] = new Dictionary<string, double> { ["female"] = 0.5, ["male"] = 0.5 } };
        var rung = await OneAsync(corpus, new SubsetOptions { Sizes = ["200"], Predicate = new SubsetPredicate { Quotas = quotas } });

        Assert.Equal(200, rung.Manifest.Records);
        var female = rung.Manifest.Report.Quotas.Single(quota => quota.Value == "female");
        Assert.Equal((30, 0.15, true), (female.Records, female.Found, female.Exhausted));
    }

    [Fact]
    public async Task Mix_Balanced_SourcesHaveEqualShares()
    {
        List<SomeRecord> records = [.. Many(900).Select((record, index) => record with { Source = index < 700 ? "open" : index < 850 ? "own" : "shared" })];
        using var corpus = await SomeCorpus.WriteAsync(records, shardRecords: 300);
        var rung = await OneAsync(corpus, new SubsetOptions { Sizes = ["120"], Predicate = new SubsetPredicate { Mix = SourceMix.Balanced } });
        Assert.All(rung.Manifest.Sources, source => Assert.InRange(source.Records, 39, 41));
        Assert.Equal(3, rung.Manifest.Sources.Count);
    }

    [Fact]
    public async Task Folds_Imported_StandForTheCataloguesAndConflictsAreTold()
    {
        SomeRecord[] records =
        [
            new("open", "1", "a", Fold: 1), new("open", "2", "a", Fold: 1), new("open", "3", "b", Fold: 2), new("open", "4", "c", Fold: 3), new("open", "5", "d", Fold: 3),
            new("own", "1", "e", Fold: 1, DuplicateOf: "open/4"),
        ];
        using var corpus = await SomeCorpus.WriteAsync(records);
        await File.WriteAllLinesAsync(corpus["folds.csv"], ["record_id,fold", "open/1,1", "open/2,7", "open/3,2", "open/4,3", "own/1,7", "open/99,7"]);

        var rung = await OneAsync(corpus, new SubsetOptions { Sizes = ["all"], Folds = [corpus["folds.csv"]], Predicate = new SubsetPredicate { Where = ["fold=7"] } });

        Assert.Equal(["open/2", "own/1"], await IdsAsync(corpus, rung));
        var report = Assert.Single(rung.Manifest.Report.Folds);
        Assert.Equal(("folds.csv", 6, 1, 2), (report.File, report.Records, report.Unknown, report.Differ));
        Assert.Equal(2, report.SplitGroups);   // patient a, and c with e, who are one
    }

    [Theory]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("1.0005k")]
    [InlineData("18 k")]
    [InlineData("99999m")]
    [InlineData("")]
    public void Size_Wrong_IsRefused(string text) => Assert.Throws<FormatException>(() => SubsetSize.Parse(text));

    [Theory]
    [InlineData("18k", 18_000L)]
    [InlineData("18K", 18_000L)]
    [InlineData("1.5m", 1_500_000L)]
    [InlineData("11M", 11_000_000L)]
    [InlineData("7", 7L)]
    [InlineData("all", null)]
    public void Size_AsPeopleWriteIt(string text, long? records) => Assert.Equal(records, SubsetSize.Parse(text).Records);

    [Fact]
    public async Task Options_Wrong_SayWhatAndWhatWasExpected()
    {
        using var corpus = await SomeCorpus.WriteAsync([new SomeRecord("open", "1", "1")]);
        (SubsetOptions Options, string Message)[] wrong =
        [
            (new(), "No sizes"),
            (new() { Sizes = ["1", "1"] }, "rung '1' is there twice"),
            (new() { Sizes = ["1"], Ladders = 0 }, "0 ladders; expected 1 to 64"),
            (new() { Rungs = [new RungOptions { Name = "../x" }] }, "rung '../x': expected a file name"),
            (With(new() { Allow = ["free"] }), "'free' is not a class of terms"),
            (With(new() { LeaveOut = ["ptb-xl"] }), "'ptb-xl' is not a source of version"),
            (With(new() { ExcludeEvaluation = ["open:x"] }), "'x' is no fold"),
            (With(new() { ExcludeEvaluation = ["open:99"] }), "open:99 has no record"),
            (With(new() { Where = ["sx=female"] }), "'sx' is no field"),
            (With(new() { Where = ["sex=female"] }), "No kept record of this version fits: sex=female"),
            (With(new() { Quotas = Shares("sex", ("female", 0.7), ("male", 0.7)) }), "the shares add up to 1.4"),
            (With(new() { Quotas = Shares("colour", ("red", 1)) }), "quota 'colour': expected one of source, site, sex, age"),
            (With(new() { Quotas = Shares("age", ("old", 1)) }), "expected a band of years"),
            (With(new() { Quotas = Shares("sex", ("F", 0.1), ("female", 0.1)) }), "is given twice"),
            (With(new() { Quotas = Shares("source", ("open", 1)), Mix = SourceMix.Balanced }), "give one of the two"),
        ];
        foreach (var (options, message) in wrong)
        {
            var refusal = await Record.ExceptionAsync(() => BuildAsync(corpus, options));
            Assert.True(refusal is FormatException or SubsetException, $"{message}: {refusal}");
            Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        }

        static SubsetOptions With(SubsetPredicate predicate) => new() { Sizes = ["all"], Predicate = predicate };
    }

    private static Dictionary<string, IReadOnlyDictionary<string, double>> Shares(string column, params (string Value, double Share)[] shares) =>
        new() { [column] = shares.ToDictionary(share => share.Value, share => share.Share) };

    /// <summary>Patients of one to three records, whose sex and age are the patient's.</summary>
    private static List<SomeRecord> Many(int count)
    {
        string[] sources = ["open", "own", "shared"];
        return
        [
            .. Enumerable.Range(0, count).Select(number => (Number: number, Patient: number / (1 + number % 3))).Select(one => new SomeRecord(
                sources[one.Patient % 3], $"{one.Number}", $"{one.Patient}", Sex: (one.Patient % 7) switch { 0 => null, < 4 => "male", _ => "female" },
                Age: 20 + one.Patient % 65, Site: one.Patient % 2 == 0 ? "S1-1987" : "S2-2019", Fold: 1 + one.Patient % 10)).OrderBy(record => record.Source, StringComparer.Ordinal),
        ];
    }

    private static string? ValueOf(SomeRecord record, string column) => column switch
    {
        "sex" => record.Sex,
        "source" => record.Source,
        "site" => record.Site,
        _ => $"{record.Age}",
    };

    private static bool Matches(string column, string value, string text)
    {
        if (column == "sex") return text.StartsWith(value, StringComparison.OrdinalIgnoreCase);
        if (column != "age" || !double.TryParse(text, out var age)) return value == text;
        var bounds = value.TrimEnd('+').Split('-');
        return age >= double.Parse(bounds[0]) && (bounds.Length == 1 || age < double.Parse(bounds[1]));
    }
}
