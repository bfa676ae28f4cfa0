using EcgData.Models.Checkpoints;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EcgData.Training;

/// <summary>Parameters that learn at one rate.</summary>
/// <param name="Name">For the log: head, backbone, stem.</param>
/// <param name="Rate">At the schedule's full height.</param>
public sealed record ParameterGroup(string Name, double Rate, IReadOnlyList<(string Name, Parameter Value)> Parameters);

/// <summary>
/// AdamW with decoupled decay of every parameter. Our own forty lines for the sake of its state: the moments have the names of their
/// parameters, so they lie in the checkpoint beside the weights, and no tensor of theirs is hidden from the gauge of live tensors.
/// </summary>
/// <remarks>Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2; order of operations as PyTorch's.</remarks>
public sealed class AdamW : IDisposable
{
    private const double FirstDecay = 0.9;
    private const double SecondDecay = 0.999;
    private const double Epsilon = 1e-8;
    private const string FirstName = ".exp_avg";      // as PyTorch's optimiser calls them
    private const string SecondName = ".exp_avg_sq";

    private readonly IReadOnlyList<ParameterGroup> _groups;
    private readonly double _weightDecay;
    private readonly Dictionary<string, (Tensor First, Tensor Second)> _moments = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">A parameter is in two groups.</exception>
    public AdamW(IReadOnlyList<ParameterGroup> groups, double weightDecay)
    {
        (_groups, _weightDecay) = (groups, weightDecay);
        foreach (var (name, value) in groups.SelectMany(group => group.Parameters))
        {
            if (!_moments.TryAdd(name, (zeros_like(value).DetachFromDisposeScope(), zeros_like(value).DetachFromDisposeScope())))
                throw new ArgumentException($"Parameter '{name}' is in two groups; expected one rate for each. Give it to one of them.");
        }
    }

    public IReadOnlyList<ParameterGroup> Groups => _groups;

    /// <summary>Updates that have been made.</summary>
    public long Steps { get; private set; }

    /// <summary>
    /// Takes the gradients away. Zeros in their place would still move a parameter that a step has no use for, by its moments, and would do
    /// so only in a run that was not just started again.
    /// </summary>
    public void ClearGradients()
    {
        foreach (var (_, value) in Parameters()) value.grad = null;
    }

    /// <summary>Scales all gradients so that their common norm is at most <paramref name="largest"/>.</summary>
    /// <returns>The norm before.</returns>
    public double ClipGradients(double largest) => nn.utils.clip_grad_norm_(Parameters().Select(parameter => parameter.Value), largest);

    /// <param name="height">Of the schedule, a factor on every group's rate.</param>
    public void Step(double height)
    {
        Steps++;
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (firstBias, secondBias) = (1 - Math.Pow(FirstDecay, Steps), 1 - Math.Pow(SecondDecay, Steps));
        foreach (var group in _groups)
        {
            var rate = group.Rate * height;
            foreach (var (name, value) in group.Parameters)
            {
                if (value.grad is not { } gradient) continue;   // takes no part in this objective
                var (first, second) = _moments[name];
                value.mul_(1 - rate * _weightDecay);
                first.lerp_(gradient, 1 - FirstDecay);
                second.mul_(SecondDecay).addcmul_(gradient, gradient, 1 - SecondDecay);
                var denominator = second.sqrt().div_(Math.Sqrt(secondBias)).add_(Epsilon);
                value.addcdiv_(first, denominator, -rate / firstBias);
            }
        }
    }

    /// <summary>Moments by name, for a checkpoint; the step is the run's.</summary>
    public IEnumerable<(string Name, Tensor Value)> State() => _moments.SelectMany(entry => new[]
    {
        (Checkpoint.OptimiserPrefix + entry.Key + FirstName, entry.Value.First), (Checkpoint.OptimiserPrefix + entry.Key + SecondName, entry.Value.Second),
    });

    /// <param name="steps">Updates that had been made when the file was written.</param>
    /// <exception cref="InvalidDataException">The moments are those of other parameters.</exception>
    public void Load(SafetensorsFile file, long steps)
    {
        foreach (var (name, value) in State()) file.ReadInto(name, value);
        Steps = steps;
    }

    public void Dispose()
    {
        foreach (var (first, second) in _moments.Values)
        {
            first.Dispose();
            second.Dispose();
        }
    }

    private IEnumerable<(string Name, Parameter Value)> Parameters() => _groups.SelectMany(group => group.Parameters);
}
