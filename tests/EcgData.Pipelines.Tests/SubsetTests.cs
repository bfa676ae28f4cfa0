using System.Text.Json;
using EcgData.Shards;
using EcgData.Shards.Subsets;
using EcgData.Storage;
using EcgData.Tests;

namespace EcgData.Pipelines.Tests;

/// <summary><c>ecgdata subset</c> and <c>verify --subset</c> on a built corpus; DuckDB, which knows nothing of us, recomputes the subsets.</summary>
public sealed class SubsetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SyntheticCorpus _synthetic;
    private readonly Duck _duck;

    public SubsetTests(SyntheticCorpus synthetic)
    {
        _synthetic = synthetic;
        _duck = new Duck(synthetic.Corpus);
    }

    public void Dispose()
    {
        _duck.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Subset_NestedSizes_AreThoseThatDuckDbFinds()
    {
        var outcome = Run("--sizes", "5,20,all").EndsWith(0);

        var rungs = outcome.Json.GetProperty("rungs").EnumerateArray().ToList();
        Assert.Equal(["5", "20", "all"], rungs.Select(rung => rung.GetProperty("name").GetString()));
        Assert.All(rungs, rung => Assert.Equal(JsonValueKind.Null, rung.GetProperty("rows").ValueKind));
        foreach (var rung in rungs)
        {
            var records = rung.GetProperty("records").GetInt64();
            var expected = _duck.Query(
                $"SELECT record_id FROM $shards WHERE segment = 0 ORDER BY rank, patient, record_id LIMIT {records}").Select(row => (string)row[0]!).ToList();
            Assert.Equal(expected.Order(StringComparer.Ordinal), await IdsAsync(rung));
            Assert.Equal(
                _duck.Query(
                    $"SELECT sha256(string_agg(record_id || chr(10), '' ORDER BY rank, patient, record_id)) FROM (SELECT * FROM $shards WHERE segment = 0 " +
                    $"ORDER BY rank, patient, record_id LIMIT {records})")[0][0],
                rung.GetProperty("recordsDigest").GetString());
        }

        Assert.Equal(_duck.Count("SELECT count(*) FROM $catalogue WHERE state <> 'rejected'"), rungs[2].GetProperty("records").GetInt64());
    }

    [Fact]
    public async Task Subset_ConditionAndSeed_AreThoseThatDuckDbFinds()
    {
        var rung = Only(Run("--sizes", "all", "--seed", "7", "--where", "fold!=10", "--where", "sex=female").EndsWith(0));
        Assert.Equal(
            _duck.Query("SELECT record_id FROM $catalogue WHERE state <> 'rejected' AND fold <> 10 AND sex = 'female'").Select(row => (string)row[0]!)
                .Order(StringComparer.Ordinal),
            await IdsAsync(rung));
        Assert.Equal("all.rows", rung.GetProperty("rows").GetString());
        Assert.Equal("open", rung.GetProperty("terms").GetProperty("access").GetString());
        Assert.Equal("CC-BY-4.0", rung.GetProperty("terms").GetProperty("strictest").GetString());
        Assert.StartsWith("ptb-xl: Wagner P", rung.GetProperty("terms").GetProperty("attribution")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subset_ExcludeEvaluation_LeavesPatientsOutAndCertifiesIt()
    {
        var rung = Only(Run("--sizes", "all", "--exclude-evaluation", "ptb-xl:9,10").EndsWith(0));
        var expected = _duck.Query(
            "SELECT record_id FROM $catalogue WHERE state <> 'rejected' AND patient NOT IN (SELECT patient FROM $catalogue WHERE fold IN (9, 10))");
        Assert.Equal(expected.Select(row => (string)row[0]!).Order(StringComparer.Ordinal), await IdsAsync(rung));

        var certificate = JsonDocument.Parse(await File.ReadAllTextAsync(_folder["out/all.certificate.json"])).RootElement;
        Assert.Equal(rung.GetProperty("digest").GetString(), certificate.GetProperty("subset").GetString());
        Assert.Equal(
            _duck.Query("SELECT DISTINCT patient FROM $catalogue WHERE fold IN (9, 10) ORDER BY patient").Select(row => row[0]),
            certificate.GetProperty("patients").EnumerateArray().Select(patient => patient.GetString()));
        var checkedOnce = _synthetic.Program.Run("verify", _synthetic.Corpus.Path, "--subset", _folder["out/all.json"], "--json").EndsWith(0);
        Assert.True(checkedOnce.Json.GetProperty("holds").GetBoolean());

        File.Delete(_folder["out/all.certificate.json"]);
        var without = _synthetic.Program.Run("verify", _synthetic.Corpus.Path, "--subset", _folder["out/all.json"], "--json").EndsWith(1);
        Assert.Contains("there is no certificate", without.Json.GetProperty("subsets")[0].GetProperty("problems")[0].GetProperty("message").GetString());
    }

    [Fact]
    public void Subset_Twice_SameBytes()
    {
        string[] options = ["--sizes", "5,20,all", "--seed", "1", "--ladders", "2", "--quota", "sex=female:0.5,male:0.5", "--exclude-evaluation", "ptb-xl:9"];
        var first = _synthetic.Program.Run(["subset", _synthetic.Corpus.Path, "--out", _folder["a"], .. options]);
        var second = _synthetic.Program.Run(["subset", _synthetic.Corpus.Path, "--out", _folder["b"], .. options]);

        Assert.Equal(first.ExitCode, second.ExitCode);
        var files = Directory.GetFiles(_folder["a"], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder["a"], file)).Order().ToList();
        Assert.Contains("seed-2/20.certificate.json", files);
        Assert.Contains("overlaps.json", files);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(Path.Join(_folder["a"], file)), File.ReadAllBytes(Path.Join(_folder["b"], file))));
    }

    [Fact]
    public void Subset_Recipe_IsReadStrictly()
    {
        File.WriteAllText(_folder["recipe.json"], """{ "rungs": [{ "name": "young", "where": ["age_years<50"] }], "predicate": { "mix": "balanced" } }""");
        var rung = Only(Run(_folder["recipe.json"], "--set", "predicate.where=[\"fold=1|2\"]").EndsWith(0));
        Assert.Equal("young", rung.GetProperty("name").GetString());
        Assert.Equal(
            _duck.Count("SELECT count(*) FROM $catalogue WHERE state <> 'rejected' AND age_years < 50 AND fold IN (1, 2)"), rung.GetProperty("records").GetInt64());

        Assert.Contains("there is no key 'size'. The nearest is 'sizes'", Run("--set", "size=5").EndsWith(2).Complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--sizes 18k", "18k: 18,000 records are asked for")]
    [InlineData("--sizes five", "'five' is no size")]
    [InlineData("", "No sizes")]
    [InlineData("--sizes all --where sx=1", "'sx' is no field of the catalogue")]
    [InlineData("--sizes all --allow free", "'free' is not a class of terms")]
    [InlineData("--sizes all --leave-out ptbxl", "'ptbxl' is not a source of version")]
    [InlineData("--sizes all --quota sex=f", "'f' is no share")]
    [InlineData("--sizes all --mix equal", "--mix equal: expected proportional or balanced")]
    [InlineData("--sizes all --duplicates NONE.csv", "NONE.csv: cannot be read")]
    public void Subset_Wrong_IsOneSentence(string options, string complaint)
    {
        var outcome = Run(options.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(complaint.StartsWith("NONE", StringComparison.Ordinal) ? 3 : 2, outcome.ExitCode);
        Assert.Contains(complaint, outcome.Complaint, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Subset_QuotaThatCannotBeKept_IsToldAndEndsWithOne()
    {
        var outcome = Run("--sizes", "all", "--quota", "sex=female:0.9,male:0.1").EndsWith(1);
        Assert.True(outcome.Json.GetProperty("quotasMissed").GetInt32() > 0);
    }

    private Outcome Run(params string[] options) =>
        _synthetic.Program.Run(["subset", _synthetic.Corpus.Path, .. options, "--out", _folder["out"], "--json"]);

    private static JsonElement Only(Outcome outcome) => Assert.Single(outcome.Json.GetProperty("rungs").EnumerateArray());

    /// <summary>Whose rows the subset selects, by joining its rows with the shards; all rows of a record are selected or none.</summary>
    private async Task<List<string>> IdsAsync(JsonElement rung)
    {
        var corpus = new CorpusStore(new LocalObjectStore(_synthetic.Corpus.Path));
        var version = await corpus.ReadManifestAsync();
        var selection = await (await SubsetManifest.ReadAsync(rung.GetProperty("file").GetString()!)).LoadSelectionAsync(corpus, version);
        var groups = _duck.Query("SELECT shard, first_row, rows FROM $rowgroups");
        var selected = new HashSet<(string, long)>();
        for (var group = 0; group < groups.Count; group++)
        {
            for (var row = 0; row < Duck.Long(groups[group][2]); row++)
            {
                if (selection.Contains(group, row)) selected.Add(((string)groups[group][0]!, Duck.Long(groups[group][1]) + row));
            }
        }

        Assert.Equal(rung.GetProperty("segments").GetInt64(), selected.Count);
        var ids = new List<string>();
        foreach (var record in _duck.Query("SELECT record_id, shard, row, segments FROM $catalogue WHERE state <> 'rejected'"))
        {
            var count = Enumerable.Range(0, (int)Duck.Long(record[3])).Count(segment => selected.Contains(((string)record[1]!, Duck.Long(record[2]) + segment)));
            Assert.True(count == 0 || count == Duck.Long(record[3]));
            if (count > 0) ids.Add((string)record[0]!);
        }

        return [.. ids.Order(StringComparer.Ordinal)];
    }
}
