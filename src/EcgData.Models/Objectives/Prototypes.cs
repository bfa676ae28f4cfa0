using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Options of <see cref="Prototypes"/>. The defaults are the study's.</summary>
public sealed record PrototypeOptions
{
    public int SinkhornIterations { get; init; } = 3;

    /// <summary>Temperature by the number of updates made.</summary>
    public CosineWarmup Temperature { get; init; } = new(From: 0.15, To: 0.07, Steps: 200);

    /// <summary>Share of a prototype that stays in a step.</summary>
    public double Momentum { get; init; } = 0.99;
}

/// <summary>
/// HuBERT++'s clusters: unit vectors to which the teacher's tokens are assigned softly and evenly, seeded by k-means++ from the first
/// batch, then moved towards the tokens assigned to them.
/// </summary>
/// <remarks>
/// Arthur and Vassilvitskii, "k-means++", SODA 2007. Checkpoint keys: vectors (float[prototypes, width]), seeded and updates (long
/// scalars); the published code saves none of them, so that it seeds anew when resumed.
/// </remarks>
public sealed class Prototypes : nn.Module
{
    private readonly PrototypeOptions _options;

    [ComponentName(Name = "vectors")]
    private readonly Tensor _vectors;

    [ComponentName(Name = "seeded")]
    private readonly Tensor _seeded = zeros([], int64);

    [ComponentName(Name = "updates")]
    private readonly Tensor _updates = zeros([], int64);

    // The batch's sum over assigned tokens until the step is made; an array, because a field of type Tensor would be state.
    private Tensor[] _pending = [];

    public Prototypes(int prototypes, int width, PrototypeOptions options)
        : base(nameof(Prototypes))
    {
        _options = options;
        _vectors = zeros(prototypes, width);
        RegisterComponents();
    }

    public double Temperature => _options.Temperature.At(_updates.ToInt64());

    /// <summary>Teacher's tokens as unit vectors.</summary>
    /// <param name="features">float[batch, tokens, width].</param>
    /// <returns>float[batch · tokens, width], owned by the caller.</returns>
    public static Tensor Rows(Tensor features)
    {
        using var scope = NewDisposeScope();
        return nn.functional.normalize(features.flatten(0, 1), dim: 1).MoveToOuterDisposeScope();
    }

    /// <summary>Seeds the prototypes from these rows unless they are.</summary>
    public void SeedOnce(Tensor rows, ulong key)
    {
        if (_seeded.ToInt64() != 0) return;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _vectors.copy_(Seeds(rows, (int)_vectors.shape[0], key));
        _seeded.fill_(1);
    }

    /// <returns>float[rows, prototypes]: soft targets at the present prototypes and temperature, owned by the caller.</returns>
    public Tensor Assign(Tensor rows)
    {
        using var scope = NewDisposeScope();
        return Sinkhorn.Assign(rows.matmul(_vectors.t()) / Temperature, _options.SinkhornIterations).MoveToOuterDisposeScope();
    }

    /// <summary>Keeps what <see cref="Update"/> needs of a batch.</summary>
    /// <param name="rows">float[rows, width].</param>
    /// <param name="shares">float[rows, prototypes].</param>
    public void Remember(Tensor rows, Tensor shares)
    {
        Forget();
        using var scope = NewDisposeScope();
        _pending = [shares.t().matmul(rows).DetachFromDisposeScope()];                        // [prototypes, width]
    }

    /// <summary>Moves the prototypes and, by counting the update, the temperature.</summary>
    public void Update()
    {
        if (_pending.Length == 0) return;
        using (var scope = NewDisposeScope())
        using (no_grad())
        {
            var moved = _vectors * _options.Momentum + nn.functional.normalize(_pending[0], dim: 1) * (1 - _options.Momentum);
            _vectors.copy_(nn.functional.normalize(moved, dim: 1));
            _updates.add_(1);
        }

        Forget();
    }

    /// <summary>
    /// k-means++: the first row at random, each next with a chance proportional to its squared distance to the nearest chosen one.
    /// Where there are fewer rows than prototypes, normal random directions for the rest.
    /// </summary>
    /// <param name="rows">float[rows, width], unit vectors.</param>
    /// <returns>float[prototypes, width], unit vectors, owned by the caller.</returns>
    public static Tensor Seeds(Tensor rows, int prototypes, ulong key)
    {
        using var scope = NewDisposeScope();
        var random = new KeyedRandom(key);
        var count = rows.shape[0];
        var chosen = new List<long> { random.NextIndex((int)count) };
        var nearest = full([count], double.PositiveInfinity, float64, rows.device);
        while (chosen.Count < Math.Min(prototypes, count))
        {
            using var inner = NewDisposeScope();
            var cosine = rows.matmul(rows[chosen[^1]]).to(float64);                           // [rows]
            minimum_(nearest, (2 - 2 * cosine).clamp_min_(0));
            nearest[chosen[^1]] = 0;
            var reached = nearest.cumsum(0);
            var total = reached[count - 1].ToDouble();
            var next = total > 0 ? searchsorted(reached, tensor(random.NextSingle() * total, float64, rows.device), right: true).ToInt64() : 0;
            chosen.Add(Math.Min(next, count - 1));
        }

        var seeds = rows.index_select(0, tensor(chosen.ToArray(), device: rows.device));
        if (chosen.Count < prototypes)
        {
            var rest = Initialisation.Normal([prototypes - chosen.Count, rows.shape[1]], 1, random.Next());
            seeds = cat([seeds, rest.to(rows.dtype, rows.device)], 0);
        }

        return nn.functional.normalize(seeds, dim: 1).MoveToOuterDisposeScope();

        static void minimum_(Tensor into, Tensor other) => into.copy_(into.minimum(other));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) Forget();
        base.Dispose(disposing);
    }

    private void Forget()
    {
        foreach (var sum in _pending) sum.Dispose();
        _pending = [];
    }
}
