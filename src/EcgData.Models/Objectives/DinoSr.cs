using EcgData.Models.Encoders;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

public enum DinoSrTaps
{
    /// <summary>The backbone's output, one codebook: what the published code runs, although it is set to two layers.</summary>
    Output,

    /// <summary>The last two blocks, a codebook each, as the method was published.</summary>
    LastTwoBlocks,
}

/// <summary>Options of <see cref="DinoSr"/>. The defaults are the study's but for the teacher, see <see cref="TeacherOptions"/>.</summary>
public sealed record DinoSrOptions
{
    public SpanMaskOptions Mask { get; init; } = new();

    public TeacherOptions Teacher { get; init; } = new();

    public DinoSrTaps Taps { get; init; } = DinoSrTaps.Output;

    /// <summary>Codes of a codebook.</summary>
    public int Codes { get; init; } = 256;

    /// <summary>
    /// Outputs of the head for each tap that nothing asks for. The published head has them for a second codebook that has no tap; they
    /// change no other number.
    /// </summary>
    public int UnusedOutputs { get; init; } = 256;

    /// <summary>Share of a codebook that stays in a step.</summary>
    public double Momentum { get; init; } = 0.9;

    public double Temperature { get; init; } = 1;

    public InputScaling Input { get; init; } = InputScaling.PtbXlAsPublished;
}

/// <summary>DINO-SR: tell, at hidden tokens, which code the teacher's token lies nearest to.</summary>
/// <remarks>Liu et al., "DinoSR", NeurIPS 2023, equation 5.</remarks>
public static class DinoSr
{
    /// <param name="logits">float[hidden, codes]: the student's head at the hidden tokens of the batch.</param>
    /// <param name="assigned">long[hidden], from <see cref="Codebook.Assign"/> before its update.</param>
    /// <returns>Mean cross-entropy: float scalar, owned by the caller; 0 where nothing is hidden.</returns>
    public static Tensor Loss(Tensor logits, Tensor assigned, double temperature)
    {
        using var scope = NewDisposeScope();
        var losses = nn.functional.cross_entropy(logits / temperature, assigned, reduction: nn.Reduction.Sum);
        return (losses / Math.Max(1, logits.shape[0])).MoveToOuterDisposeScope();
    }
}

/// <summary><see cref="DinoSr"/> with its teacher, mask vector, head and codebooks.</summary>
/// <remarks>Checkpoint keys beside those of <see cref="MaskedObjective"/>: codebooks.N.{sums, counts}.</remarks>
public sealed class DinoSrObjective : MaskedObjective
{
    private readonly DinoSrOptions _options;

    [ComponentName(Name = "head")]
    private readonly SequenceHead _head;

    [ComponentName(Name = "codebooks")]
    private readonly ModuleList<Codebook> _codebooks = [];

    /// <summary>Takes over teacher, mask vector and head (<see cref="OutputsOf"/> outputs).</summary>
    public DinoSrObjective(DinoSrOptions options, Teacher teacher, MaskVector mask, SequenceHead head, int width, ulong seed)
        : base(nameof(DinoSrObjective), teacher, mask, head)
    {
        (_options, _head) = (options, head);
        for (var tap = 0; tap < TapCount(options); tap++)
        {
            _codebooks.append(new Codebook(options.Codes, width, options.Momentum, KeyedRandom.Combine(seed, (ulong)tap)));
        }

        register_module("codebooks", _codebooks);
    }

    public override InputScaling Input => _options.Input;

    public static int OutputsOf(DinoSrOptions options) => TapCount(options) * (options.Codes + options.UnusedOutputs);

    public override ObjectiveLoss Loss(Encoder student, Tensor millivolt, ulong key)
    {
        FollowMode(student);
        using var scope = NewDisposeScope();
        var input = Input.Apply(millivolt);
        var drawn = SpanMask.Draw((int)millivolt.shape[0], TokensOf(millivolt), _options.Mask, key);
        var places = Places(drawn).to(input.device);                                          // [hidden]
        var assigned = Assign(input);                                                         // taps of [batch · tokens]
        var logits = _head.forward(SeenBy(student, input, drawn.to(input.device)), places);    // [hidden, outputs]
        var loss = zeros([], logits.dtype, logits.device);
        var figures = new Dictionary<string, double> { ["maskedShare"] = places.numel() / (double)drawn.numel() };
        for (var tap = 0; tap < assigned.Length; tap++)
        {
            var ofTap = logits.narrow(1, tap * (_options.Codes + _options.UnusedOutputs), _options.Codes);
            loss = loss + DinoSr.Loss(ofTap, assigned[tap].index_select(0, places), _options.Temperature) / assigned.Length;
            figures[$"perplexity{tap}"] = Collapse.Perplexity(bincount(assigned[tap], minlength: _options.Codes));
        }

        return new(loss.MoveToOuterDisposeScope(), figures);
    }

    public override void AfterStep(Encoder student)
    {
        base.AfterStep(student);
        foreach (var codebook in _codebooks) codebook.Update();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _codebooks.Dispose();
        base.Dispose(disposing);
    }

    private static int TapCount(DinoSrOptions options) => options.Taps == DinoSrTaps.Output ? 1 : 2;

    /// <returns>For each tap long[batch · tokens], owned by the caller.</returns>
    private Tensor[] Assign(Tensor input)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor[] taps = _options.Taps == DinoSrTaps.Output ? [Teacher.Output(input, training)] : Teacher.Taps(input, training);
        var assigned = new Tensor[taps.Length];
        for (var tap = 0; tap < taps.Length; tap++)
        {
            var rows = Codebook.Rows(taps[tap]);                                              // [batch · tokens, width]
            assigned[tap] = _codebooks[tap].Assign(rows).MoveToOuterDisposeScope();
            if (training) _codebooks[tap].Remember(rows, assigned[tap]);
        }

        return assigned;
    }
}
