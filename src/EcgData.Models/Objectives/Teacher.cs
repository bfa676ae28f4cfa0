using EcgData.Models.Encoders;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace EcgData.Models.Objectives;

public enum TeacherMode
{
    /// <summary>Starts as a copy of the student and averages its parameters.</summary>
    Ema,

    /// <summary>
    /// Keeps random weights of its own. This is what the published code runs: it looks the student's entries up under names that none
    /// has, so it neither copies nor averages anything.
    /// </summary>
    FrozenRandom,
}

public enum TeacherNoise
{
    Off,

    /// <summary>While the student trains the teacher drops values and normalises by the batch, as in the published code.</summary>
    DropoutAndBatchStatistics,
}

/// <summary>Options of <see cref="Teacher"/>. The published code has FrozenRandom with DropoutAndBatchStatistics.</summary>
public sealed record TeacherOptions
{
    public TeacherMode Mode { get; init; } = TeacherMode.Ema;

    /// <summary>Share of the teacher that stays in a step; constant. Half is forgotten in 1733 steps.</summary>
    public double Momentum { get; init; } = 0.9996;

    /// <summary>Default: off, for targets that two passes over a crop agree on.</summary>
    public TeacherNoise Noise { get; init; } = TeacherNoise.Off;
}

/// <summary>The encoder that makes a student's targets, without a gradient.</summary>
/// <remarks>Tarvainen and Valpola, "Mean teachers", NeurIPS 2017. Checkpoint keys: encoder.*.</remarks>
public sealed class Teacher : nn.Module
{
    private readonly TeacherOptions _options;

    [ComponentName(Name = "encoder")]
    private readonly Encoder _encoder;

    /// <summary>Takes over <paramref name="encoder"/>, of the student's shape, and disposes of it.</summary>
    public Teacher(Encoder encoder, Encoder student, TeacherOptions options)
        : base(nameof(Teacher))
    {
        (_encoder, _options) = (encoder, options);
        RegisterComponents();
        if (options.Mode == TeacherMode.Ema) Blend(student, weight: 1);
    }

    public TeacherMode Mode => _options.Mode;

    /// <param name="input">float[batch, leads, samples], scaled as the student's.</param>
    /// <param name="studentTrains">Whether <see cref="TeacherNoise"/> applies.</param>
    /// <returns>float[batch, tokens, width] without gradient, owned by the caller.</returns>
    public Tensor Output(Tensor input, bool studentTrains)
    {
        using var noGradient = no_grad();
        SetMode(studentTrains);
        return _encoder.forward(input);
    }

    /// <returns>What the last two blocks say: two of float[batch, tokens, width] without gradient, owned by the caller.</returns>
    public Tensor[] Taps(Tensor input, bool studentTrains)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        SetMode(studentTrains);
        var (_, taps) = _encoder.Backbone.ForwardWithTaps(_encoder.Stem.forward(input));
        if (taps.FirstOrDefault(tap => tap.shape[2] != _encoder.Width) is { } narrow)
        {
            throw new InvalidOperationException(
                $"Teacher: one of the backbone's last two blocks is {narrow.shape[2]} wide, the encoder {_encoder.Width}; expected the same. " +
                "Give the backbone's last stage two blocks or more.");
        }

        return [.. taps.Select(tap => tap.MoveToOuterDisposeScope())];
    }

    /// <summary>teacher ← momentum · teacher + (1 − momentum) · student for parameters; buffers are copied.</summary>
    /// <remarks>
    /// The buffers that move are the statistics of batch normalisation, averages over some ten steps already; the teacher's weights are
    /// so close to the student's that they fit both.
    /// </remarks>
    public void Follow(Encoder student)
    {
        if (_options.Mode == TeacherMode.Ema) Blend(student, 1 - _options.Momentum);
    }

    /// <summary>Distance between the two sets of parameters over the norm of the student's: 0 where they are equal.</summary>
    public double GapTo(Encoder student)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (apart, norm) = (0.0, 0.0);
        foreach (var (mine, theirs) in Pairs(_encoder.named_parameters(), student.named_parameters()))
        {
            apart += (mine - theirs).square().sum().ToDouble();
            norm += theirs.square().sum().ToDouble();
        }

        return Math.Sqrt(apart / Math.Max(norm, double.Epsilon));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _encoder.Dispose();
        base.Dispose(disposing);
    }

    private void Blend(Encoder student, double weight)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (mine, theirs) in Pairs(_encoder.named_parameters(), student.named_parameters()))
        {
            if (weight == 1) mine.copy_(theirs);
            else mine.mul_(1 - weight).add_(theirs, alpha: weight);
        }

        foreach (var (mine, theirs) in Pairs(_encoder.named_buffers(), student.named_buffers())) mine.copy_(theirs);
    }

    private void SetMode(bool studentTrains)
    {
        var noisy = studentTrains && _options.Noise == TeacherNoise.DropoutAndBatchStatistics;
        if (_encoder.training != noisy || _encoder.Stem.training != noisy) _encoder.train(noisy);
    }

    /// <summary>Entries of the same name. One without a counterpart is an error: skipped, it would stay random for ever.</summary>
    private static IEnumerable<(Tensor Mine, Tensor Theirs)> Pairs<T>(IEnumerable<(string Name, T Value)> mine, IEnumerable<(string Name, T Value)> theirs)
        where T : Tensor
    {
        var students = theirs.ToDictionary(entry => entry.Name, entry => entry.Value);
        foreach (var (name, value) in mine)
        {
            if (!students.Remove(name, out var student) || student.numel() != value.numel())
            {
                throw new InvalidOperationException(
                    $"Teacher, entry '{name}': the student has no entry of that name and size; expected an encoder of the student's shape. " +
                    "Make both with the same encoder options.");
            }

            yield return (value, student);
        }

        if (students.Count > 0)
        {
            throw new InvalidOperationException(
                $"Teacher: it has no entry '{students.Keys.First()}', which the student has; expected an encoder of the student's shape. " +
                "Make both with the same encoder options.");
        }
    }
}
