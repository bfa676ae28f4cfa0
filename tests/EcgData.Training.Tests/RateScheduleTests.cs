using EcgData.Models.Checkpoints;

namespace EcgData.Training.Tests;

/// <summary>Against the rates of the study's code (golden/schedules.json): base rate 3e-3, warm-up 1,000, 10,000 steps.</summary>
public sealed class RateScheduleTests
{
    private const double Base = 3e-3;
    private const double Tolerance = 1e-12;   // stated with the numbers
    private const long Steps = 10_000;
    private const long WarmUp = 1_000;

    public static TheoryData<string, RateScheduleOptions> Shapes => new()
    {
        { "lr_const", new() },
        { "lr_warmup_const", new() { WarmUpSteps = WarmUp } },
        { "lr_warmup_cos", new() { Shape = RateShape.Cosine, WarmUpSteps = WarmUp } },
        { "lr_warmup_linear", new() { Shape = RateShape.Linear, WarmUpSteps = WarmUp } },
        { "lr_linear_nowarmup", new() { Shape = RateShape.Linear } },
        { "lr_warmup_invsqrt", new() { Shape = RateShape.InverseSquareRoot, WarmUpSteps = WarmUp } },
        { "lr_warmup_cos_restart_9cycles", new() { Shape = RateShape.CosineRestarts, WarmUpSteps = WarmUp, Cycles = 9 } },
        { "lr_warmup_poly_p1", new() { Shape = RateShape.Linear, WarmUpSteps = WarmUp, End = 1e-7 / Base } },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void HeightAt_GoldenSteps_IsTheGoldenRate(string name, RateScheduleOptions options)
    {
        var compared = 0;
        foreach (var (step, rate) in Golden(name))
        {
            // Behind its end no run asks; the published cosine would rise again there.
            if (step > Steps) continue;
            Assert.Equal(rate, Base * RateSchedule.HeightAt(step, Steps, options), Tolerance);
            compared++;
        }

        Assert.Equal(14, compared);
    }

    [Theory]
    [InlineData(RateShape.Constant)]
    [InlineData(RateShape.Cosine)]
    [InlineData(RateShape.CosineRestarts)]
    [InlineData(RateShape.Linear)]
    [InlineData(RateShape.InverseSquareRoot)]
    public void HeightAt_NoWarmUp_StartsFullAndStaysAShare(RateShape shape)
    {
        var options = new RateScheduleOptions { Shape = shape, End = 0.1 };
        Assert.Equal(1, RateSchedule.HeightAt(0, 10, options));
        for (var step = 0; step < 12; step++) Assert.InRange(RateSchedule.HeightAt(step, 10, options), 0, 1);
    }

    private static List<(long Step, double Rate)> Golden(string name)
    {
        using var file = SafetensorsFile.Open(Path.Join(AppContext.BaseDirectory, "golden", "schedules.safetensors"));
        using var steps = file.Read("steps");
        using var rates = file.Read(name);
        return [.. steps.data<long>().Zip(rates.data<double>())];
    }
}
