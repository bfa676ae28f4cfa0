using EcgData.Evaluation.Probes;
using EcgData.Evaluation.Tasks;
using EcgData.Models;
using EcgData.Models.Checkpoints;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using EcgData.Shards;
using EcgData.Signals;
using EcgData.Training;
using EcgData.Training.Tests;
using TorchSharp;

namespace EcgData.Evaluation.Tests;

/// <summary>
/// Records of which half have the P wave before the QRS complex, as in sinus rhythm, and half behind it, as in a junctional rhythm that the atria
/// follow. All else is alike: the same waves in the same leads, as many of each, the same irregular intervals, sizes and noise. So nothing that
/// a filter sees of one wave, and no mean over it, tells the two apart; only the order does, and whoever says what comes 117 ms later must know it.
/// </summary>
internal static class LearnableTask
{
    public const int Records = 600;

    private const int Leads = Montage.LeadCount;
    private const int Samples = 5 * (int)Some.FrequencyHz;
    private const double Atrial = 0.7, Ventricular = 1;         // millivolt, times the lead's share
    private const double AtrialWidth = 0.015, VentricularWidth = 0.012;   // seconds
    private const int TestFold = 10;
    private const ulong Key = 11;

    private static readonly double[,] TypicalLeads = Shares();

    /// <summary>The corpus: a quarter of the records are fold 10, which no run trains on and the probe is judged on.</summary>
    public static Task<TinyCorpus> CreateCorpusAsync() => TinyCorpus.CreateAsync([.. Enumerable.Range(0, Records).Select(Record)]);

    /// <summary>An encoder of 32 in place of the study's 512, on crops of half the length; one rate for all, because the run is short.</summary>
    public static PretrainRecipe Recipe(ObjectiveKind objective, ulong seed) => new()
    {
        Seed = seed,
        Objective = new ObjectiveOptions { Kind = objective },
        Encoder = new EncoderOptions { Width = 32, S4 = new S4Options { Layers = 2 } },
        CropSeconds = 1.25,
        Batch = 16,
        Epochs = 100,
        Steps = 200,
        OpenRowGroups = 16,
        Optimiser = new OptimiserOptions { HeadRate = 3e-3, BackboneRate = 3e-3, StemRate = 3e-3 },
        Validation = new ValidationOptions { LargestBatches = 1 },
        Checkpoints = new CheckpointOptions { EverySteps = 0, KeepLast = 1 },
    };

    /// <summary>Pretrains, and judges three encoders by the same probe.</summary>
    /// <returns>
    /// Macro AUROC on the test fold: of the control, random weights as they are made; of the run's own starting weights with the statistics of
    /// batch normalisation that 30 steps at a rate of 0 leave; of the pretrained encoder. And the mean loss of the last ten steps.
    /// </returns>
    public static async Task<(double Random, double Untrained, double Pretrained, double Loss)> RunAsync(TinyCorpus corpus, ObjectiveKind objective, ulong seed)
    {
        var recipe = Recipe(objective, seed);
        var (checkpoint, loss) = await PretrainAsync(corpus, recipe, $"{objective}-{seed}");
        var still = recipe with { Steps = 30, Optimiser = new OptimiserOptions { HeadRate = 0, BackboneRate = 0, StemRate = 0 } };
        var (untrained, _) = await PretrainAsync(corpus, still, $"{objective}-{seed}-untrained");
        var judged = await JudgeAsync(corpus, checkpoint, seed);
        return (judged.Random.MacroAuroc.Point!.Value, (await JudgeAsync(corpus, untrained, seed)).Pretrained.MacroAuroc.Point!.Value, judged.Pretrained.MacroAuroc.Point!.Value, loss);
    }

    private static async Task<(string Checkpoint, double Loss)> PretrainAsync(TinyCorpus corpus, PretrainRecipe recipe, string name)
    {
        var rows = await TrainingRows.LoadAsync(corpus.Corpus, corpus.Version, subset: null, recipe.Validation.Folds);
        var plan = PretrainPlan.Create(recipe, rows.Index.SamplingFrequencyHz, corpus.Version.Id, subset: null, certificate: null);
        using var folder = new RunFolder(corpus[name], plan);
        var losses = new Losses();
        PretrainRun.Run(plan, rows, folder, torch.CPU, TimeProvider.System, losses);
        return (folder.Latest!, losses.TakeLast(10).Average());
    }

    private static async Task<LinearResult> JudgeAsync(TinyCorpus corpus, string checkpoint, ulong seed)
    {
        var task = new LabelTask { Name = "order", Source = "some", LabelPrefix = "rhythm:" };
        var (encoder, shape, input) = EncoderFile.Load(checkpoint);
        using (encoder)
        {
            // The embeddings are 32 numbers of a few hundred records: a higher rate than the study's gets the probe to its end.
            var options = new EvaluationOptions { CropSeconds = Recipe(default, seed).CropSeconds, Resamples = 10, Probe = new ProbeOptions { Seed = seed, Rate = 1e-2 } };
            return await LinearEvaluation.RunAsync(corpus.Corpus, corpus.Version, task, encoder, shape, input, options, torch.CPU);
        }
    }

    private static StoredSegment Record(int number)
    {
        var random = new KeyedRandom(KeyedRandom.Combine(Key, (ulong)number));
        var isSinus = random.NextIndex(2) == 0;
        var (p, qrs) = (OwnLeads(0, ref random), OwnLeads(1, ref random));
        var values = new double[Leads, Samples];
        var (size, interval, distance) = (Between(0.6, 1.4, ref random), Between(0.5, 0.8, ref random), Between(0.10, 0.13, ref random));
        for (var at = -Between(0, 1, ref random); at < Samples / Some.FrequencyHz + 1; at += interval * Between(0.7, 1.3, ref random))
        {
            Add(values, p, isSinus ? at - distance : at + distance, AtrialWidth, size * Atrial);
            Add(values, qrs, at, VentricularWidth, size * Ventricular);
        }

        var noise = 0.1 * Math.Exp(Between(-0.7, 0.7, ref random));   // 0.05 to 0.2 mV
        var rows = new short[Leads][];
        for (var lead = 0; lead < Leads; lead++)
        {
            rows[lead] = new short[Samples];
            for (var sample = 0; sample < Samples; sample++) rows[lead][sample] = (short)Math.Round(1000 * (values[lead, sample] + noise * Normal(ref random)));
        }

        return Some.Segment(number, Samples, rows) with
        {
            Labels = [isSinus ? "rhythm:sinus" : "rhythm:junctional"],
            LabelWeights = [1],
            Fold = number % 4 == 0 ? TestFold : 1 + number % 9,
        };
    }

    private static void Add(double[,] values, double[] leads, double at, double width, double height)
    {
        var (first, end) = (Math.Max(0, (int)((at - 4 * width) * Some.FrequencyHz)), Math.Min(Samples, (int)((at + 4 * width) * Some.FrequencyHz)));
        for (var sample = first; sample < end; sample++)
        {
            var wave = height * Math.Exp(-0.5 * Math.Pow((sample / Some.FrequencyHz - at) / width, 2));
            for (var lead = 0; lead < Leads; lead++) values[lead, sample] += wave * leads[lead];
        }
    }

    /// <summary>How large each wave is in each lead: double[2, leads], -1 to 1.</summary>
    private static double[,] Shares()
    {
        var random = new KeyedRandom(5);
        var shares = new double[2, Leads];
        for (var wave = 0; wave < 2; wave++)
        {
            for (var lead = 0; lead < Leads; lead++) shares[wave, lead] = Between(-1, 1, ref random);
        }

        return shares;
    }

    private static double[] OwnLeads(int wave, ref KeyedRandom random)
    {
        var own = new double[Leads];
        for (var lead = 0; lead < Leads; lead++) own[lead] = TypicalLeads[wave, lead] + 0.3 * Normal(ref random);
        return own;
    }

    private static double Between(double low, double high, ref KeyedRandom random) => low + (high - low) * random.NextSingle();

    private static double Normal(ref KeyedRandom random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextSingle())) * Math.Cos(2 * Math.PI * random.NextSingle());

    private sealed class Losses : List<double>, IProgress<PretrainStep>
    {
        public void Report(PretrainStep value) => Add(value.Loss);
    }
}
