using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>Against numbers of the study's own stem (golden/stem.json), at the tolerances that it states.</summary>
public sealed class ConvStemTests
{
    private static readonly Safetensors Golden = new("stem.safetensors");

    [Theory]
    [InlineData(ScalarType.Float64, 1e-10)]
    [InlineData(ScalarType.Float32, 1e-5)]
    public void Forward_EvaluationMode_IsTheGoldenOutput(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var stem = Stem(type);
        stem.eval();
        Close.Assert(Golden["y_eval"], stem.forward(Golden["x"].to(type)), tolerance);
        Close.Assert(Golden["y_eval_odd"], stem.forward(Golden["x_odd"].to(type)), tolerance);
    }

    [Theory]
    [InlineData(ScalarType.Float64, 1e-10)]
    [InlineData(ScalarType.Float32, 1e-5)]
    public void Backward_TrainingMode_GivesTheGoldenGradientsAndStatistics(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var stem = Stem(type);
        stem.train();
        var input = Golden["x"].to(type).requires_grad_();
        var output = stem.forward(input);
        Close.Assert(Golden["y_train"], output, tolerance);
        (output * Golden["g"].to(type)).sum().backward();

        Close.Assert(Golden["grad_x"], input.grad!, tolerance);
        var state = stem.state_dict();
        for (var stage = 0; stage < 4; stage++)
        {
            Close.Assert(Golden[$"grad_conv{stage}_weight"], state[$"stages.{stage}.conv.weight"].grad!, tolerance);
            Close.Assert(Golden[$"grad_bn{stage}_weight"], state[$"stages.{stage}.norm.weight"].grad!, tolerance);
            Close.Assert(Golden[$"grad_bn{stage}_bias"], state[$"stages.{stage}.norm.bias"].grad!, tolerance);
            Close.Assert(Golden[$"bn{stage}_running_mean_after"], state[$"stages.{stage}.norm.running_mean"], tolerance);
            Close.Assert(Golden[$"bn{stage}_running_var_after"], state[$"stages.{stage}.norm.running_var"], tolerance);
        }
    }

    [Fact]
    public void Parameters_StudyShape_Are808960()
    {
        using var stem = new ConvStem(new ConvStemOptions());
        Assert.Equal(808_960, stem.parameters().Sum(parameter => parameter.numel())); // the study's count
    }

    [Fact]
    public void Forward_ManyTimes_LeavesNoTensorBehind()
    {
        using var stem = new ConvStem(new ConvStemOptions { Width = 8 });
        using var input = zeros(2, 12, 600);
        using (stem.forward(input)) { }
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 10; i++)
        {
            using var output = stem.forward(input);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static ConvStem Stem(ScalarType type)
    {
        var stem = new ConvStem(new ConvStemOptions { Width = 16 });
        var state = stem.state_dict();
        using (no_grad())
        {
            for (var stage = 0; stage < 4; stage++)
            {
                state[$"stages.{stage}.conv.weight"].copy_(Golden[$"conv{stage}_weight"]);
                foreach (var name in (string[])["weight", "bias", "running_mean", "running_var"])
                {
                    state[$"stages.{stage}.norm.{name}"].copy_(Golden[$"bn{stage}_{name}"]);
                }
            }
        }

        stem.to(type);
        return stem;
    }
}
