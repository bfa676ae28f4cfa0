using EcgData.Models.Encoders;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Options of <see cref="HubertPlusPlus"/>. The defaults are the study's but for the teacher, see <see cref="TeacherOptions"/>.</summary>
public sealed record HubertPlusPlusOptions
{
    public SpanMaskOptions Mask { get; init; } = new();

    public TeacherOptions Teacher { get; init; } = new();

    /// <summary>Sets of clusters, by their sizes; each is predicted by itself and the losses are added.</summary>
    public IReadOnlyList<int> Clusters { get; init; } = [128, 256];

    public PrototypeOptions Prototypes { get; init; } = new();

    /// <summary>Temperature of the student's logits by the number of steps made.</summary>
    public CosineWarmup Temperature { get; init; } = new(From: 0.5, To: 0.1, Steps: 200);

    /// <summary>Weight of the hidden tokens; the others have the rest.</summary>
    public double HiddenWeight { get; init; } = 0.75;

    /// <summary>Weight of the entropy of the student's assignments at temperature 1.</summary>
    public double EntropyWeight { get; init; } = 0.001;

    /// <summary>
    /// Factor of the student's log-probabilities. The published code has 10 where the hidden tokens have all the weight (and then no
    /// entropy term); the study does not go there.
    /// </summary>
    public double Sharpening { get; init; } = 1;

    public InputScaling Input { get; init; } = InputScaling.PtbXlAsPublished;
}

/// <summary>HuBERT++: tell the teacher's soft assignment to clusters that are learned on the way, at hidden tokens above all.</summary>
/// <remarks>After Hsu et al., "HuBERT", 2021; the clusters after Caron et al., "SwAV", NeurIPS 2020.</remarks>
public static class HubertPlusPlus
{
    // Under the logarithm, so that 0 · log 0 is 0.
    private const double LeastShare = 1e-38;
    private const double EntropyFloor = 1e-8;   // of the published code

    /// <summary>Loss of one set of clusters.</summary>
    /// <param name="logits">float[tokens, clusters], of all tokens of the batch.</param>
    /// <param name="shares">float[tokens, clusters], rows sum to 1, no gradient.</param>
    /// <param name="hidden">float[tokens], 1 where the student did not see the token.</param>
    /// <returns>Loss with its three terms added, float scalar, owned by the caller.</returns>
    public static Tensor Loss(Tensor logits, Tensor shares, Tensor hidden, double temperature, HubertPlusPlusOptions options)
    {
        using var scope = NewDisposeScope();
        var told = nn.functional.log_softmax(logits / temperature, 1) * options.Sharpening;
        var divergence = (shares * (shares.clamp_min(LeastShare).log() - told)).sum([1]);     // [tokens]
        var loss = options.HiddenWeight * Mean(divergence, hidden);
        if (options.HiddenWeight != 1) loss = loss + (1 - options.HiddenWeight) * Mean(divergence, 1 - hidden);
        if (options.EntropyWeight != 0) loss = loss + options.EntropyWeight * Entropy(nn.functional.softmax(logits, 1));
        return loss.MoveToOuterDisposeScope();

        static Tensor Mean(Tensor values, Tensor counted) => (values * counted).sum() / counted.sum().clamp_min(1);
    }

    /// <returns>Mean entropy of the rows in nats: float scalar, owned by the caller.</returns>
    public static Tensor Entropy(Tensor shares)
    {
        using var scope = NewDisposeScope();
        return (-(shares * (shares + EntropyFloor).log()).sum([1]).mean()).MoveToOuterDisposeScope();
    }
}

/// <summary>The head of <see cref="HubertPlusPlus"/>: linear, ReLU, linear.</summary>
/// <remarks>Checkpoint keys: inner.{weight, bias}, outer.{weight, bias}.</remarks>
public sealed class MlpHead : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "inner")]
    private readonly Linear _inner;

    [ComponentName(Name = "outer")]
    private readonly Linear _outer;

    public MlpHead(int width, int outputs, ulong seed)
        : base(nameof(MlpHead))
    {
        (_inner, _outer) = (nn.Linear(width, width), nn.Linear(width, outputs));
        RegisterComponents();
        Initialisation.Draw(this, seed);
    }

    /// <returns>float[batch, tokens, outputs], owned by the caller.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _outer.forward(_inner.forward(input).relu()).MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            _outer.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary><see cref="HubertPlusPlus"/> with its teacher, mask vector, head and prototypes.</summary>
/// <remarks>Checkpoint keys beside those of <see cref="MaskedObjective"/>: prototypes.N.{vectors, seeded, updates}, steps.</remarks>
public sealed class HubertPlusPlusObjective : MaskedObjective
{
    private readonly HubertPlusPlusOptions _options;

    [ComponentName(Name = "head")]
    private readonly MlpHead _head;

    [ComponentName(Name = "prototypes")]
    private readonly ModuleList<Prototypes> _prototypes = [];

    [ComponentName(Name = "steps")]
    private readonly Tensor _steps = zeros([], int64);

    /// <summary>Takes over teacher, mask vector and head (an output for each cluster).</summary>
    public HubertPlusPlusObjective(HubertPlusPlusOptions options, Teacher teacher, MaskVector mask, MlpHead head, int width)
        : base(nameof(HubertPlusPlusObjective), teacher, mask, head)
    {
        (_options, _head) = (options, head);
        foreach (var clusters in options.Clusters) _prototypes.append(new Prototypes(clusters, width, options.Prototypes));
        register_module("prototypes", _prototypes);
        register_buffer("steps", _steps);
    }

    public override InputScaling Input => _options.Input;

    public override ObjectiveLoss Loss(Encoder student, Tensor millivolt, ulong key)
    {
        FollowMode(student);
        using var scope = NewDisposeScope();
        var input = Input.Apply(millivolt);
        var hidden = SpanMask.Draw((int)millivolt.shape[0], TokensOf(millivolt), _options.Mask, key).to(input.device);
        var shares = Assign(input, key);                                                      // sets of [batch · tokens, clusters]
        var logits = _head.forward(SeenBy(student, input, hidden)).flatten(0, 1);             // [batch · tokens, all clusters]
        var counted = hidden.flatten().to(logits.dtype);
        var temperature = _options.Temperature.At(_steps.ToInt64());
        var figures = new Dictionary<string, double> { ["maskedShare"] = counted.mean().ToDouble(), ["studentTemperature"] = temperature };
        var loss = zeros([], logits.dtype, logits.device);
        var start = 0;
        for (var set = 0; set < shares.Length; set++)
        {
            var ofSet = logits.narrow(1, start, _options.Clusters[set]);
            loss = loss + HubertPlusPlus.Loss(ofSet, shares[set], counted, temperature, _options);
            start += _options.Clusters[set];
            figures[$"teacherTemperature{set}"] = _prototypes[set].Temperature;
            figures[$"perplexity{set}"] = Collapse.Perplexity(shares[set].sum([0]));
            figures[$"teacherEntropy{set}"] = HubertPlusPlus.Entropy(shares[set]).ToDouble();
        }

        return new(loss.MoveToOuterDisposeScope(), figures);
    }

    public override void AfterStep(Encoder student)
    {
        base.AfterStep(student);
        foreach (var prototypes in _prototypes) prototypes.Update();
        using var noGradient = no_grad();
        _steps.add_(1);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _prototypes.Dispose();
            _steps.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <returns>For each set of clusters float[batch · tokens, clusters], owned by the caller.</returns>
    private Tensor[] Assign(Tensor input, ulong key)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var rows = Prototypes.Rows(Teacher.Output(input, training));                          // [batch · tokens, width]
        var shares = new Tensor[_prototypes.Count];
        for (var set = 0; set < shares.Length; set++)
        {
            _prototypes[set].SeedOnce(rows, KeyedRandom.Combine(key, (ulong)set));
            shares[set] = _prototypes[set].Assign(rows).MoveToOuterDisposeScope();
            if (training) _prototypes[set].Remember(rows, shares[set]);
        }

        return shares;
    }
}
