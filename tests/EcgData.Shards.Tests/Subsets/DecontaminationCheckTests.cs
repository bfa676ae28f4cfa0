using CsCheck;
using EcgData.Shards.Subsets;
using static EcgData.Shards.Tests.Subsets.SubsetBuildTests;

namespace EcgData.Shards.Tests.Subsets;

/// <summary>Patients of an evaluation task stay out of a subset, under whatever name, and a subset without a certificate is not judged.</summary>
public sealed class DecontaminationCheckTests
{
    private static readonly EvaluationTask Judged = EvaluationTask.Parse("open:1,2,3");

    [Fact]
    public async Task Exclude_AnyCorpus_NoPatientOfTheTaskUnderAnyName() => await Corpora.SampleAsync(
        async records =>
        {
            var evaluated = records.Where(record => record.Source == "open" && record.Fold <= 3).ToList();
            var groups = SlowSubset.Groups(records, []);
            var left = evaluated.SelectMany(record => groups[record.Patient.Value]).ToHashSet();
            if (evaluated.Count == 0 || records.All(record => !record.Kept || left.Contains(record.Patient.Value))) return;
            using var corpus = await SomeCorpus.WriteAsync(records);
            var rung = await OneAsync(corpus, Excluding("all"));

            Assert.Equal(Sorted(records.Where(record => record.Kept && !left.Contains(record.Patient.Value))), await IdsAsync(corpus, rung));
            var certificate = rung.Certificate!;
            Assert.Equal(left.Order(StringComparer.Ordinal), certificate.Patients);
            Assert.Equal(records.Count(record => record.Kept && left.Contains(record.Patient.Value)), certificate.RecordsLeftOut);
            Assert.Equal(evaluated.Select(record => groups[record.Patient.Value].Min()).Distinct().Count(), certificate.Groups);
            Assert.Equal(evaluated.Count, Assert.Single(certificate.Tasks).Records);
            var outcome = Assert.Single(await CheckAsync(corpus, "all", [Judged], []));
            Assert.Equal(new DecontaminationOutcome("open:1,2,3", certificate.Digest), outcome);
        }, iter: 25);

    [Fact]
    public async Task Exclude_LinksOfAFile_ReachOtherSources()
    {
        SomeRecord[] records = [new("open", "1", "a", Fold: 1), new("open", "2", "b", Fold: 9), new("own", "1", "c"), new("own", "2", "c"), new("own", "3", "d")];
        using var corpus = await SomeCorpus.WriteAsync(records);
        await File.WriteAllTextAsync(corpus["pairs.csv"], "open/1,own/2\n");

        var rung = await OneAsync(corpus, Excluding("all") with { Duplicates = [corpus["pairs.csv"]] });

        Assert.Equal(["open/2", "own/3"], await IdsAsync(corpus, rung));
        Assert.Equal("pairs.csv", Assert.Single(rung.Certificate!.Links).Origin);
        Assert.Single(await CheckAsync(corpus, "all", [EvaluationTask.Parse("open:2")], []));   // a part of what is certified
    }

    [Fact]
    public async Task Check_WithoutCertificate_RefusesUnlessToldByName()
    {
        using var corpus = await SomeCorpus.WriteAsync(Some());
        await (await BuildAsync(corpus, new SubsetOptions { Sizes = ["all"] })).WriteAsync(corpus["written"]);

        var refusal = await Assert.ThrowsAsync<CorpusException>(() => CheckAsync(corpus, "all", [Judged], ["own"]));
        Assert.Contains("--exclude-evaluation open:1,2,3, or say --without-certificate open:1,2,3", refusal.Message, StringComparison.Ordinal);
        Assert.Equal([new DecontaminationOutcome("open:1,2,3", null)], await CheckAsync(corpus, "all", [Judged], ["open:1,2,3"]));
        Assert.Equal([new DecontaminationOutcome("open:1,2,3", null)], await CheckAsync(corpus, "all", [Judged], ["open"]));
    }

    [Fact]
    public async Task Check_OtherTask_IsRefused()
    {
        using var corpus = await SomeCorpus.WriteAsync(Some());
        await (await BuildAsync(corpus, Excluding("all"))).WriteAsync(corpus["written"]);
        var refusal = await Assert.ThrowsAsync<CorpusException>(() => CheckAsync(corpus, "all", [EvaluationTask.Parse("open:3,4")], []));
        Assert.Contains("it says nothing about open:3,4; it is about open:1,2,3", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_CertificateOfAnotherSubset_IsRefused()
    {
        using var corpus = await SomeCorpus.WriteAsync(Some());
        await (await BuildAsync(corpus, Excluding("10", "20"))).WriteAsync(corpus["written"]);
        File.Copy(corpus["written/10.certificate.json"], corpus["written/20.certificate.json"], overwrite: true);
        var refusal = await Assert.ThrowsAsync<CorpusException>(() => CheckAsync(corpus, "20", [Judged], []));
        Assert.Contains("it certifies subset", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_CertificateChanged_IsRefused()
    {
        using var corpus = await SomeCorpus.WriteAsync(Some());
        await (await BuildAsync(corpus, Excluding("10"))).WriteAsync(corpus["written"]);
        var path = corpus["written/10.certificate.json"];
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("\"recordsLeftOut\": ", "\"recordsLeftOut\": 1", StringComparison.Ordinal));
        var refusal = await Assert.ThrowsAsync<CorpusException>(() => CheckAsync(corpus, "10", [Judged], []));
        Assert.Contains("do not have the digest", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_PatientInTheSubsetAfterAll_IsFoundThoughAllDigestsAreRight()
    {
        using var corpus = await SomeCorpus.WriteAsync(Some());
        var clean = await OneAsync(corpus, Excluding("all"));
        var tainted = await OneAsync(corpus, new SubsetOptions { Sizes = ["all"], Seed = 1, Predicate = new SubsetPredicate { Where = ["fold!=10"] } });
        var certificate = DecontaminationCertificate.Identify(clean.Certificate! with
        {
            Subset = tainted.Manifest.Digest,
            RecordsDigest = tainted.Manifest.RecordsDigest,
        });
        await (tainted with { Certificate = certificate }).WriteAsync(Directory.CreateDirectory(corpus["written"]).FullName);
        var refusal = await Assert.ThrowsAsync<CorpusException>(() => CheckAsync(corpus, "all", [Judged], []));
        Assert.Contains("whom its certificate leaves out", refusal.Message, StringComparison.Ordinal);

        // and one who forgets the patients that he has
        var forgetful = DecontaminationCertificate.Identify(certificate with { Patients = [] });
        await (tainted with { Certificate = forgetful }).WriteAsync(corpus["written"]);
        refusal = await Assert.ThrowsAsync<CorpusException>(() => CheckAsync(corpus, "all", [Judged], []));
        Assert.Contains("does not leave out patient", refusal.Message, StringComparison.Ordinal);
    }

    private static SubsetOptions Excluding(params string[] sizes) =>
        new() { Sizes = sizes, Predicate = new SubsetPredicate { ExcludeEvaluation = [$"{Judged}"] } };

    private static async Task<IReadOnlyList<DecontaminationOutcome>> CheckAsync(
        SomeCorpus corpus, string name, IReadOnlyList<EvaluationTask> tasks, string[] without) =>
        await DecontaminationCheck.RunAsync(
            corpus.Store, corpus.Version, await SubsetManifest.ReadAsync(corpus[$"written/{name}.json"]), tasks, without);
}
