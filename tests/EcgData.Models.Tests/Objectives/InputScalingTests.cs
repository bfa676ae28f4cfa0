using EcgData.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

public sealed class InputScalingTests
{
    [Fact]
    public void Apply_Millivolt_ChangesNothing()
    {
        using var crops = rand(2, 12, 10);
        using var scaled = InputScaling.Millivolt.Apply(crops);
        Assert.True(scaled.Equals(crops));
    }

    [Fact]
    public void Apply_Published_IsTheStudysTableByPosition()
    {
        using var scope = NewDisposeScope();
        var scaled = InputScaling.PtbXlAsPublished.Apply(ones(1, 12, 3, float64));
        Assert.Equal((1 + 1.84586e-3) / (0.16401004 + 1e-8), scaled[0, 0, 0].ToDouble(), 1e-12);
        Assert.Equal((1 - 0.17031e-3) / (0.23374124 + 1e-8), scaled[0, 2, 2].ToDouble(), 1e-12);
        Assert.Equal((1 + 0.35649e-3) / (0.14656108 + 1e-8), scaled[0, 11, 1].ToDouble(), 1e-12);
    }

    [Fact]
    public void Deviation_Corrected_FitsTheLeads()
    {
        var (published, corrected) = (InputScaling.PtbXlAsPublished.Deviation(), InputScaling.PtbXl.Deviation());
        Assert.Equal([.. published.Order()], corrected.Order());
        Assert.Equal(0.16401004, corrected[0]);    // I
        Assert.Equal(0.17128962, corrected[2]);    // III
        Assert.Equal(0.14656108, corrected[5]);    // aVF
        Assert.Equal(0.23374124, corrected[6]);    // V1
        Assert.Equal(0.27554379, corrected[11]);   // V6
        Assert.True(corrected.Take(6).Max() < corrected.Skip(6).Min());   // chest leads are the larger ones
        Assert.Equal(0.54329e-3, InputScaling.PtbXl.Mean()[2]);
    }

    [Fact]
    public void Apply_ThreeLeads_IsRefused()
    {
        using var crops = zeros(1, 3, 10);
        var refusal = Assert.Throws<ArgumentException>(() => InputScaling.PtbXl.Apply(crops));
        Assert.Contains("3 leads", refusal.Message, StringComparison.Ordinal);
    }
}
