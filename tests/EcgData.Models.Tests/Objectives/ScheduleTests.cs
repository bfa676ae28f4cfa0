using EcgData.Models.Objectives;
using TorchSharp;

namespace EcgData.Models.Tests.Objectives;

/// <summary>Against numbers of the published code (golden/schedules.json) at the tolerance stated there.</summary>
public sealed class ScheduleTests
{
    private static readonly Safetensors Golden = new("schedules.safetensors");

    [Theory]
    [InlineData("teacher_temperature")]
    [InlineData("student_temperature")]
    public void CosineWarmup_GoldenSteps_IsTheGoldenTemperature(string name)
    {
        var options = new HubertPlusPlusOptions();
        var schedule = name == "teacher_temperature" ? options.Prototypes.Temperature : options.Temperature;
        using var steps = Golden["temp_steps"];
        using var expected = Golden[name];
        foreach (var (step, value) in steps.data<double>().Zip(expected.data<double>()))
        {
            Assert.Equal(value, schedule.At((long)step), 1e-12);
        }
    }

    [Fact]
    public void TeacherOptions_Momentum_IsTheGoldenConstant()
    {
        using var expected = Golden["ema_momentum"];
        Assert.All(expected.data<double>(), value => Assert.Equal(value, new TeacherOptions().Momentum, 1e-12));
    }

    [Fact]
    public void CosineWarmup_NoSteps_IsAtItsEnd() => Assert.Equal(0.1, new CosineWarmup(0.5, 0.1, 0).At(0));
}
