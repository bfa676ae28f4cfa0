using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models;

/// <summary>A module whose starting weights are not PyTorch's defaults: it draws all that it has itself.</summary>
public interface IDrawnLayer
{
    /// <param name="key">From the run's seed and the module's name.</param>
    void Draw(ulong key);
}

/// <summary>Starting weights as a function of a seed and of the parameters' names.</summary>
public static class Initialisation
{
    /// <summary>
    /// PyTorch's default for convolutions and linear maps, uniform in ±1/√fan-in, from <see cref="KeyedRandom"/>: weights have two
    /// axes or more, a bias has its weight's fan-in. Norms, which have no such weight, keep 1 and 0. A module inside that is an
    /// <see cref="IDrawnLayer"/> draws its own.
    /// </summary>
    /// <remarks>He et al., "Delving deep into rectifiers", ICCV 2015, equation 10, with a = √5 as PyTorch's layers have it.</remarks>
    public static void Draw(nn.Module module, ulong seed)
    {
        if (module is IDrawnLayer self)
        {
            self.Draw(seed);
            return;
        }

        var state = module.state_dict();
        var drawn = module.named_modules().Where(inner => inner.module is IDrawnLayer).ToArray();
        foreach (var (name, layer) in drawn) ((IDrawnLayer)layer).Draw(KeyedRandom.Combine(seed, KeyedRandom.KeyOf(name)));
        using var noGradient = no_grad();
        foreach (var (name, parameter) in module.named_parameters())
        {
            if (drawn.Any(inner => name.StartsWith(inner.name + ".", StringComparison.Ordinal))) continue;
            var weightName = name == "bias" || name.EndsWith(".bias", StringComparison.Ordinal) ? name[..^4] + "weight" : name;
            if (!state.TryGetValue(weightName, out var weight) || weight.dim() < 2) continue;
            var bound = 1 / MathF.Sqrt(weight.numel() / weight.shape[0]);
            using var start = Uniform(parameter.shape, bound, KeyedRandom.Combine(seed, KeyedRandom.KeyOf(name)));
            parameter.copy_(start);
        }
    }

    /// <returns>float[shape], uniform in ±bound, owned by the caller.</returns>
    public static Tensor Uniform(long[] shape, double bound, ulong key)
    {
        var random = new KeyedRandom(key);
        var values = new float[shape.Aggregate(1L, (product, axis) => product * axis)];
        foreach (ref var value in values.AsSpan()) value = (2 * random.NextSingle() - 1) * (float)bound;
        return tensor(values, shape);
    }

    /// <returns>double[shape], normal around 0, owned by the caller.</returns>
    /// <remarks>Box and Muller, "A note on the generation of random normal deviates", 1958.</remarks>
    public static Tensor Normal(long[] shape, double standardDeviation, ulong key)
    {
        var random = new KeyedRandom(key);
        var values = new double[shape.Aggregate(1L, (product, axis) => product * axis)];
        foreach (ref var value in values.AsSpan())
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - (double)random.NextSingle()));
            value = standardDeviation * radius * Math.Cos(2 * Math.PI * random.NextSingle());
        }

        return tensor(values, shape);
    }
}
