using EcgData.Evaluation.Metrics;

namespace EcgData.Evaluation.Tests.Metrics;

public sealed class BootstrapTests
{
    [Fact]
    public void Draw_Clusters_AreDrawnWholeAndAsManyAsThereAre()
    {
        int[] clusters = [7, 7, 3, 3, 3, 9];
        var means = new double[6];
        foreach (var weights in Bootstrap.Draw(clusters, seed: 1, resamples: 2000))
        {
            Assert.Equal(weights[0], weights[1]);
            Assert.Equal(weights[2], weights[3]);
            Assert.Equal(weights[2], weights[4]);
            Assert.Equal(3, weights[0] + weights[2] + weights[5]);
            for (var row = 0; row < 6; row++) means[row] += weights[row] / 2000.0;
        }

        Assert.All(means, mean => Assert.InRange(mean, 0.9, 1.1));   // each is drawn once on average; the standard error is 0.02
    }

    [Fact]
    public void Draw_SameSeed_IsTheSame()
    {
        var clusters = Enumerable.Range(0, 20).ToList();
        static List<int> Flat(IEnumerable<int[]> resamples) => [.. resamples.SelectMany(weights => weights.ToArray())];
        Assert.Equal(Flat(Bootstrap.Draw(clusters, 5, 10)), Flat(Bootstrap.Draw(clusters, 5, 10)));
        Assert.NotEqual(Flat(Bootstrap.Draw(clusters, 5, 10)), Flat(Bootstrap.Draw(clusters, 6, 10)));
    }

    [Fact]
    public void Weights_AndRepeatedRows_AreTheSameScore()
    {
        (int Row, double Score, double Label)[] rows = [(0, 0.1, 0), (1, 0.4, 1), (2, 0.4, 0), (3, 0.8, 1), (4, 0.9, double.NaN), (5, 0.2, 1)];
        int[] weights = [2, 0, 3, 1, 5, 2];
        var weighted = new RankedScores(rows);
        var repeated = new RankedScores(rows.SelectMany(row => Enumerable.Repeat(row, weights[row.Row])));
        Assert.Equal(repeated.Auroc(), weighted.Auroc(weights), 15);
        Assert.Equal(repeated.Auprc(), weighted.Auprc(weights), 15);
        Assert.NotEqual(weighted.Auroc(), weighted.Auroc(weights));
    }

    [Fact]
    public void Scores_OfADivergedModel_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new RankedScores([(0, double.NaN, 1)]));
        Assert.Throws<ArgumentException>(() => new RankedScores([(0, 0.5, 2)]));
        Assert.Throws<ArgumentException>(() => new MultilabelScores(new double[2, 2], new double[2, 3]));
    }
}
