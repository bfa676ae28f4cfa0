using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;
using AllEncoders = EcgData.Models.Encoders.Encoders;
using AllObjectives = EcgData.Models.Objectives.Objectives;

namespace EcgData.Models.Tests.Objectives;

/// <summary>Every objective with every encoder.</summary>
[Collection(TorchGenerator.Name)]
public sealed class ObjectivesTests
{
    public static MatrixTheoryData<ObjectiveKind, EncoderFamily> Pairs =>
        new(Enum.GetValues<ObjectiveKind>(), Enum.GetValues<EncoderFamily>());

    public static TheoryData<ObjectiveKind> Kinds => [.. Enum.GetValues<ObjectiveKind>()];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Step_EveryPair_MovesAllThatLearns_AndLeavesNoTensorBehind(ObjectiveKind kind, EncoderFamily family)
    {
        using var run = new TinyRun(Options(kind), family);
        var before = Copy(run.Student, run.Objective);
        Assert.True(double.IsFinite(run.Step(1)));
        foreach (var (name, parameter) in Learned(run))
        {
            Assert.False(parameter.Equals(before[name]), $"{name} has not moved");
        }

        run.Step(2);
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (ulong step = 3; step < 6; step++) run.Step(step);
        run.Look(7);   // in training mode, but never followed by a step: what it remembers is replaced by the next
        run.Step(8);
        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        foreach (var value in before.Values) value.Dispose();
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void StateDict_RoundTrip_GivesTheSameNextLoss(ObjectiveKind kind, EncoderFamily family)
    {
        using var scope = NewDisposeScope();
        using var run = new TinyRun(Options(kind), family);
        for (ulong step = 1; step < 4; step++) run.Step(step);
        using var resumed = new TinyRun(Options(kind), family, seed: 77);
        Assert.NotEqual(run.Look(9), resumed.Look(9));
        var state = Copy(run.Student, run.Objective);
        using (no_grad())
        {
            foreach (var (name, value) in Entries(resumed.Student, resumed.Objective)) value.copy_(state[name]);
        }

        Assert.Equal(run.Look(9), resumed.Look(9));
        // What follows without a gradient is in the state as well: a step of it, and they still agree.
        run.Objective.AfterStep(run.Student);
        resumed.Objective.AfterStep(resumed.Student);
        Assert.Equal(run.Look(10), resumed.Look(10));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Loss_AskedTwice_IsTheSameAndMovesNothingButStatistics(ObjectiveKind kind)
    {
        using var scope = NewDisposeScope();
        using var run = new TinyRun(Options(kind));
        run.Step(1);
        var before = Copy(run.Student, run.Objective);
        Assert.Equal(run.Look(2), run.Look(2));
        foreach (var (name, value) in Entries(run.Student, run.Objective))
        {
            if (name.Contains("running_", StringComparison.Ordinal) || name.Contains("num_batches", StringComparison.Ordinal)) continue;
            Assert.True(value.Equals(before[name]), $"{name} has moved");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Loss_EvaluationMode_MovesNothing(ObjectiveKind kind)
    {
        using var scope = NewDisposeScope();
        using var run = new TinyRun(Options(kind));
        run.Step(1);
        run.Student.eval();
        var before = Copy(run.Student, run.Objective);
        var first = run.Look(2);
        Assert.False(run.Objective.training);
        foreach (var (name, value) in Entries(run.Student, run.Objective)) Assert.True(value.Equals(before[name]), $"{name} has moved");
        manual_seed(99);
        Assert.Equal(first, run.Look(2));   // no dropout: another generator state changes nothing
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Teacher_Always_HasNoGradient(ObjectiveKind kind)
    {
        using var run = new TinyRun(Options(kind));
        run.Step(1);
        var ofTeacher = run.Objective.named_parameters().Where(entry => entry.name.StartsWith("teacher", StringComparison.Ordinal)).ToArray();
        Assert.Equal(kind == ObjectiveKind.Cpc, ofTeacher.Length == 0);
        Assert.All(ofTeacher, entry => Assert.Null(entry.parameter.grad));
    }

    [Fact]
    public void Create_StudyShape_HasTheStudysHeads()
    {
        var parameters = new Dictionary<ObjectiveKind, long>
        {
            [ObjectiveKind.Cpc] = 262_144,
            [ObjectiveKind.Data2Vec] = 855_040,
            [ObjectiveKind.DinoSr] = 855_040,
            [ObjectiveKind.Jepa] = 855_040,
            [ObjectiveKind.HubertPlusPlus] = 459_648,
        };
        // The head's size does not depend on the backbone's depth.
        var shape = new EncoderOptions { S4 = new S4Options { Layers = 1 }, Causal = true };
        using var student = AllEncoders.Create(shape, 1);
        foreach (var (kind, count) in parameters)
        {
            using var objective = AllObjectives.Create(Options(kind), student, shape, 1);
            Assert.Equal(count, objective.HeadParameters().Sum(parameter => parameter.numel()));
            Assert.Equal(kind == ObjectiveKind.Cpc ? 0 : 512, objective.MaskParameters().Sum(parameter => parameter.numel()));
            Assert.Equal(kind == ObjectiveKind.Cpc ? InputScaling.Millivolt : InputScaling.PtbXlAsPublished, objective.Input);
        }
    }

    [Fact]
    public void Create_SameSeed_IsTheSameState_AnotherSeed_IsNot()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> State(ulong seed, ObjectiveKind kind)
        {
            var shape = TinyRun.Shape(EncoderFamily.S4, causal: true);
            using var student = AllEncoders.Create(shape, 1);
            using var objective = AllObjectives.Create(Options(kind), student, shape, seed);
            return objective.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());
        }

        foreach (var kind in Enum.GetValues<ObjectiveKind>())
        {
            var (first, again, other) = (State(1, kind), State(1, kind), State(2, kind));
            Assert.All(first, entry => Assert.True(entry.Value.Equals(again[entry.Key]), entry.Key));
            Assert.Contains(first, entry => !entry.Value.Equals(other[entry.Key]));
        }
    }

    [Fact]
    public void Create_CpcOnAnEncoderThatLooksAhead_IsRefusedUnlessAllowed()
    {
        var shape = TinyRun.Shape(EncoderFamily.Net1d, causal: false);
        using var student = AllEncoders.Create(shape, 1);
        var options = new ObjectiveOptions();
        var refusal = Assert.Throws<ArgumentException>(() => { AllObjectives.Create(options, student, shape, 1).Dispose(); });
        Assert.Contains("causal", refusal.Message, StringComparison.Ordinal);
        Assert.True(AllObjectives.NeedsCausalEncoder(options));

        var allowed = options with { Cpc = new CpcOptions { Lookahead = Lookahead.Allowed } };
        AllObjectives.Create(allowed, student, shape, 1).Dispose();
        Assert.False(AllObjectives.NeedsCausalEncoder(allowed));
    }

    [Theory]
    [InlineData(DinoSrTaps.Output, 1)]
    [InlineData(DinoSrTaps.LastTwoBlocks, 2)]
    public void DinoSr_Taps_HaveACodebookEach(DinoSrTaps taps, int codebooks)
    {
        using var run = new TinyRun(new ObjectiveOptions { Kind = ObjectiveKind.DinoSr, DinoSr = new DinoSrOptions { Taps = taps, Codes = 16 } });
        Assert.True(double.IsFinite(run.Step(1)));
        Assert.Equal(codebooks, run.Objective.state_dict().Keys.Count(name => name.EndsWith(".counts", StringComparison.Ordinal)));
    }

    private static ObjectiveOptions Options(ObjectiveKind kind) => new()
    {
        Kind = kind,
        HubertPlusPlus = new HubertPlusPlusOptions { Clusters = kind == ObjectiveKind.HubertPlusPlus ? [128, 256] : [] },
    };

    private static IEnumerable<(string Name, Tensor Value)> Learned(TinyRun run) =>
        run.Student.named_parameters().Select(entry => ("student." + entry.name, (Tensor)entry.parameter)).Concat(
            run.Objective.named_parameters().Where(entry => !entry.name.StartsWith("teacher", StringComparison.Ordinal))
                .Select(entry => ("objective." + entry.name, (Tensor)entry.parameter)));

    private static IEnumerable<(string Name, Tensor Value)> Entries(Encoder student, Objective objective) =>
        student.state_dict().Select(entry => ("student." + entry.Key, entry.Value))
            .Concat(objective.state_dict().Select(entry => ("objective." + entry.Key, entry.Value)));

    private static Dictionary<string, Tensor> Copy(Encoder student, Objective objective) =>
        Entries(student, objective).ToDictionary(entry => entry.Name, entry => entry.Value.detach().clone());
}
