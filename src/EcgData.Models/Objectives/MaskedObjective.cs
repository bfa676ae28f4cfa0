using EcgData.Models.Encoders;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

/// <summary>
/// What the objectives share that hide tokens from the student and ask it what a teacher makes of the whole crop: the teacher, the
/// mask vector and a head.
/// </summary>
/// <remarks>Checkpoint keys: teacher.encoder.*, mask.vector, head.*; each objective adds its own.</remarks>
public abstract class MaskedObjective : Objective
{
    private readonly nn.Module _head;

    /// <summary>Takes all three over and disposes of them.</summary>
    protected MaskedObjective(string name, Teacher teacher, MaskVector mask, nn.Module head)
        : base(name)
    {
        (Teacher, Mask, _head) = (teacher, mask, head);
        register_module("teacher", teacher);
        register_module("mask", mask);
        register_module("head", head);
    }

    public Teacher Teacher { get; }

    public MaskVector Mask { get; }

    public override IEnumerable<Parameter> HeadParameters() => _head.parameters();

    public override IEnumerable<Parameter> MaskParameters() => [Mask.Vector];

    public override void AfterStep(Encoder student) => Teacher.Follow(student);

    /// <summary>What the student makes of a crop of which it does not see all.</summary>
    /// <param name="input">float[batch, leads, samples], scaled.</param>
    /// <param name="hidden">bool[batch, tokens] on the input's device.</param>
    /// <returns>float[batch, tokens, width], owned by the caller.</returns>
    protected Tensor SeenBy(Encoder student, Tensor input, Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return student.Backbone.forward(Mask.Hide(student.Stem.forward(input), hidden)).MoveToOuterDisposeScope();
    }

    /// <returns>long[hidden]: indices into batch · tokens where <paramref name="hidden"/> is true, ascending; owned by the caller.</returns>
    protected static Tensor Places(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return hidden.flatten().nonzero().flatten().MoveToOuterDisposeScope();
    }

    /// <summary>Tokens of a crop of that many samples.</summary>
    protected static int TokensOf(Tensor millivolt) =>
        (int)((millivolt.shape[2] + ConvStem.SamplesPerToken - 1) / ConvStem.SamplesPerToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Teacher.Dispose();
            Mask.Dispose();
            _head.Dispose();
        }

        base.Dispose(disposing);
    }
}
