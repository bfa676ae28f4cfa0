using EcgData.Models.Encoders;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Options of <see cref="Data2Vec"/>. The defaults are the study's but for the teacher, see <see cref="TeacherOptions"/>.</summary>
public sealed record Data2VecOptions
{
    public SpanMaskOptions Mask { get; init; } = new();

    public TeacherOptions Teacher { get; init; } = new();

    public TargetOptions Targets { get; init; } = new();

    /// <summary>How many of the teacher's last blocks the target averages: 1 or 2.</summary>
    public int AverageBlocks { get; init; } = 2;

    /// <summary>Where the squared error turns linear; 0: nowhere.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>Factor of the loss; null is 1/√width.</summary>
    public double? Scale { get; init; }

    public InputScaling Input { get; init; } = InputScaling.PtbXlAsPublished;
}

/// <summary>data2vec: tell, at hidden tokens, what the teacher's last blocks make of the whole crop.</summary>
/// <remarks>Baevski et al., "data2vec", ICML 2022, section 3; scaled by 1/√width as in its code.</remarks>
public static class Data2Vec
{
    /// <param name="predicted">float[hidden, width]: the student's head at the hidden tokens of the batch.</param>
    /// <param name="target">float[hidden, width], no gradient.</param>
    /// <returns>float scalar, owned by the caller; 0 where nothing is hidden.</returns>
    public static Tensor Loss(Tensor predicted, Tensor target, Data2VecOptions options)
    {
        using var scope = NewDisposeScope();
        var scale = options.Scale ?? 1 / Math.Sqrt(predicted.shape[1]);
        var error = TeacherTargets.Error(predicted, target, options.Beta).sum();
        return (error * (scale / Math.Max(1, predicted.shape[0]))).MoveToOuterDisposeScope();
    }
}

/// <summary><see cref="Data2Vec"/> with its teacher, mask vector and head.</summary>
public sealed class Data2VecObjective : MaskedObjective
{
    private readonly Data2VecOptions _options;

    [ComponentName(Name = "head")]
    private readonly SequenceHead _head;

    /// <summary>Takes over teacher, mask vector and head (width outputs).</summary>
    public Data2VecObjective(Data2VecOptions options, Teacher teacher, MaskVector mask, SequenceHead head)
        : base(nameof(Data2VecObjective), teacher, mask, head)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.AverageBlocks, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.AverageBlocks, 2);
        (_options, _head) = (options, head);
    }

    public override InputScaling Input => _options.Input;

    public override ObjectiveLoss Loss(Encoder student, Tensor millivolt, ulong key)
    {
        FollowMode(student);
        using var scope = NewDisposeScope();
        var input = Input.Apply(millivolt);
        var drawn = SpanMask.Draw((int)millivolt.shape[0], TokensOf(millivolt), _options.Mask, key);
        var places = Places(drawn).to(input.device);                                          // [hidden]
        var target = Target(input, places);                                                   // [hidden, width]
        var predicted = _head.forward(SeenBy(student, input, drawn.to(input.device)), places); // [hidden, width]
        var loss = Data2Vec.Loss(predicted, target, _options);
        var figures = new Dictionary<string, double> { ["maskedShare"] = places.numel() / (double)drawn.numel() };
        return new(loss.MoveToOuterDisposeScope(), figures);
    }

    private Tensor Target(Tensor input, Tensor places)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var taps = Teacher.Taps(input, training).TakeLast(_options.AverageBlocks).ToArray();
        // Normalising over the width goes token by token, so the hidden ones suffice; over time it does not.
        if (!_options.Targets.NormaliseOverTime) return TeacherTargets.Of([.. taps.Select(At)], _options.Targets).MoveToOuterDisposeScope();
        return At(TeacherTargets.Of(taps, _options.Targets)).MoveToOuterDisposeScope();

        Tensor At(Tensor features) => features.flatten(0, 1).index_select(0, places);
    }
}
