using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>Against golden/net1d_*.json: the study's own code, reduced; as the study has it, and with batch norm and stride.</summary>
public sealed class Net1dBackboneTests
{
    private static readonly int[] StageBlocks = [2, 2, 1];

    [Theory]
    [InlineData("net1d_study_style", BlockNorm.None, 1, ScalarType.Float64, 1e-10)]
    [InlineData("net1d_study_style", BlockNorm.None, 1, ScalarType.Float32, 1e-5)]
    [InlineData("net1d_bn_stride2", BlockNorm.Batch, 2, ScalarType.Float64, 1e-10)]
    [InlineData("net1d_bn_stride2", BlockNorm.Batch, 2, ScalarType.Float32, 1e-5)]
    public void ForwardAndBackward_GoldenWeights_AreTheGoldenValues(
        string file, BlockNorm norm, int stride, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var golden = new Safetensors(file + ".safetensors");
        using var backbone = new Net1dBackbone(new Net1dShape(16, 16, [16, 32, 32], StageBlocks, 16, stride, GroupWidth: 8, norm, Causal: false));
        foreach (var (name, value) in backbone.state_dict())
        {
            using var noGradient = no_grad();
            if (!name.EndsWith("num_batches_tracked", StringComparison.Ordinal)) value.copy_(golden["p_" + GoldenName(name)]);
        }

        backbone.to(type);   // makes new tensors: look the state up afterwards
        var state = backbone.state_dict();
        backbone.eval();
        var input = golden["x"].to(type).requires_grad_();
        var stage = backbone.Start(input);
        for (var block = 0; block < backbone.Blocks.Count; block++)
        {
            stage = backbone.Blocks[block].forward(stage);
            if (block == 1) Close.Assert(golden["stage0_out"], stage, tolerance, "stage 0");
            if (block == 3) Close.Assert(golden["stage1_out"], stage, tolerance, "stage 1");
        }

        var output = backbone.forward(input.transpose(1, 2));
        Close.Assert(golden["y"], output, tolerance, "output");
        (output * golden["g"].to(type)).sum().backward();
        Close.Assert(golden["grad_x"], input.grad!, tolerance, "input");
        Close.Assert(golden["grad_first_conv_weight"], state["first.conv.weight"].grad!, tolerance, "first");
        Close.Assert(golden["grad_stage1_block0_conv2_weight"], state["blocks.2.conv2.conv.weight"].grad!, tolerance, "stage 1");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Forward_Causal_LeavesEarlierTokens(int stride)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var backbone = new Net1dBackbone(new Net1dShape(16, 16, [16, 32], [1, 2], 16, stride, GroupWidth: 8, BlockNorm.None, Causal: true));
        Initialisation.Draw(backbone, seed: 1);
        var input = Initialisation.Normal([2, 40, 16], 1, key: 2).to(float32);
        var changed = input.clone();
        changed[.., 24.., ..].add_(1);
        var difference = (backbone.forward(input) - backbone.forward(changed)).abs().amax([0, 2]);
        var first = 24 / (stride * stride);   // two stages have the stride
        Assert.Equal(0, difference[..first].max().item<float>());
        Assert.True(difference[first..].max().item<float>() > 1e-4);
    }

    /// <summary>blocks.N.x is stage_list/S/block_list/B/x there.</summary>
    private static string GoldenName(string name)
    {
        var parts = name.Split('.');
        if (parts[0] == "first") return $"first_conv/conv/{parts[^1]}";
        if (parts[0] == "norm") return $"first_bn/{parts[^1]}";
        var (block, stage) = (int.Parse(parts[1]), 0);
        while (block >= StageBlocks[stage]) block -= StageBlocks[stage++];
        var part = string.Join('/', parts[2..]).Replace("norm", "bn", StringComparison.Ordinal)
            .Replace("squeeze", "se_fc1", StringComparison.Ordinal).Replace("excite", "se_fc2", StringComparison.Ordinal);
        return $"stage_list/{stage}/block_list/{block}/{part}";
    }
}
