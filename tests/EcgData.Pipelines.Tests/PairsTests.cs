using System.Text.Json;
using EcgData.Models;
using EcgData.Models.Checkpoints;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using EcgData.Shards;
using EcgData.Shards.Reading;
using EcgData.Storage;
using EcgData.Tests;
using EcgData.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Pipelines.Tests;

/// <summary>Torch in the tests' own process: alone, because a collection of other tests' garbage may fall into a step.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchAlone
{
    public const string Name = "torch in the tests' own process";
}

/// <summary>
/// Every objective with every encoder through the trainer, on the corpus that the program made of a synthetic tree: width 32, eight or
/// sixteen crops of 1.25 s a step.
/// </summary>
[Collection(TorchAlone.Name)]
public sealed class PairsTests : IDisposable
{
    private const int LastSteps = 20;

    // About half of what an untrained encoder has: S4 ends in a normalisation of its sums, a transformer's residual stream hardly moves at first,
    // and Net1D has no normalisation at all.
    private static readonly Dictionary<EncoderFamily, double> LeastVariance = new()
    {
        [EncoderFamily.S4] = 0.1,
        [EncoderFamily.Transformer] = 0.004,
        [EncoderFamily.Net1d] = 1e-5,
    };

    private readonly SyntheticCorpus _synthetic;
    private readonly TemporaryFolder _folder = new();

    public PairsTests(SyntheticCorpus synthetic)
    {
        _synthetic = synthetic;
        set_num_threads(1);   // its workers spin
    }

    public static TheoryData<EncoderFamily> Families => [.. Enum.GetValues<EncoderFamily>()];

    public static MatrixTheoryData<ObjectiveKind, EncoderFamily> Masked => new(
        [ObjectiveKind.Data2Vec, ObjectiveKind.DinoSr, ObjectiveKind.Jepa, ObjectiveKind.HubertPlusPlus], Enum.GetValues<EncoderFamily>());

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public async Task Cpc_WithAnyEncoder_FallsWellBelowChance(EncoderFamily family)
    {
        var run = await TrainAsync(Recipe(ObjectiveKind.Cpc, family, new(), steps: 150));
        var anchors = run.Plan.Recipe.Encoder.Tokens - new CpcOptions().Offset;
        var chance = anchors * Math.Log(1 + new CpcOptions().Negatives);
        Show($"{run.Loss() / chance:g4} of chance");
        Assert.True(run.Loss() < 0.93 * chance, $"loss {run.Loss():g4}, chance {chance:g4}");
    }

    [Theory]
    [MemberData(nameof(Masked))]
    public async Task FrozenRandom_WithAnyEncoder_BeatsTheBestConstant(ObjectiveKind kind, EncoderFamily family)
    {
        // With the statistics of the batch, as published: without them a random teacher's tokens hardly differ. For the same reason Net1D has its
        // batch normalisation here. No dropout, which would be the teacher's as well.
        var teacher = new TeacherOptions { Mode = TeacherMode.FrozenRandom, Noise = TeacherNoise.DropoutAndBatchStatistics };
        var recipe = Recipe(kind, family, teacher, steps: 150);
        var shape = recipe.Encoder;
        var run = await TrainAsync(recipe with
        {
            Encoder = shape with
            {
                S4 = shape.S4 with { Dropout = 0 },
                Transformer = shape.Transformer with { Dropout = 0 },
                Net1d = shape.Net1d with { Norm = BlockNorm.Batch },
            },
        });
        var constant = BestConstant(run);
        Show($"{run.Loss() / constant:g4} of the best constant");
        Assert.True(run.Loss() < 0.98 * constant, $"loss {run.Loss():g4}, of the best constant {constant:g4}");
    }

    [Theory]
    [MemberData(nameof(Masked))]
    public async Task Ema_WithAnyEncoder_KeepsRankAndVariance(ObjectiveKind kind, EncoderFamily family)
    {
        // The trainer's own rules would stop DINO-SR here: a teacher as it starts says so much the same of all tokens that one code is the nearest to
        // every one, and they look every six steps, where a run of the study's size looks after thousands.
        var run = await TrainAsync(Recipe(kind, family, new(), steps: 40) with { StopRules = new() { Patience = 0 } });
        var (rank, variance) = (run.Figure("rank").ToList(), run.Figure("variance").ToList());
        Show($"rank {rank[0]:g3}, then {rank.Min():g3} or more; variance {variance[0]:g3}, then {variance.Skip(1).Min():g3} or more");
        Assert.InRange(rank.Min(), 3, 32);
        Assert.InRange(variance.Min(), LeastVariance[family], 100);
    }

    private static void Show(string figures) => TestContext.Current.TestOutputHelper!.WriteLine(figures);

    private static PretrainRecipe Recipe(ObjectiveKind kind, EncoderFamily family, TeacherOptions teacher, int steps)
    {
        var mask = new SpanMaskOptions { Probability = 0.65 };   // denser than the study's, so that short runs of small batches hide enough
        return new()
        {
            Objective = new()
            {
                Kind = kind,
                Data2Vec = new() { Mask = mask, Teacher = teacher },
                DinoSr = new() { Mask = mask, Teacher = teacher, Codes = 32 },
                Jepa = new() { Teacher = teacher },
                HubertPlusPlus = new() { Mask = mask, Teacher = teacher, Clusters = [16, 32] },
            },
            Encoder = new()
            {
                Family = family,
                Width = 32,
                S4 = new() { Layers = 2 },
                Transformer = new() { Layers = 2, Heads = 4 },
                Net1d = new() { FirstDivisor = 4, StageDivisors = [4, 2, 1], StageBlocks = [1, 1, 2], Kernel = 4, GroupWidth = 8 },
            },
            CropSeconds = 1.25,
            Batch = kind == ObjectiveKind.DinoSr ? 16 : 8,   // its codes are averages over the batches: of eight crops they move faster than a student learns
            Epochs = 1000,
            Steps = steps,
            OpenRowGroups = 4,
            Optimiser = new() { HeadRate = 3e-3, BackboneRate = 3e-3, StemRate = 3e-3 },
            Validation = new() { LargestBatches = 1 },
            Checkpoints = new() { EverySteps = 0, KeepLast = 1 },
            LogEverySteps = 1,
        };
    }

    private async Task<TrainedPair> TrainAsync(PretrainRecipe recipe)
    {
        var corpus = new CorpusStore(new LocalObjectStore(_synthetic.Corpus.Path));
        var version = await corpus.ReadManifestAsync(null);
        var rows = await TrainingRows.LoadAsync(corpus, version, subset: null, recipe.Validation.Folds);
        var plan = PretrainPlan.Create(recipe, rows.Index.SamplingFrequencyHz, version.Id, subset: null, certificate: null);
        using var folder = new RunFolder(_folder[plan.RunId], plan);
        var result = PretrainRun.Run(plan, rows, folder, CPU, TimeProvider.System);
        Assert.Null(result.Stopped);
        var metrics = File.ReadAllLines(Path.Join(folder.Path, "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        return new TrainedPair(plan, rows, folder.Latest!, metrics);
    }

    /// <summary>The loss of a student that knows how the targets are distributed, but not the crop.</summary>
    private static double BestConstant(TrainedPair run)
    {
        var kind = run.Plan.Recipe.Objective.Kind;
        // Cross-entropy of the codes' shares; for soft shares less the entropy of the shares themselves. The loss of two sets is their sum.
        if (kind is ObjectiveKind.DinoSr or ObjectiveKind.HubertPlusPlus)
        {
            return run.Steps.TakeLast(LastSteps).Average(step => step.GetProperty("figures").EnumerateObject().Sum(figure =>
                figure.Name.StartsWith("perplexity", StringComparison.Ordinal) ? Math.Log(figure.Value.GetDouble())
                : figure.Name.StartsWith("teacherEntropy", StringComparison.Ordinal) ? -figure.Value.GetDouble() : 0));
        }

        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (student, shape, _) = EncoderFile.Load(run.Checkpoint);
        using var objective = (MaskedObjective)Objectives.Create(run.Plan.Recipe.Objective, student, shape, run.Plan.Recipe.Seed);
        using (student)
        using (var file = SafetensorsFile.Open(run.Checkpoint)) Checkpoint.Load(file, Checkpoint.ObjectivePrefix, objective);
        var targets = cat([.. Crops(run).Select(crops => Target(objective, objective.Input.Apply(crops)))]);
        var constant = targets.mean([0]).expand_as(targets);
        return kind == ObjectiveKind.Data2Vec
            ? Data2Vec.Loss(constant, targets, new()).ToDouble()
            : Jepa.Loss(constant, targets, ones(targets.shape[0]), new()).ToDouble();
    }

    private static Tensor Target(MaskedObjective objective, Tensor input) => (objective is Data2VecObjective
        ? TeacherTargets.Of(objective.Teacher.Taps(input, studentTrains: true), new())
        : Jepa.Target(objective.Teacher.Output(input, studentTrains: true), new())).flatten(0, 1);

    /// <summary>An epoch's training crops.</summary>
    private static IEnumerable<Tensor> Crops(TrainedPair run)
    {
        var recipe = run.Plan.Recipe;
        var order = new OrderOptions { Seed = recipe.Seed, CropSeconds = recipe.CropSeconds, OpenRowGroups = recipe.OpenRowGroups };
        var options = new ReadingOptions { Order = order, Batch = recipe.Batch, DropLast = true };
        using var reader = CropReader.Open(run.Rows.Index, run.Rows.Version, run.Rows.Training, options, run.Rows.Source);
        using var crops = reader.CreateBatch();
        while (reader.Read(crops)) yield return tensor(crops.Millivolt.ToArray(), [crops.Count, crops.Leads, crops.Samples]);
    }

    private sealed record TrainedPair(PretrainPlan Plan, TrainingRows Rows, string Checkpoint, IReadOnlyList<JsonElement> Metrics)
    {
        public IEnumerable<JsonElement> Steps => Metrics.Where(line => line.TryGetProperty("loss", out _));

        /// <summary>Mean of the last steps.</summary>
        public double Loss() => Steps.TakeLast(LastSteps).Average(step => step.GetProperty("loss").GetDouble());

        /// <summary>What every validation found.</summary>
        public IEnumerable<double> Figure(string name) => Metrics.Where(line => line.TryGetProperty("validationLoss", out _))
            .Select(line => line.GetProperty("figures").GetProperty(name).GetDouble());
    }
}
