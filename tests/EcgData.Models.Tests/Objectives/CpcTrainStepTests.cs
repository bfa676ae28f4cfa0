using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AllEncoders = EcgData.Models.Encoders.Encoders;

namespace EcgData.Models.Tests.Objectives;

/// <summary>
/// Two whole training steps of CPC with a causal S4 of two layers against the published code (golden/cpc_train_step.json): stem,
/// backbone, head, loss, gradients, the optimiser at the study's three rates, batch statistics.
/// </summary>
public sealed class CpcTrainStepTests
{
    private const double Tolerance = 1e-9;
    private const double ToleranceOfWeights = 1e-8;   // Adam divides by √v

    private static readonly Safetensors Golden = new("cpc_train_step.safetensors");

    [Fact]
    public void Steps_GoldenBatches_AreTheGoldenLossesGradientsAndWeights()
    {
        using var scope = NewDisposeScope();
        var shape = new EncoderOptions { Width = 16, Causal = true, Tokens = 60, S4 = new S4Options { Layers = 2, Dropout = 0 } };
        var student = AllEncoders.Create(shape, seed: 1);
        var options = new CpcOptions { Negatives = 8 };
        var objective = new CpcObjective(options, student, seed: 1);
        student.to(float64);
        objective.to(float64);
        var head = objective.HeadParameters().Single();
        var weights = Weights(student).Append(("head_weight", head)).ToArray();
        using (no_grad())
        {
            foreach (var (name, weight) in weights) weight.copy_(Golden["p0_" + name].view(weight.shape));
            foreach (var (name, buffer) in Buffers(student)) buffer.copy_(Golden[name]);
        }

        var optimiser = optim.AdamW(
            [
                new AdamW.ParamGroup(objective.HeadParameters(), lr: 3e-3, weight_decay: 1e-3),
                new AdamW.ParamGroup(student.Backbone.parameters(), lr: 3e-4, weight_decay: 1e-3),
                new AdamW.ParamGroup(student.Stem.parameters(), lr: 3e-5, weight_decay: 1e-3),
            ]);
        foreach (var (step, loss, accuracy) in ((int, double, double)[])
            [(1, 134.61224596272933, 0.10869564861059189), (2, 137.32377980342108, 0.11413043737411499)])
        {
            optimiser.zero_grad();
            var tokens = student.Stem.forward(Golden[$"x_step{step}"]);
            var seen = student.Backbone.forward(tokens);
            var predicted = nn.functional.linear(seen, head);
            if (step == 1)
            {
                Close.Assert(Golden["enc_step1"], tokens, Tolerance);
                Close.Assert(Golden["pred_step1"], seen, Tolerance);
                Close.Assert(Golden["out_step1"], predicted, Tolerance);
            }

            var candidates = CpcTests.Candidates(Golden, "", predicted, options, $"_step{step}");
            var (actual, share) = Cpc.Loss(predicted, tokens, candidates, options);
            Assert.Equal(loss, actual.ToDouble(), Tolerance * loss);
            Assert.Equal(accuracy, share.ToDouble(), 1e-7);
            actual.backward();
            foreach (var (name, weight) in weights)
            {
                if (step == 1) Close.Assert(Golden["g1_" + name].view(weight.shape), weight.grad!, Tolerance, name);
            }

            optimiser.step();
            foreach (var (name, weight) in weights)
            {
                Close.Assert(Golden[$"p{step}_{name}"].view(weight.shape), weight, ToleranceOfWeights, $"step {step}, {name}");
            }
        }

        var state = student.Stem.state_dict();
        for (var stage = 0; stage < 4; stage++)
        {
            foreach (var name in (string[])["running_mean", "running_var"])
            {
                Close.Assert(Golden[$"after2_stem_{stage}_1_{name}"], state[$"stages.{stage}.norm.{name}"], Tolerance);
            }
        }
    }

    private static IEnumerable<(string Golden, Tensor Weight)> Weights(Encoder student)
    {
        var stem = student.Stem.state_dict();
        for (var stage = 0; stage < 4; stage++)
        {
            yield return ($"stem_{stage}_0_weight", stem[$"stages.{stage}.conv.weight"]);
            yield return ($"stem_{stage}_1_weight", stem[$"stages.{stage}.norm.weight"]);
            yield return ($"stem_{stage}_1_bias", stem[$"stages.{stage}.norm.bias"]);
        }

        var backbone = student.Backbone.state_dict();
        for (var block = 0; block < 2; block++)
        {
            yield return ($"pred_s4_layers_{block}_D", backbone[$"blocks.{block}.layer.D"]);
            yield return ($"pred_s4_layers_{block}_kernel_kernel_C", backbone[$"blocks.{block}.layer.C"]);
            yield return ($"pred_s4_layers_{block}_output_linear_0_weight", backbone[$"blocks.{block}.layer.linear.weight"]);
            yield return ($"pred_s4_layers_{block}_output_linear_0_bias", backbone[$"blocks.{block}.layer.linear.bias"]);
            yield return ($"pred_norms_{block}_weight", backbone[$"blocks.{block}.norm.weight"]);
            yield return ($"pred_norms_{block}_bias", backbone[$"blocks.{block}.norm.bias"]);
        }
    }

    private static IEnumerable<(string Golden, Tensor Buffer)> Buffers(Encoder student)
    {
        var backbone = student.Backbone.state_dict();
        for (var block = 0; block < 2; block++)
        {
            foreach (var name in (string[])["log_dt", "w", "B", "P", "Q"])
            {
                yield return ($"buf_pred_s4_layers_{block}_kernel_kernel_{name}", backbone[$"blocks.{block}.layer.{name}"]);
            }
        }
    }
}
