using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EcgData.Evaluation.Tasks;
using EcgData.Ingest;
using EcgData.Models.Objectives;
using EcgData.Pipelines.Tests.Streaming;
using EcgData.Shards;
using EcgData.Shards.Exports;
using EcgData.Shards.Subsets;
using EcgData.Sources;
using EcgData.Tests;
using EcgData.Training;
using NJsonSchema;

namespace EcgData.Pipelines.Tests;

/// <summary>What machines read: <c>--json</c> of every verb, the corpus's own documents, and the schemas that describe them.</summary>
public sealed class JsonTests(SyntheticCorpus synthetic) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, Type> Schemas => new()
    {
        { "build-recipe", typeof(BuildRecipe) },
        { "build-plan", typeof(PlanDocument) },
        { "version-manifest", typeof(VersionManifest) },
        { "receipt", typeof(Receipt) },
        { "history", typeof(HistoryEntry) },
        { "erasures", typeof(ErasureList) },
        { "run-report", typeof(RunReport) },
        { "export-manifest", typeof(ExportManifest) },
        { "source-manifest", typeof(SourceManifest) },
        { "subset-manifest", typeof(SubsetManifest) },
        { "subset-recipe", typeof(SubsetOptions) },
        { "decontamination-certificate", typeof(DecontaminationCertificate) },
        { "pretrain-recipe", typeof(PretrainRecipe) },
        { "label-task", typeof(LabelTask) },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("sources", "")]
    [InlineData("sources ptb-xl", "name,version,title,licence,access,citation,download,files")]
    [InlineData("synth NEW/tree --source wfdb --records 3", "directory,source,records,seed,defectShare")]
    [InlineData("build --corpus NEW/corpus --source ptb-xl=TREE --limit 5 --dry-run", "dryRun,parent,plan,freeBytes,objections")]
    [InlineData(
        "build --corpus NEW/corpus --source ptb-xl=TREE --limit 5 --set LENIENT", "version,parent,changed,shardsBuilt,shardsReused,totals,sources,events,report")]
    [InlineData("build --plan --corpus NEW/corpus --source ptb-xl=TREE", "plan,parent,shards,shardsToBuild,recordsToBuild")]
    [InlineData("verify BUILT", "version,checks,shards,rows,problems,holds")]
    [InlineData("verify BUILT --deep", "version,checks,shards,rows,problems,holds")]
    [InlineData("verify BUILT --rebuild 1 --source ptb-xl=TREE --seed 7", "version,checks,shards,rows,problems,holds,rebuilt,seed")]
    [InlineData("log BUILT", "corpus,head,withdrawn,builds")]
    [InlineData("diff BUILT VERSION", "from,to,causes,sources,fromSignature,toSignature,sameRows")]
    [InlineData("erase BUILT --record KEPT --dry-run", "dryRun,patients,inNoVersion,withdrawn,buildAgain,plansRemoved,uses")]
    [InlineData("gc BUILT --dry-run", "dryRun,versions,receipts,shards,sizeBytes,objects")]
    [InlineData("list BUILT --where state=kept", "version,found,records")]
    [InlineData("subset BUILT --sizes 5,all --out NEW/subsets", "version,rungs,overlaps,quotasMissed")]
    [InlineData("show BUILT KEPT --out NEW/sheet.svg", "record,segment,file")]
    [InlineData("report BUILT --out NEW/version.html", "version,file")]
    [InlineData("stream BUILT --to PLUGIN --option out=NEW/s.json", "version,subset,end,items,tooShort,from,position,crops,batches,state,seconds")]
    [InlineData("export BUILT --to NEW/export --format parquet", "to,version,subset,format,rows,files")]
    [InlineData("conformance PLUGIN --option out=NEW/s.json", "plugin,passed,failed,checks")]
    [InlineData("conformance --arrow-golden NEW/golden", "stream,expected")]
    public void Verb_Json_IsOneDocumentAndNothingElse(string command, string keys)
    {
        var names = new Dictionary<string, string>
        {
            ["BUILT"] = synthetic.Corpus.Path,
            ["TREE"] = synthetic.Tree,
            ["NEW"] = _folder.Path,
            ["PLUGIN"] = PluginTests.Example,
            ["LENIENT"] = SyntheticCorpus.Lenient,
            ["KEPT"] = synthetic.KeptRecord,
            ["VERSION"] = synthetic.Corpus.Head,
        };
        var words = command.Split(' ').Select(
            word => names.Aggregate(word, (text, name) => text.Replace(name.Key, name.Value, StringComparison.Ordinal)));
        var outcome = synthetic.Program.Run([.. words, "--json"]).EndsWith(0);
        using var document = JsonDocument.Parse(outcome.Output);   // throws where anything follows the document
        if (keys.Length == 0) Assert.Equal(JsonValueKind.Array, document.RootElement.ValueKind);
        else Assert.Empty(keys.Split(',').Except(document.RootElement.EnumerateObject().Select(property => property.Name)));
    }

    [Fact]
    public void Verb_QuietJson_SaysNothingOnStandardError()
    {
        var outcome = synthetic.Program.Run(
            "build", "--json", "--quiet", "--corpus", _folder["corpus"], "--source", synthetic.Source, "--limit", "5",
            "--set", SyntheticCorpus.Lenient);
        Assert.Empty(outcome.EndsWith(0).Errors);
        Assert.NotEmpty(outcome.Version);
    }

    [Fact]
    public async Task Documents_OfABuiltCorpus_FollowTheirSchemas()
    {
        var corpus = synthetic.Corpus;
        await FollowsAsync("version-manifest", File.ReadAllText(Path.Join(corpus.Version, "manifest.json")));
        var receipts = corpus.Receipts;
        Assert.True(receipts.Count > 2);
        foreach (var receipt in receipts) await FollowsAsync("receipt", File.ReadAllText(receipt));
        await FollowsAsync("history", File.ReadAllText(Path.Join(corpus.Path, CorpusPaths.HistoryEntry(1))));
        await FollowsAsync("run-report", File.ReadAllText(Path.Join(corpus.Path, CorpusPaths.RunReport(1))));
    }

    [Fact]
    public async Task Erasures_OfACorpus_FollowTheirSchema()
    {
        synthetic.Corpus.CopyTo(_folder["copy"]);
        synthetic.Program.Run("erase", _folder["copy"], "--record", synthetic.KeptRecord).EndsWith(0);
        await FollowsAsync("erasures", File.ReadAllText(_folder["copy/erasures.json"]));
    }

    [Theory]
    [InlineData("parquet")]
    [InlineData("npy")]
    public async Task Export_Manifest_FollowsItsSchema(string format)
    {
        synthetic.Program.Run("export", synthetic.Corpus.Path, "--to", _folder["export"], "--format", format).EndsWith(0);
        await FollowsAsync("export-manifest", File.ReadAllText(_folder["export/export.json"]));
    }

    [Fact]
    public async Task Plan_ThatIsWritten_FollowsItsSchema()
    {
        synthetic.Program.Run("build", "--plan", "--corpus", _folder["planned"], "--source", synthetic.Source).EndsWith(0);
        await FollowsAsync("build-plan", File.ReadAllText(Assert.Single(Directory.GetFiles(_folder["planned"], "plan.json", SearchOption.AllDirectories))));
    }

    [Fact]
    public async Task Manifests_OfTheSources_FollowTheirSchema()
    {
        var files = Directory.GetFiles(Path.Join(Repository.Root, "manifests"), "*.json");
        Assert.Equal(KnownSources.All.Select(source => source.Manifest.Name), files.Select(file => Path.GetFileNameWithoutExtension(file)).Order());
        foreach (var file in files) await FollowsAsync("source-manifest", File.ReadAllText(file));
    }

    [Fact]
    public async Task Subsets_OfABuiltCorpus_FollowTheirSchemas()
    {
        synthetic.Program.Run(
            "subset", synthetic.Corpus.Path, "--sizes", "5,all", "--seed", "3", "--exclude-evaluation", "ptb-xl:10", "--quota", "sex", "--out", _folder["a"]);
        synthetic.Program.Run("subset", synthetic.Corpus.Path, "--sizes", "5", "--out", _folder["b"]).EndsWith(0);
        await FollowsAsync("subset-manifest", File.ReadAllText(_folder["a/5.json"]));
        await FollowsAsync("subset-manifest", File.ReadAllText(_folder["b/5.json"]));
        await FollowsAsync("decontamination-certificate", File.ReadAllText(_folder["a/all.certificate.json"]));
    }

    [Fact]
    public async Task SubsetRecipes_AllOfThem_FollowTheSchemaAndAreRead()
    {
        var files = Directory.GetFiles(Path.Join(Repository.Root, "pipelines/recipes/subsets"), "*.json");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            await FollowsAsync("subset-recipe", File.ReadAllText(file));
            var options = RecipeFile.Read<SubsetOptions>(file, []);
            foreach (var condition in options.Predicate.Where.Concat(options.Rungs.SelectMany(rung => rung.Where))) CataloguePredicate.Parse(condition);
        }
    }

    [Fact]
    public async Task Recipes_AllOfThem_FollowTheSchemaAndAreRead()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Join(Repository.Root, "pipelines/recipes"), "*.json"))
        {
            await FollowsAsync("build-recipe", File.ReadAllText(file));
            RecipeFile.Read<BuildRecipe>(file, []).Validate();
        }
    }

    [Fact]
    public async Task PretrainRecipes_AllOfThem_FollowTheSchemaAndAreRead()
    {
        var objectives = new HashSet<ObjectiveKind>();
        foreach (var file in Directory.EnumerateFiles(Path.Join(Repository.Root, "pipelines/recipes/pretrain"), "*.json"))
        {
            await FollowsAsync("pretrain-recipe", File.ReadAllText(file));
            objectives.Add(PretrainPlan.Create(RecipeFile.Read<PretrainRecipe>(file, []), 240, "version", null, null).Recipe.Objective.Kind);
        }

        Assert.Equal(Enum.GetValues<ObjectiveKind>(), objectives.Order());
        await FollowsAsync("pretrain-recipe", JsonSerializer.Serialize(new PretrainRecipe(), CorpusJson.Recipe));
    }

    [Fact]
    public async Task Tasks_AllOfThem_FollowTheSchemaAndAreRead()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Join(Repository.Root, "pipelines/recipes/tasks"), "*.json"))
        {
            await FollowsAsync("label-task", File.ReadAllText(file));
            Assert.Equal(Path.GetFileNameWithoutExtension(file), RecipeFile.Read<LabelTask>(file, []).Name);
        }
    }

    [Fact]
    public void DefaultRecipe_IsTheProgramsDefaults() => Assert.Equal(
        JsonSerializer.Serialize(new BuildRecipe(), CorpusJson.Readable),
        JsonSerializer.Serialize(RecipeFile.Read<BuildRecipe>(Path.Join(Repository.Root, "pipelines/recipes/default.json"), []), CorpusJson.Readable));

    [Theory]
    [MemberData(nameof(Schemas))]
    public async Task Schema_Properties_AreThoseOfTheTypeAndEachIsDescribed(string name, Type type)
    {
        var differences = new List<string>();
        Compare(await SchemaAsync(name), CorpusJson.Readable.GetTypeInfo(type), name, differences);
        Assert.Empty(differences);
    }

    /// <summary>The native program has no converters but those that are listed: an enumeration that is forgotten there would be written as a number.</summary>
    [Theory]
    [InlineData(typeof(VersionManifest))]
    [InlineData(typeof(Receipt))]
    [InlineData(typeof(HistoryEntry))]
    [InlineData(typeof(RunReport))]
    [InlineData(typeof(PlanDocument))]
    [InlineData(typeof(BuildDocument))]
    [InlineData(typeof(DryRunDocument))]
    [InlineData(typeof(FinishedDocument))]
    public void Enumerations_OfABuildsDocuments_HaveConvertersOfTheirOwn(Type document)
    {
        var options = CorpusJson.With(BuildDocuments.Default, indented: false);
        var seen = new HashSet<Type>();
        Visit(document);
        Assert.All(seen.Where(type => type.IsEnum), type =>
            Assert.Contains(options.Converters, converter => converter is not JsonStringEnumConverter && converter.CanConvert(type)));

        void Visit(Type? type)
        {
            type = type is null ? null : Nullable.GetUnderlyingType(type) ?? type;
            if (type is null || !seen.Add(type)) return;
            var known = options.GetTypeInfo(type);
            Visit(known.ElementType);
            Visit(known.KeyType);
            foreach (var property in known.Properties) Visit(property.PropertyType);
        }
    }

    /// <summary>Walks schema and type side by side.</summary>
    private static void Compare(JsonSchema schema, JsonTypeInfo type, string where, List<string> differences)
    {
        schema = schema.ActualSchema;
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                CompareProperties(schema, type, where, differences);
                break;
            case JsonTypeInfoKind.Enumerable:
                if (schema.Item is null) differences.Add($"{where}: the schema has no item");
                else Compare(schema.Item, type.Options.GetTypeInfo(type.ElementType!), $"{where}[]", differences);
                break;
            case JsonTypeInfoKind.Dictionary:
                if (schema.AdditionalPropertiesSchema is null) differences.Add($"{where}: the schema has no value");
                else Compare(schema.AdditionalPropertiesSchema, type.Options.GetTypeInfo(type.ElementType!), $"{where}{{}}", differences);
                break;
            default:
                break;
        }
    }

    private static void CompareProperties(JsonSchema schema, JsonTypeInfo type, string where, List<string> differences)
    {
        // what is only computed from the rest is neither read nor part of a document
        var properties = type.Properties.Where(property => property.Set is not null || property.AssociatedParameter is not null)
            .ToDictionary(property => property.Name);
        var described = schema.ActualProperties.Where(property => property.Key != "$schema").ToDictionary();
        differences.AddRange(properties.Keys.Except(described.Keys).Select(key => $"{where}.{key}: not in the schema"));
        differences.AddRange(described.Keys.Except(properties.Keys).Select(key => $"{where}.{key}: not in the type"));
        if (schema.AllowAdditionalProperties) differences.Add($"{where}: allows any key");
        foreach (var (key, property) in described.Where(property => properties.ContainsKey(property.Key)))
        {
            if (string.IsNullOrEmpty(property.Description)) differences.Add($"{where}.{key}: not described");
            Compare(property, type.Options.GetTypeInfo(properties[key].PropertyType), $"{where}.{key}", differences);
        }
    }

    private static async Task FollowsAsync(string schema, string document) =>
        Assert.Empty((await SchemaAsync(schema)).Validate(document).Select(error => $"{error.Path}: {error.Kind} {error.Property}"));

    private static Task<JsonSchema> SchemaAsync(string name) => JsonSchema.FromFileAsync(Path.Join(Repository.Root, $"schemas/{name}.schema.json"));
}
