using EcgData.Models;
using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AllEncoders = EcgData.Models.Encoders.Encoders;
using AllObjectives = EcgData.Models.Objectives.Objectives;

namespace EcgData.Models.Tests.Objectives;

/// <summary>A student of width 32 with an objective and the study's optimiser, small enough for a few hundred steps in a test.</summary>
internal sealed class TinyRun : IDisposable
{
    private readonly optim.Optimizer _optimiser;

    public TinyRun(ObjectiveOptions options, EncoderFamily family = EncoderFamily.S4, ulong seed = 1, double dropout = 0.2)
    {
        var shape = Shape(family, AllObjectives.NeedsCausalEncoder(options));
        shape = shape with { S4 = shape.S4 with { Dropout = dropout } };
        Student = AllEncoders.Create(shape, seed);
        Objective = AllObjectives.Create(options, Student, shape, seed + 1);
        IEnumerable<Parameter> learned = [.. Student.parameters(), .. Objective.MaskParameters(), .. Objective.HeadParameters()];
        _optimiser = optim.AdamW(learned, lr: 3e-3, weight_decay: 1e-3);
    }

    public Encoder Student { get; }

    public Objective Objective { get; }

    public static EncoderOptions Shape(EncoderFamily family, bool causal) => new()
    {
        Family = family,
        Width = 32,
        Causal = causal,
        S4 = new S4Options { Layers = 2 },
        Transformer = new TransformerOptions { Layers = 2, Heads = 4 },
        Net1d = new Net1dOptions { FirstDivisor = 4, StageDivisors = [4, 2, 1], StageBlocks = [1, 1, 2], Kernel = 8, GroupWidth = 8 },
    };

    /// <summary>Crops that look like heart beats: pulses at a rate, a phase and a lead pattern that are the crop's own, and noise.</summary>
    /// <returns>float[crops, 12, 600] in millivolt, owned by the caller.</returns>
    public static Tensor Beats(int crops, ulong key)
    {
        var values = new float[crops * 12 * 600];
        for (var crop = 0; crop < crops; crop++)
        {
            var random = new KeyedRandom(KeyedRandom.Combine(key, (ulong)crop));
            var (period, phase) = (120 + 160 * random.NextSingle(), 200 * random.NextSingle());   // 51 to 120 beats a minute at 240 Hz
            for (var lead = 0; lead < 12; lead++)
            {
                var (r, t) = (2 * random.NextSingle() - 0.7f, random.NextSingle() - 0.3f);
                for (var sample = 0; sample < 600; sample++)
                {
                    var at = (sample + phase) % period;
                    values[(crop * 12 + lead) * 600 + sample] = r * MathF.Exp(-MathF.Pow((at - 40) / 4, 2))
                        + 0.3f * t * MathF.Exp(-MathF.Pow((at - 90) / 15, 2)) + 0.02f * (random.NextSingle() - 0.5f);
                }
            }
        }

        return tensor(values, [crops, 12, 600]);
    }

    /// <summary>One step on eight crops, fresh ones unless their key is given; masks and dropout follow the step.</summary>
    public double Step(ulong step, ulong? crops = null)
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        manual_seed((long)step);
        _optimiser.zero_grad();
        var loss = Objective.Loss(Student, Beats(8, crops ?? step), step).Value;
        loss.backward();
        _optimiser.step();
        Objective.AfterStep(Student);
        return loss.ToDouble();
    }

    /// <returns>The loss of a batch, without a step.</returns>
    public double Look(ulong step)
    {
        using var uncollected = NoCollection.Begin();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        manual_seed((long)step);
        return Objective.Loss(Student, Beats(8, step), step).Value.ToDouble();
    }

    public void Dispose()
    {
        _optimiser.Dispose();
        Objective.Dispose();
        Student.Dispose();
    }
}
