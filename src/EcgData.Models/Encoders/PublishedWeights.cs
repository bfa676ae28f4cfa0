using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Encoders;

/// <summary>
/// The weights of an S4 encoder under the names that the study's code gives them, in and out. Every name belongs to one of ours and
/// every shape is ours, so a transfer is a copy; the kernels' basis follows from the copied buffers by itself.
/// </summary>
/// <remarks>
/// Study's specification, appendix C. Names of the pretraining parts (head_ssl, ema, masking) are passed over, as are the derived
/// omega and z of the kernels. The published C~ is tied to a reference length of 300 tokens: create the encoder with that.
/// </remarks>
public static class PublishedWeights
{
    private const string Stem = "ts_encoder.encoder.layers.";
    private const string Predictor = "ts_encoder.predictor.predictor.";

    private static readonly string[] PassedOver = ["ts_encoder.head_ssl.", "ts_encoder.ema.", "ts_encoder.masking."];
    private static readonly string[] Derived = [".kernel.kernel.omega", ".kernel.kernel.z"];

    /// <summary>Writes published weights into an encoder of the S4 family.</summary>
    /// <param name="weights">Name to tensor, of any float type; stays the caller's.</param>
    /// <exception cref="InvalidDataException">A name is missing or unknown, or a shape differs; nothing has been written.</exception>
    public static void Import(IReadOnlyDictionary<string, Tensor> weights, Encoder encoder)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var state = encoder.state_dict();
        var expected = NamesOf(encoder).ToDictionary(pair => pair.Published, pair => pair.Ours);
        foreach (var name in weights.Keys)
        {
            if (expected.ContainsKey(name) || IsPassedOver(name)) continue;
            throw new InvalidDataException(
                $"Published weights: '{name}' has no counterpart in this encoder; expected are names like '{Predictor}s4_layers.0.D' " +
                $"for {Layers(encoder)} layers. Create the encoder with the layers of the weights.");
        }

        foreach (var (published, ours) in expected)
        {
            var (target, isOptional) = (state[ours], ours.EndsWith("num_batches_tracked", StringComparison.Ordinal));
            if (!weights.TryGetValue(published, out var weight))
            {
                if (isOptional) continue;
                throw new InvalidDataException(
                    $"Published weights: '{published}' is missing; expected is a tensor of shape [{string.Join(", ", target.shape)}]. " +
                    "Give the whole state of the published encoder.");
            }

            if (Fits(weight, target)) continue;
            throw new InvalidDataException(
                $"Published weights: '{published}' has shape [{string.Join(", ", weight.shape)}]; expected is [{string.Join(", ", target.shape)}]. " +
                "Create the encoder with the width, state size and direction of the weights.");
        }

        foreach (var (published, ours) in expected)
        {
            if (weights.TryGetValue(published, out var weight)) state[ours].copy_(weight.view(state[ours].shape));
        }
    }

    /// <summary>The encoder's weights under the published names, without the derived ones.</summary>
    /// <returns>Copies, owned by the caller.</returns>
    public static IReadOnlyDictionary<string, Tensor> Export(Encoder encoder)
    {
        using var noGradient = no_grad();
        var state = encoder.state_dict();
        return NamesOf(encoder).ToDictionary(pair => pair.Published, pair =>
        {
            using var scope = NewDisposeScope();
            var copy = state[pair.Ours].detach().clone();
            return (IsLinearBias(pair.Ours) ? copy.unsqueeze(1) : copy).MoveToOuterDisposeScope();
        });
    }

    private static IEnumerable<(string Published, string Ours)> NamesOf(Encoder encoder)
    {
        for (var i = 0; i < ConvStem.StageCount; i++)
        {
            yield return ($"{Stem}{i}.0.weight", $"stem.stages.{i}.conv.weight");
            foreach (var name in (string[])["weight", "bias", "running_mean", "running_var", "num_batches_tracked"])
            {
                yield return ($"{Stem}{i}.1.{name}", $"stem.stages.{i}.norm.{name}");
            }
        }

        for (var i = 0; i < Layers(encoder); i++)
        {
            var (published, ours) = ($"{Predictor}s4_layers.{i}", $"backbone.blocks.{i}.layer");
            yield return ($"{published}.D", $"{ours}.D");
            foreach (var name in (string[])["C", "log_dt", "B", "P", "w", "Q"]) yield return ($"{published}.kernel.kernel.{name}", $"{ours}.{name}");
            yield return ($"{published}.output_linear.0.weight", $"{ours}.linear.weight");
            yield return ($"{published}.output_linear.0.bias", $"{ours}.linear.bias");
            yield return ($"{Predictor}norms.{i}.weight", $"backbone.blocks.{i}.norm.weight");
            yield return ($"{Predictor}norms.{i}.bias", $"backbone.blocks.{i}.norm.bias");
        }
    }

    private static int Layers(Encoder encoder) => encoder.Backbone is S4Backbone s4
        ? s4.Blocks.Count
        : throw new InvalidDataException(
            $"Published weights: the encoder's backbone is a {encoder.Backbone.GetType().Name}; expected is S4. Create the encoder of family S4.");

    /// <summary>Equal shapes, but for the linear map's bias, which is published as [2 · width, 1].</summary>
    private static bool Fits(Tensor weight, Tensor target) =>
        weight.shape.SequenceEqual(target.shape) || (target.dim() == 1 && weight.shape.SequenceEqual([target.shape[0], 1L]));

    private static bool IsLinearBias(string ours) => ours.EndsWith("linear.bias", StringComparison.Ordinal);

    private static bool IsPassedOver(string name) =>
        PassedOver.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) || Derived.Any(end => name.EndsWith(end, StringComparison.Ordinal));
}
