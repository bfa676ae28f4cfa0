using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Objectives;

/// <summary>What a few dozen steps on synthetic beats have to bring about, at width 32 and eight crops a batch.</summary>
[Collection(TorchGenerator.Name)]
public sealed class LearningTests
{
    private const ulong Fixed = 999;   // a key of crops that no step draws

    public static TheoryData<ObjectiveKind> Masked =>
        [ObjectiveKind.Data2Vec, ObjectiveKind.DinoSr, ObjectiveKind.Jepa, ObjectiveKind.HubertPlusPlus];

    [Fact]
    public void Cpc_OneHundredSteps_IsBelowChance()
    {
        using var run = new TinyRun(new ObjectiveOptions());
        // Chance is 286 ln 129 = 1390; an untrained head starts above 3000, because its scores are not near 0.
        Assert.True(Train(run, 100) < 1370);
    }

    [Theory]
    [MemberData(nameof(Masked))]
    public void FrozenRandom_OneBatchOverAndOver_BeatsTheBestConstant(ObjectiveKind kind)
    {
        using var scope = NewDisposeScope();
        // With the published noise: without it the teacher's batch normalisation has nothing to go by, and its tokens hardly differ.
        using var run = new TinyRun(Options(kind, new() { Mode = TeacherMode.FrozenRandom, Noise = TeacherNoise.DropoutAndBatchStatistics }), dropout: 0);
        var loss = Train(run, 100, crops: Fixed);
        var constant = BestConstant(run, kind);
        Assert.True(loss < 0.97 * constant, $"loss {loss:g4}, of the best constant {constant:g4}");
    }

    [Theory]
    [MemberData(nameof(Masked))]
    public void Ema_FortySteps_KeepsRankAndVariance(ObjectiveKind kind)
    {
        using var scope = NewDisposeScope();
        using var run = new TinyRun(Options(kind, new()));
        var first = run.Look(1);
        Assert.True(Train(run, 40) < first);
        run.Student.eval();
        var tokens = run.Student.forward(run.Objective.Input.Apply(TinyRun.Beats(8, key: Fixed)));
        // Of 32 dimensions an untrained student has 26, and a variance of 0.66; a collapsed one 1, and 0.
        Assert.True(Collapse.EffectiveRank(tokens) > 12, $"rank {Collapse.EffectiveRank(tokens):g3}");
        Assert.True(Collapse.Variance(tokens) > 0.2, $"variance {Collapse.Variance(tokens):g3}");
        Assert.InRange(((MaskedObjective)run.Objective).Teacher.GapTo(run.Student), 1e-3, 1);
    }

    /// <returns>Mean loss of the last ten steps.</returns>
    private static double Train(TinyRun run, int steps, ulong? crops = null)
    {
        var losses = new List<double>();
        for (ulong step = 1; step <= (ulong)steps; step++) losses.Add(run.Step(step, crops));
        return losses.TakeLast(10).Average();
    }

    /// <summary>The loss of a student that knows the targets' distribution but not the crop.</summary>
    private static double BestConstant(TinyRun run, ObjectiveKind kind)
    {
        using var noGradient = no_grad();
        var crops = TinyRun.Beats(8, key: Fixed);
        var teacher = ((MaskedObjective)run.Objective).Teacher;
        var input = run.Objective.Input.Apply(crops);
        switch (kind)
        {
            case ObjectiveKind.Data2Vec:
                var averaged = TeacherTargets.Of(teacher.Taps(input, studentTrains: true), new()).flatten(0, 1);
                return Data2Vec.Loss(averaged.mean([0]).expand_as(averaged), averaged, new()).ToDouble();
            case ObjectiveKind.Jepa:
                var target = Jepa.Target(teacher.Output(input, studentTrains: true), new()).flatten(0, 1);
                return Jepa.Loss(target.mean([0]).expand_as(target), target, ones(target.shape[0]), new()).ToDouble();
            default:
                // Cross-entropy of the codes' shares; for soft shares less the entropy of the shares themselves. The loss of two sets is
                // their sum, and 0.75 + 0.25 of it the whole.
                var figures = run.Objective.Loss(run.Student, crops, key: Fixed).Figures;
                return figures.Where(figure => figure.Key.StartsWith("perplexity", StringComparison.Ordinal)).Sum(figure => Math.Log(figure.Value))
                    - figures.Where(figure => figure.Key.StartsWith("teacherEntropy", StringComparison.Ordinal)).Sum(figure => figure.Value);
        }
    }

    // Denser masks than the study's, so that 40 steps of eight crops see enough hidden tokens.
    private static ObjectiveOptions Options(ObjectiveKind kind, TeacherOptions teacher)
    {
        var mask = new SpanMaskOptions { Probability = 0.65 };
        return new()
        {
            Kind = kind,
            Data2Vec = new() { Mask = mask, Teacher = teacher },
            DinoSr = new() { Mask = mask, Teacher = teacher, Codes = 32 },
            Jepa = new() { Teacher = teacher },
            HubertPlusPlus = new() { Mask = mask, Teacher = teacher, Clusters = [16, 32] },
        };
    }
}
