using System.Globalization;
using System.Text.Json;
using EcgData.Evaluation.Metrics;

namespace EcgData.Evaluation.Tests.Metrics;

public sealed class GoldenMetricsTests
{
    private const double Exact = 1e-12;

    // The reference rounds the score of each resample to float32.
    private const double Bound = 2e-7;

    [Theory]
    [InlineData("labels")]
    [InlineData("labels_masked")]
    public void Scores_OfTheReference_AgreeToTwelveDigits(string labels)
    {
        using var golden = new Golden("classification");
        var expected = golden.Document.RootElement.GetProperty("values").GetProperty(labels);
        var scores = new MultilabelScores(golden.Matrix("scores"), golden.Matrix(labels));

        var names = golden.Document.RootElement.GetProperty("class_names").EnumerateArray().Select(name => name.GetString()!).ToList();
        for (var index = 0; index < names.Count; index++)
        {
            Near(Number(expected.GetProperty("auroc_per_class").GetProperty(names[index])), scores.Classes[index].Auroc());
            // Without positives scikit-learn 1.2.1 says 0 with a warning; it is not defined.
            var auprc = names[index] == "none" ? double.NaN : Number(expected.GetProperty("auprc_per_class").GetProperty(names[index]));
            Near(auprc, scores.Classes[index].Auprc());
        }

        Near(Number(expected.GetProperty("auroc_macro_reference")), scores.MacroAuroc(UndefinedClasses.CountAsChance));
        Near(Number(expected.GetProperty("auroc_macro_defined_only")), scores.MacroAuroc(UndefinedClasses.LeftOut));
        Near(Number(expected.GetProperty("auroc_micro")), scores.MicroAuroc());
        Near(Number(expected.GetProperty("auprc_macro_reference")), scores.MacroAuprc(UndefinedClasses.CountAsChance));
        Near(Number(expected.GetProperty("auprc_micro")), scores.MicroAuprc());
        Assert.Equal(expected.GetProperty("n_defined").GetInt32(), scores.Classes.Count(one => one.Positives > 0 && one.Negatives > 0));
    }

    [Fact]
    public void Resamples_OfTheReference_AgreeOneByOneAndInTheirInterval()
    {
        using var golden = new Golden("classification");
        var scores = new MultilabelScores(golden.Matrix("scores"), golden.Matrix("labels_masked"));
        WeightedScore[] measured =
        [
            .. scores.Classes.Select(one => (WeightedScore)(weights => one.Auroc(weights))), scores.MicroAuroc,
            weights => scores.MacroAuroc(UndefinedClasses.CountAsChance, weights),
        ];
        var (resampled, low, high, undefined) =
            (golden.Matrix("auroc_bootstrap"), golden.Matrix("auroc_low"), golden.Matrix("auroc_high"), golden.Matrix("auroc_nan_count"));
        for (var column = 0; column < measured.Length; column++)
        {
            foreach (var (resample, weights) in golden.Weights("bootstrap_indices").Index())
                Near(resampled[resample, column], measured[column](weights), Bound);
            var interval = Bootstrap.Of(measured[column], golden.Weights("bootstrap_indices"));
            Near(low[column, 0], interval.Low, Bound);
            Near(high[column, 0], interval.High, Bound);
            Assert.Equal((int)undefined[column, 0], interval.Undefined);
        }
    }

    [Fact]
    public void Auprc_Resamples_AgreeWithTheReference()
    {
        using var golden = new Golden("classification");
        var scores = new MultilabelScores(golden.Matrix("scores"), golden.Matrix("labels_masked"));
        var resampled = golden.Matrix("auprc_bootstrap");
        foreach (var (resample, weights) in golden.Weights("bootstrap_indices").Index())
        {
            Near(resampled[resample, 0], scores.Classes[0].Auprc(weights), Bound);
            Near(resampled[resample, 4], scores.Classes[4].Auprc(weights), Bound);
            Near(resampled[resample, 7], scores.MicroAuprc(weights), Bound);
        }
    }

    [Fact]
    public void Difference_OfTwoModels_IsPaired()
    {
        using var golden = new Golden("classification");
        var (a, b) = (new MultilabelScores(golden.Matrix("scores"), golden.Matrix("labels_masked")), new MultilabelScores(golden.Matrix("scores_b"), golden.Matrix("labels_masked")));
        double Difference(ReadOnlySpan<int> weights) =>
            a.MacroAuroc(UndefinedClasses.CountAsChance, weights) - b.MacroAuroc(UndefinedClasses.CountAsChance, weights);

        var interval = Bootstrap.Of(Difference, golden.Weights("bootstrap_indices"));

        var expected = golden.Document.RootElement.GetProperty("values").GetProperty("paired");
        Near(Number(expected.GetProperty("point")), interval.Point);
        Near(Number(expected.GetProperty("low")), interval.Low, Bound);
        Near(Number(expected.GetProperty("high")), interval.High, Bound);
    }

    [Fact]
    public void EdgeCases_OfTheReference_Agree()
    {
        using var golden = new Golden("edge_cases");
        foreach (var one in golden.Document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var (labels, scores) = (Numbers(one.GetProperty("labels")), Numbers(one.GetProperty("scores")));
            var ranked = new RankedScores(labels.Select((label, row) => (row, scores[row], label)));
            Near(Number(one.GetProperty("auroc")), ranked.Auroc());
            Near(Number(one.GetProperty("average_precision")), ranked.Auprc());
        }

        foreach (var one in golden.Document.RootElement.GetProperty("percentiles").EnumerateArray())
            Near(Number(one.GetProperty("percentile")), Bootstrap.Percentile(Numbers(one.GetProperty("values")), Number(one.GetProperty("q"))));
    }

    [Fact]
    public void Regression_OfTheReference_Agrees()
    {
        using var golden = new Golden("regression");
        var scores = new RegressionScores(golden.Matrix("predictions"), golden.Matrix("targets"));
        var (perTarget, values) = (golden.Matrix("per_target"), golden.Document.RootElement.GetProperty("values"));
        for (var target = 0; target < scores.Targets; target++) Near(perTarget[target, 0], scores.MeanAbsoluteError(target));
        Near(Number(values.GetProperty("pooled_mae")), scores.Pooled());
        Near(Number(values.GetProperty("mean_mae")), scores.MeanOfTargets());
        var resampled = golden.Matrix("bootstrap_mean_mae");
        foreach (var (resample, weights) in golden.Weights("bootstrap_indices").Index()) Near(resampled[resample, 0], scores.MeanOfTargets(weights), Bound * 10);
    }

    private static void Near(double expected, double actual, double tolerance = Exact) =>
        Assert.True(double.IsNaN(expected) ? double.IsNaN(actual) : Math.Abs(expected - actual) <= tolerance, $"{actual:R} instead of {expected:R}");

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(Number)];

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture)
        : value.GetDouble();
}
