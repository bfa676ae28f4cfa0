using EcgData.Evaluation.Metrics;
using EcgData.Evaluation.Tasks;
using EcgData.Models;
using EcgData.Training;
using TorchSharp;
using static TorchSharp.torch;
using Linear = TorchSharp.Modules.Linear;

namespace EcgData.Evaluation.Probes;

/// <summary>How a probe learns. The defaults are the study's.</summary>
public sealed record ProbeOptions
{
    public int Epochs { get; init; } = 100;

    public int Batch { get; init; } = 64;

    public double Rate { get; init; } = 1e-3;

    public double WeightDecay { get; init; } = 1e-3;

    public ulong Seed { get; init; } = 1;
}

/// <summary>The crops of one part of a task.</summary>
/// <param name="Embeddings">float[crops, width].</param>
/// <param name="RecordOf">Record of each crop, from 0 on, without a hole.</param>
/// <param name="Labels">double[records, classes], 1 or 0.</param>
public sealed record ProbeData(Tensor Embeddings, int[] RecordOf, double[,] Labels)
{
    public int Records => Labels.GetLength(0);

    public int Classes => Labels.GetLength(1);
}

/// <summary>
/// One linear map on what an encoder, which does not learn, makes of a crop: mean over tokens, then width to classes. The embeddings are
/// computed once; an epoch draws one of the crops of each training record, where the study draws any stretch of it.
/// </summary>
public static class LinearProbe
{
    /// <summary>Trains, keeps the epoch that validates best, and scores the test records.</summary>
    /// <returns>double[records, classes] of the test: sigmoid per crop, mean over a record's crops. And the epoch, from 1, with its score.</returns>
    public static (double[,] Scores, int Epoch, double ValidationAuroc) Run(ProbeData training, ProbeData validation, ProbeData test, ProbeOptions options)
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        var map = nn.Linear(training.Embeddings.shape[1], training.Classes);
        Initialisation.Draw(map, KeyedRandom.Combine(options.Seed, KeyedRandom.KeyOf("probe")));
        using var optimiser = new AdamW([new("probe", options.Rate, [("weight", map.weight!), ("bias", map.bias!)])], options.WeightDecay);
        var targets = tensor(Flat(training.Labels), [training.Records, training.Classes], float32);
        var cropsOf = training.RecordOf.Index().GroupBy(crop => crop.Item, crop => (long)crop.Index).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray();
        var (best, bestEpoch, bestAuroc) = ((double[,]?)null, 0, double.NegativeInfinity);
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            foreach (var batch in Batches(cropsOf, options, epoch)) Step(map, optimiser, training.Embeddings, targets, batch);
            var auroc = new MultilabelScores(Score(map, validation), validation.Labels).MacroAuroc(UndefinedClasses.CountAsChance);
            if (auroc <= bestAuroc) continue;
            (best, bestEpoch, bestAuroc) = (Score(map, test), epoch + 1, auroc);
        }

        map.Dispose();
        return (best!, bestEpoch, bestAuroc);
    }

    /// <summary>Records of a batch and one crop of each. A last batch that is short is left out, unless it is the only one.</summary>
    private static IEnumerable<(long[] Records, long[] Crops)> Batches(long[][] cropsOf, ProbeOptions options, int epoch)
    {
        var random = new KeyedRandom(KeyedRandom.Combine(KeyedRandom.Combine(options.Seed, KeyedRandom.KeyOf("batches")), (ulong)epoch));
        var records = Enumerable.Range(0, cropsOf.Length).Select(record => (long)record).ToArray();
        for (var last = records.Length - 1; last > 0; last--)
        {
            var other = random.NextIndex(last + 1);
            (records[last], records[other]) = (records[other], records[last]);
        }

        var crops = new long[records.Length];
        for (var index = 0; index < crops.Length; index++)
        {
            var own = cropsOf[records[index]];
            crops[index] = own[random.NextIndex(own.Length)];
        }

        var size = Math.Min(options.Batch, records.Length);
        for (var start = 0; start + size <= records.Length; start += size) yield return (records[start..(start + size)], crops[start..(start + size)]);
    }

    private static void Step(Linear map, AdamW optimiser, Tensor embeddings, Tensor targets, (long[] Records, long[] Crops) batch)
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        optimiser.ClearGradients();
        var logits = map.forward(embeddings.index_select(0, tensor(batch.Crops)));            // [batch, classes]
        nn.functional.binary_cross_entropy_with_logits(logits, targets.index_select(0, tensor(batch.Records))).backward();
        optimiser.Step(height: 1);
    }

    private static double[,] Score(Linear map, ProbeData data)
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var shares = map.forward(data.Embeddings).sigmoid().to(float64).data<double>().ToArray();   // [crops, classes]
        var scores = new double[data.Records, data.Classes];
        var counts = new int[data.Records];
        for (var crop = 0; crop < data.RecordOf.Length; crop++)
        {
            counts[data.RecordOf[crop]]++;
            for (var one = 0; one < data.Classes; one++) scores[data.RecordOf[crop], one] += shares[crop * data.Classes + one];
        }

        for (var record = 0; record < data.Records; record++)
        {
            for (var one = 0; one < data.Classes; one++) scores[record, one] /= counts[record];
        }

        return scores;
    }

    private static double[] Flat(double[,] matrix) => [.. matrix.Cast<double>()];
}
