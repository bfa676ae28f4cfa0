using EcgData.Signals;
using TorchSharp;

namespace EcgData.Training.Tests;

public sealed class FirstStepsTests
{
    private static readonly FirstStepsOptions Small = new() { Steps = 12, Batch = 8, Width = 16 };

    [Fact]
    public async Task Run_OneBatch_IsOverfitted()
    {
        // Rows exactly as long as a crop: every step sees the same two crops, only other stretches are hidden.
        var result = await FirstSteps.RunAsync(Some.Segments(2, seconds: 2.5), Small with { Steps = 300, Batch = 2 });
        Assert.True(result.LastLoss < 0.2 && result.Losses[0] > 0.99, $"loss {result.FirstLoss:g3} -> {result.LastLoss:g3}");
    }

    [Fact]
    public async Task Run_EcgLikeRows_LossFallsAndStepsAreReported()
    {
        var reported = new Steps();
        var result = await FirstSteps.RunAsync(Some.Segments(64), new FirstStepsOptions { Batch = 16 }, reported);
        Assert.True(result.LastLoss < 0.75 * result.FirstLoss, $"loss {result.FirstLoss:g3} -> {result.LastLoss:g3}");
        Assert.Equal(result.Losses, reported.Select(step => step.Loss));
        Assert.Equal(Enumerable.Range(1, 40), reported.Select(step => step.Number));
        Assert.Equal(Enumerable.Range(0, 40).Select(step => step / 4), reported.Select(step => step.Epoch)); // 64 rows: 4 steps
        Assert.Equal(640, result.Crops);
        Assert.True(result.PeakMemoryBytes > 50_000_000);
    }

    [Fact]
    public async Task Run_SameSeed_GivesTheSameLossesWhateverTorchDrewBefore()
    {
        torch.random.manual_seed(1);
        var first = await FirstSteps.RunAsync(Some.Segments(24), Small);
        torch.random.manual_seed(2);
        var second = await FirstSteps.RunAsync(Some.Segments(24), Small);
        var other = await FirstSteps.RunAsync(Some.Segments(24), Small with { Seed = 2 });
        Assert.Equal(first.Losses, second.Losses);
        Assert.NotEqual(first.Losses, other.Losses);
    }

    [Fact]
    public async Task Run_ManySteps_ReleasesEveryTensor()
    {
        var start = LiveTensors();
        await FirstSteps.RunAsync(Some.Segments(24), Small with { Steps = 2 });
        var afterFew = LiveTensors();
        var reported = new Steps();
        var result = await FirstSteps.RunAsync(Some.Segments(24), Small, reported);

        Assert.Equal(0, result.LiveTensorGrowth);
        // Never more than after the first step; fewer where the finalizer took what building the model left.
        Assert.All(reported, step => Assert.InRange(step.LiveTensors, 1, reported[0].LiveTensors));
        // TorchSharp's count keeps one for each parameter ever made, whose handle has moved: the same for any number of steps.
        Assert.Equal(afterFew - start, LiveTensors() - afterFew);

        static long LiveTensors()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return torch.Tensor.TotalCount;
        }
    }

    [Fact]
    public async Task Run_RowsWithAbsentLeads_Learns()
    {
        var result = await FirstSteps.RunAsync(Some.Segments(16, leads: LeadSet.None.With(Lead.I).With(Lead.II)), Small with { Steps = 40 });
        Assert.True(result.LastLoss < 0.9 * result.FirstLoss, $"loss {result.FirstLoss:g3} -> {result.LastLoss:g3}");
    }

    [Fact]
    public async Task Run_FlatLines_HasAFiniteLoss()
    {
        var flat = Enumerable.Range(0, 8).Select(i => Some.Segment(i, 600, [.. Enumerable.Repeat(new short[600], 12)]));
        var result = await FirstSteps.RunAsync(flat.ToArray().ToAsyncEnumerable(), Small with { Steps = 3 });
        Assert.All(result.Losses, loss => Assert.True(double.IsFinite(loss)));
    }

    [Fact]
    public async Task Run_ShortRowsAmongOthers_AreLeftOutAndCounted()
    {
        var rows = Some.Segments(8).Concat(Some.Segments(3, seconds: 2.4));
        var result = await FirstSteps.RunAsync(rows, Small with { Steps = 2 });
        Assert.Equal(3, result.RowsTooShort); // one pass and the beginning of a second
    }

    [Fact]
    public async Task Run_NoRowLongEnough_SaysHowManyAreShorter()
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => FirstSteps.RunAsync(Some.Segments(3, seconds: 2), Small));
        Assert.Contains("3 shorter ones", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_RowsOfTwoFrequencies_NamesTheRecord()
    {
        var rows = new[] { Some.Segment(0), Some.Segment(1, frequencyHz: 100) }.ToAsyncEnumerable();
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => FirstSteps.RunAsync(rows, Small));
        Assert.Contains("some/1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Cancelled_Stops()
    {
        using var stop = new CancellationTokenSource();
        var progress = new Steps { After = _ => stop.Cancel() };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FirstSteps.RunAsync(Some.Segments(8), Small, progress, stop.Token));
        Assert.Single(progress);
    }

    private sealed class Steps : List<FirstStep>, IProgress<FirstStep>
    {
        public Action<FirstStep>? After { get; init; }

        public void Report(FirstStep value)
        {
            Add(value);
            After?.Invoke(value);
        }
    }
}
