using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models;

/// <summary>Starting weights as a function of a seed and of the parameters' names.</summary>
public static class Initialisation
{
    /// <summary>
    /// PyTorch's default for convolutions and linear maps, uniform in ±1/√fan-in, from <see cref="KeyedRandom"/>: weights have two
    /// axes or more, a bias has its weight's fan-in. Norms, which have no such weight, keep 1 and 0.
    /// </summary>
    /// <remarks>He et al., "Delving deep into rectifiers", ICCV 2015, equation 10, with a = √5 as PyTorch's layers have it.</remarks>
    public static void Draw(nn.Module module, ulong seed)
    {
        var state = module.state_dict();
        using var noGradient = no_grad();
        foreach (var (name, parameter) in module.named_parameters())
        {
            var weightName = name.EndsWith(".bias", StringComparison.Ordinal) ? name[..^4] + "weight" : name;
            if (!state.TryGetValue(weightName, out var weight) || weight.dim() < 2) continue;
            var bound = 1 / MathF.Sqrt(weight.numel() / weight.shape[0]);
            var random = new KeyedRandom(KeyedRandom.Combine(seed, KeyedRandom.KeyOf(name)));
            var values = new float[parameter.numel()];
            foreach (ref var value in values.AsSpan()) value = (2 * random.NextSingle() - 1) * bound;
            using var drawn = tensor(values, parameter.shape);
            parameter.copy_(drawn);
        }
    }
}
