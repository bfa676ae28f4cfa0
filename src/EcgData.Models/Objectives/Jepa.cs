using EcgData.Models.Encoders;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>Options of <see cref="Jepa"/>. The defaults are the study's but for the teacher, see <see cref="TeacherOptions"/>.</summary>
public sealed record JepaOptions
{
    public BlockMaskOptions Mask { get; init; } = new();

    public TeacherOptions Teacher { get; init; } = new();

    public TargetOptions Targets { get; init; } = new();

    /// <summary>Whether the targets are normalised over the width once more at the end, as in the published code.</summary>
    public bool NormaliseAgain { get; init; } = true;

    /// <summary>Where the squared error turns linear; 0: nowhere.</summary>
    public double Beta { get; init; } = 1;

    public InputScaling Input { get; init; } = InputScaling.PtbXlAsPublished;
}

/// <summary>JEPA: from a context, tell what the teacher makes of blocks outside it.</summary>
/// <remarks>
/// Assran et al., "I-JEPA", CVPR 2023, but that the student gets the mask vector for what it does not see in place of nothing at all.
/// </remarks>
public static class Jepa
{
    /// <param name="predicted">float[asked, width]: the student's head at the tokens of the targets.</param>
    /// <param name="target">float[asked, width], no gradient.</param>
    /// <param name="times">float[asked]: how many targets hold the token; it counts that often.</param>
    /// <returns>Mean over targets, tokens and width: float scalar, owned by the caller.</returns>
    public static Tensor Loss(Tensor predicted, Tensor target, Tensor times, JepaOptions options)
    {
        using var scope = NewDisposeScope();
        var error = TeacherTargets.Error(predicted, target, options.Beta).mean([-1]);         // [asked]
        return ((error * times).sum() / times.sum()).MoveToOuterDisposeScope();
    }

    /// <param name="output">float[batch, tokens, width], the teacher's.</param>
    /// <returns>float[batch, tokens, width], owned by the caller.</returns>
    public static Tensor Target(Tensor output, JepaOptions options)
    {
        using var scope = NewDisposeScope();
        var target = TeacherTargets.Of([output], options.Targets);
        return (options.NormaliseAgain ? TeacherTargets.OverWidth(target) : target).MoveToOuterDisposeScope();
    }
}

/// <summary><see cref="Jepa"/> with its teacher, mask vector and head.</summary>
public sealed class JepaObjective : MaskedObjective
{
    private readonly JepaOptions _options;

    [ComponentName(Name = "head")]
    private readonly SequenceHead _head;

    /// <summary>Takes over teacher, mask vector and head (width outputs).</summary>
    public JepaObjective(JepaOptions options, Teacher teacher, MaskVector mask, SequenceHead head)
        : base(nameof(JepaObjective), teacher, mask, head)
    {
        (_options, _head) = (options, head);
    }

    public override InputScaling Input => _options.Input;

    public override ObjectiveLoss Loss(Encoder student, Tensor millivolt, ulong key)
    {
        FollowMode(student);
        using var scope = NewDisposeScope();
        var input = Input.Apply(millivolt);
        using var mask = BlockMask.Draw((int)millivolt.shape[0], TokensOf(millivolt), _options.Mask, key);
        var asked = Places(mask.TargetCount);                                                 // [asked]
        var times = mask.TargetCount.flatten().index_select(0, asked).to(input.dtype, input.device);
        var places = asked.to(input.device);
        Tensor target;
        using (no_grad())
        {
            target = Jepa.Target(Teacher.Output(input, training), _options).flatten(0, 1).index_select(0, places);
        }

        var predicted = _head.forward(SeenBy(student, input, mask.Hidden.to(input.device)), places);   // [asked, width]
        var loss = Jepa.Loss(predicted, target, times, _options);
        var figures = new Dictionary<string, double>
        {
            ["contextTokens"] = (mask.Hidden.numel() - mask.Hidden.sum().ToInt64()) / (double)millivolt.shape[0],
            ["targetTokens"] = places.numel() / (double)millivolt.shape[0],
            ["fallbackShare"] = mask.FallbackShare,
        };
        return new(loss.MoveToOuterDisposeScope(), figures);
    }
}
